package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// lossGrain is how many logits are worth waking a thread for.
const lossGrain = 1 << 10

// logSumExp is the logarithm of sum_j exp(x_j).
func logSumExp(x []float32) float64 {
	top := x[0]
	for _, v := range x {
		if v > top { // a NaN makes the sum NaN
			top = v
		}
	}
	sum, shift := 0.0, float64(top)
	for _, v := range x {
		sum += math.Exp(float64(v) - shift)
	}
	return shift + math.Log(sum)
}

func (p *Backend) targetLoss(s kernel.TargetLoss) *backend.Routine {
	var x, t, rows []float32
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x[i*s.K:][:s.K]
			lse, sum := logSumExp(row), 0.0
			for j, w := range t[i*s.K:][:s.K] {
				if w != 0 {
					sum += float64(w) * (lse - float64(row[j]))
				}
			}
			rows[i] = float32(sum)
		}
	}
	return &backend.Routine{
		In: layouts{plain, plain}, Out: plain, InPlace: -1, Scratch: s.N,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			x, t, rows = in[0], in[1], scratch[:s.N]
			p.Parallel(s.N, max(lossGrain/s.K, 1), body)
			out[0] = sumOf(rows)
		},
	}
}

func sumOf(v []float32) float32 {
	total := 0.0
	for _, x := range v {
		total += float64(x)
	}
	return float32(total)
}

func (p *Backend) targetLossBack(s kernel.TargetLossBack) *backend.Routine {
	var dx, x, t []float32
	var g float64
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, targets := x[i*s.K:][:s.K], t[i*s.K:][:s.K]
			lse, all := logSumExp(row), 0.0
			for _, w := range targets {
				all += float64(w)
			}
			for j, v := range row {
				dx[i*s.K+j] = float32((math.Exp(float64(v)-lse)*all - float64(targets[j])) * g)
			}
		}
	}
	return &backend.Routine{
		In: layouts{plain, plain, plain}, Out: plain, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, x, t, g = out, in[0], in[1], float64(in[2][0])
			p.Parallel(s.N, max(lossGrain/s.K, 1), body)
		},
	}
}

// softplus is log(1+exp(x)) without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func (p *Backend) sigmoidLoss(s kernel.SigmoidLoss) *backend.Routine {
	var x, pos, neg, rows []float32
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			sum := 0.0
			for j := i * s.K; j < (i+1)*s.K; j++ {
				v := float64(x[j])
				sum += float64(pos[j])*softplus(-v) + float64(neg[j])*softplus(v)
			}
			rows[i] = float32(sum)
		}
	}
	return &backend.Routine{
		In: layouts{plain, plain, plain}, Out: plain, InPlace: -1, Scratch: s.N,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			x, pos, neg, rows = in[0], in[1], in[2], scratch[:s.N]
			p.Parallel(s.N, max(lossGrain/s.K, 1), body)
			out[0] = sumOf(rows)
		},
	}
}

func (p *Backend) sigmoidLossBack(s kernel.SigmoidLossBack) *backend.Routine {
	var dx, x, pos, neg []float32
	var g float64
	body := func(lo, hi int) {
		for j := lo * s.K; j < hi*s.K; j++ {
			a := sigmoid(x[j])
			dx[j] = float32((float64(neg[j])*a - float64(pos[j])*(1-a)) * g)
		}
	}
	return &backend.Routine{
		In: layouts{plain, plain, plain, plain}, Out: plain, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, x, pos, neg, g = out, in[0], in[1], in[2], float64(in[3][0])
			p.Parallel(s.N, max(lossGrain/s.K, 1), body)
		},
	}
}
