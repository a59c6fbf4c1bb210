package portable

import "math"

// InvStd is 1/sqrt(var+eps).
func InvStd(variance, eps float32) float64 {
	return 1 / math.Sqrt(float64(variance)+float64(eps))
}

// NormFactors sets dst (C) to what a batch norm multiplies x-mean by: scale/sqrt(var+eps).
func NormFactors(dst, variance, scale []float32, eps float32) {
	for j := range dst {
		dst[j] = float32(float64(scale[j]) * InvStd(variance[j], eps))
	}
}

// NormBackFactors (C) make a batch norm's dx of dy and x-mean: dx = dy*DY + (x-mean)*X + Shift.
type NormBackFactors struct{ DY, X, Shift []float32 }

// Set computes the factors into 3*C floats of scratch, from a batch norm's statistics (2,C), its
// scale (C) and the sums (2,C) of kernel.NormBackParams, which were taken over so many rows.
func (k *NormBackFactors) Set(scratch, stats, scale, sums []float32, eps float32, rows int) {
	c := len(stats) / 2
	k.DY, k.X, k.Shift = scratch[:c], scratch[c:2*c], scratch[2*c:3*c]
	for j := range c {
		r := InvStd(stats[c+j], eps)
		f := float64(scale[j]) * r
		k.DY[j] = float32(f)
		k.X[j] = float32(-f * r * float64(sums[j]) / float64(rows))
		k.Shift[j] = float32(-f * float64(sums[c+j]) / float64(rows))
	}
}
