package kernel

import "math"

// reference computes a Spec in float64 by its definition, element by element;
// all tensors are Plain.
func reference(s Spec, in [][]float32) []float64 {
	switch s := s.(type) {
	case Conv:
		return s.reference(in)
	case ConvBackData:
		dx := make([]float64, s.X().Size())
		s.eachTerm(func(x, w, y int) { dx[x] += float64(in[0][w]) * float64(in[1][y]) })
		return dx
	case ConvBackWeights:
		dw := make([]float64, s.Weights().Size())
		s.eachTerm(func(x, w, y int) { dw[w] += float64(in[0][x]) * float64(in[1][y]) })
		return dw
	case ChannelSum:
		sums := make([]float64, s.X[1])
		each(s.X, func(i, n, c, h, w int) { sums[c] += float64(in[0][i]) })
		return sums
	case ReLU:
		return mapped(in[0], func(i int, v float64) float64 { return max(v, 0) })
	case ReLUBack:
		return mapped(in[0], func(i int, v float64) float64 {
			if v > 0 {
				return float64(in[1][i])
			}
			return 0
		})
	case Add:
		return mapped(in[0], func(i int, v float64) float64 { return v + float64(in[1][i]) })
	case MaxPool, MaxPoolBack, AvgPool, AvgPoolBack:
		return referencePool(s, in)
	case NormStats, Norm, NormBackParams, NormBackData:
		return referenceNorm(s, in)
	case SoftmaxLoss:
		loss, _ := referenceLoss(s.N, s.K, s.Adversarial, in)
		return []float64{loss}
	case SoftmaxLossBack:
		_, grad := referenceLoss(s.N, s.K, s.Adversarial, in)
		for i := range grad {
			grad[i] *= float64(in[2][0])
		}
		return grad
	}
	if out := referenceFused(s, in); out != nil {
		return out
	}
	if y := referenceMore(s, in); y != nil {
		return y
	}
	return referenceMoves(s, in)
}

func mapped(x []float32, f func(i int, v float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(i, float64(v))
	}
	return y
}

// each visits an (N,C,H,W) tensor in order.
func each(x Shape4, f func(i, n, c, h, w int)) {
	i := 0
	for n := range x[0] {
		for c := range x[1] {
			for h := range x[2] {
				for w := range x[3] {
					f(i, n, c, h, w)
					i++
				}
			}
		}
	}
}

func (s Shape4) at(n, c, h, w int) int { return ((n*s[1]+c)*s[2]+h)*s[3] + w }

// eachTerm visits the products x*w that make up y, by their positions.
func (g ConvGeom) eachTerm(f func(x, w, y int)) {
	xs, ws, ys := g.X(), g.Weights(), g.Y()
	each(ys, func(y, n, o, oh, ow int) {
		for c := range ws[1] {
			for kh := range g.KH {
				for kw := range g.KW {
					h, w := oh*g.StrideH-g.PadH+kh*g.DilH, ow*g.StrideW-g.PadW+kw*g.DilW
					if h >= 0 && h < g.H && w >= 0 && w < g.W {
						f(xs.at(n, o/(g.O/g.Groups)*ws[1]+c, h, w), ws.at(o, c, kh, kw), y)
					}
				}
			}
		}
	})
}

func (s Conv) reference(in [][]float32) []float64 {
	y := make([]float64, s.Y().Size())
	if s.Bias {
		each(s.Y(), func(i, n, o, h, w int) { y[i] = float64(in[2][o]) })
	}
	s.eachTerm(func(x, w, i int) { y[i] += float64(in[0][x]) * float64(in[1][w]) })
	return y
}

// eachWindow visits the inputs x under each output y.
func (g PoolGeom) eachWindow(f func(y int, xs []int)) {
	x := Shape4{g.N, g.C, g.H, g.W}
	each(Shape4{g.N, g.C, g.OH, g.OW}, func(y, n, c, oh, ow int) {
		var xs []int
		for h := oh*g.StrideH - g.PadH; h < oh*g.StrideH-g.PadH+g.KH; h++ {
			for w := ow*g.StrideW - g.PadW; w < ow*g.StrideW-g.PadW+g.KW; w++ {
				if h >= 0 && h < g.H && w >= 0 && w < g.W {
					xs = append(xs, x.at(n, c, h, w))
				}
			}
		}
		f(y, xs)
	})
}

func referencePool(s Spec, in [][]float32) []float64 {
	out := make([]float64, Shape4(s.Out()).Size())
	switch s := s.(type) {
	case MaxPool:
		s.eachWindow(func(y int, xs []int) {
			out[y] = math.Inf(-1)
			for _, x := range xs {
				out[y] = max(out[y], float64(in[0][x]))
			}
		})
	case MaxPoolBack:
		s.eachWindow(func(y int, xs []int) {
			best := -1
			for _, x := range xs {
				if v := in[0][x]; best < 0 || v > in[0][best] || v != v {
					best = x
				}
			}
			if best >= 0 {
				out[best] += float64(in[1][y])
			}
		})
	case AvgPool:
		s.eachWindow(func(y int, xs []int) {
			for _, x := range xs {
				out[y] += float64(in[0][x]) / float64(s.KH*s.KW)
			}
		})
	case AvgPoolBack:
		s.eachWindow(func(y int, xs []int) {
			for _, x := range xs {
				out[x] += float64(in[0][y]) / float64(s.KH*s.KW)
			}
		})
	}
	return out
}

func referenceNorm(s Spec, in [][]float32) []float64 {
	x := Shape4(s.In()[0])
	c := x[1]
	m := float64(x[0] * x[2] * x[3])
	value := func(input, i int) float64 { return float64(in[input][i]) }
	switch s := s.(type) {
	case NormStats:
		out := make([]float64, 2*c)
		each(x, func(i, _, j, _, _ int) { out[j] += value(0, i) / m })
		each(x, func(i, _, j, _, _ int) { out[c+j] += (value(0, i) - out[j]) * (value(0, i) - out[j]) / m })
		return out
	case Norm:
		out := make([]float64, x.Size())
		each(x, func(i, _, j, _, _ int) {
			out[i] = (value(0, i)-value(1, j))/math.Sqrt(value(1, c+j)+float64(s.Eps))*value(2, j) + value(3, j)
		})
		return out
	case NormBackParams:
		out := make([]float64, 2*c)
		each(x, func(i, _, j, _, _ int) {
			out[j] += value(2, i) * (value(0, i) - value(1, j)) / math.Sqrt(value(1, c+j)+float64(s.Eps))
			out[c+j] += value(2, i)
		})
		return out
	case NormBackData:
		out := make([]float64, x.Size())
		each(x, func(i, _, j, _, _ int) {
			r := 1 / math.Sqrt(value(1, c+j)+float64(s.Eps))
			out[i] = value(4, i)
			if !s.Frozen {
				out[i] -= value(3, c+j)/m + (value(0, i)-value(1, j))*r*value(3, j)/m
			}
			out[i] *= value(2, j) * r
		})
		return out
	}
	return nil
}

func referenceLoss(n, k int, adversarial bool, in [][]float32) (loss float64, grad []float64) {
	grad = make([]float64, n*k)
	for i := range n {
		sum := 0.0
		for j := range k {
			sum += math.Exp(float64(in[0][i*k+j]))
		}
		label := int(in[1][i])
		loss += math.Log(sum) / float64(n)
		for j := range k {
			q := 0.0
			switch {
			case adversarial && j != label:
				q = 1 / float64(k-1)
			case !adversarial && j == label:
				q = 1
			}
			loss -= q * float64(in[0][i*k+j]) / float64(n)
			grad[i*k+j] = (math.Exp(float64(in[0][i*k+j]))/sum - q) / float64(n)
		}
	}
	return loss, grad
}

// referenceMoves computes what copies, selects and averages.
func referenceMoves(s Spec, in [][]float32) []float64 {
	size := 1
	for _, d := range s.Out() {
		size *= d
	}
	out := make([]float64, size)
	switch s := s.(type) {
	case GlobalAvgPool:
		each(s.X, func(i, n, c, _, _ int) { out[n*s.X[1]+c] += float64(in[0][i]) / float64(s.X[2]*s.X[3]) })
	case GlobalAvgPoolBack:
		each(s.X, func(i, n, c, _, _ int) { out[i] = float64(in[0][n*s.X[1]+c]) / float64(s.X[2]*s.X[3]) })
	case Row:
		for i := range out {
			out[i] = float64(in[0][s.I*s.C+i])
		}
	case Concat:
		from := 0
		for p, c := range s.Parts[:s.Count] {
			each(Shape4{s.N, c, s.H, s.W}, func(i, n, j, h, w int) {
				out[Shape4(s.Out()).at(n, from+j, h, w)] = float64(in[p][i])
			})
			from += c
		}
	case ChannelSlice:
		each(Shape4(s.Out()), func(i, n, c, h, w int) { out[i] = float64(in[0][s.X.at(n, s.From+c, h, w)]) })
	case ClassMap:
		referenceClassMap(s, in, out)
	case Erase:
		each(s.X, func(i, n, c, h, w int) {
			m := in[1][Shape4{s.X[0], 1, s.X[2], s.X[3]}.at(n, 0, h, w)]
			if !(m > s.Delta || s.Cmp == GreaterEqual && m == s.Delta) {
				out[i] = float64(in[0][i])
			}
		})
	}
	return out
}

func referenceClassMap(s ClassMap, in [][]float32, out []float64) {
	hw := s.Maps[2] * s.Maps[3]
	for n := range s.Maps[0] {
		m := in[0][s.Maps.at(n, int(in[1][n]), 0, 0):][:hw]
		lo, hi := float64(m[0]), float64(m[0])
		for _, v := range m {
			lo, hi = min(lo, float64(v)), max(hi, float64(v)) // NaN stays
		}
		for i, v := range m {
			if span := hi - lo; span > 0 && !math.IsInf(span, 0) {
				out[n*hw+i] = (float64(v) - lo) / span
			}
		}
	}
}
