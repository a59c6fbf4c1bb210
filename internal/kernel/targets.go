package kernel

import "math"

// TargetLoss is a softmax loss against any targets: the sum over n and j of t[n][j] * (log sum_l
// exp(x[n][l]) - x[n][j]): inputs logits (N,K), targets (N,K); a scalar. The targets hold
// everything else: one-hot labels, label smoothing, mixed labels, class weights and 1/N.
type TargetLoss struct{ N, K int }

// TargetLossBack is (softmax(x) * sum_j t[n][j] - t) * g: inputs logits, targets, g (a scalar).
type TargetLossBack struct{ N, K int }

// SigmoidLoss is a loss of many labels: the sum over n and j of pos*log(1+exp(-x)) +
// neg*log(1+exp(x)): inputs logits, pos and neg, each (N,K); a scalar. With pos and neg the
// labels and their complements over N*K it is torch's BCEWithLogitsLoss.
type SigmoidLoss struct{ N, K int }

// SigmoidLossBack is (neg*p - pos*(1-p)) * g, p = 1/(1+exp(-x)): inputs logits, pos, neg, g (a scalar).
type SigmoidLossBack struct{ N, K int }

// LabelMaps joins the maps of all labels of each image: the maximum over the channels j with
// targets[n][j] > 0 of maps (N,K,H,W), each min-max normalised over H and W as ClassMap does:
// inputs maps, targets (N,K); output (N,1,H,W), zeros where an image has no label.
type LabelMaps struct{ Maps Shape4 }

func (s TargetLoss) In() [][]int     { return [][]int{{s.N, s.K}, {s.N, s.K}} }
func (s TargetLoss) Out() []int      { return nil }
func (s TargetLossBack) In() [][]int { return [][]int{{s.N, s.K}, {s.N, s.K}, {}} }
func (s TargetLossBack) Out() []int  { return []int{s.N, s.K} }
func (s SigmoidLoss) In() [][]int    { return [][]int{{s.N, s.K}, {s.N, s.K}, {s.N, s.K}} }
func (s SigmoidLoss) Out() []int     { return nil }
func (s SigmoidLossBack) In() [][]int {
	return [][]int{{s.N, s.K}, {s.N, s.K}, {s.N, s.K}, {}}
}
func (s SigmoidLossBack) Out() []int { return []int{s.N, s.K} }
func (s LabelMaps) In() [][]int      { return [][]int{s.Maps.slice(), {s.Maps[0], s.Maps[1]}} }
func (s LabelMaps) Out() []int       { return []int{s.Maps[0], 1, s.Maps[2], s.Maps[3]} }

func (p *Portable) targetLoss(s TargetLoss) *Step {
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
	return &Step{In: []Layout{Plain, Plain}, Out: Plain, InPlace: -1, Scratch: s.N, Run: func(out []float32, in [][]float32, scratch []float32) {
		x, t, rows = in[0], in[1], scratch[:s.N]
		p.Parallel(s.N, max(lossGrain/s.K, 1), body)
		out[0] = sumOf(rows)
	}}
}

func sumOf(v []float32) float32 {
	total := 0.0
	for _, x := range v {
		total += float64(x)
	}
	return float32(total)
}

func (p *Portable) targetLossBack(s TargetLossBack) *Step {
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
	return &Step{In: []Layout{Plain, Plain, Plain}, Out: Plain, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		dx, x, t, g = out, in[0], in[1], float64(in[2][0])
		p.Parallel(s.N, max(lossGrain/s.K, 1), body)
	}}
}

// softplus is log(1+exp(x)) without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func (p *Portable) sigmoidLoss(s SigmoidLoss) *Step {
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
	return &Step{In: []Layout{Plain, Plain, Plain}, Out: Plain, InPlace: -1, Scratch: s.N, Run: func(out []float32, in [][]float32, scratch []float32) {
		x, pos, neg, rows = in[0], in[1], in[2], scratch[:s.N]
		p.Parallel(s.N, max(lossGrain/s.K, 1), body)
		out[0] = sumOf(rows)
	}}
}

func (p *Portable) sigmoidLossBack(s SigmoidLossBack) *Step {
	var dx, x, pos, neg []float32
	var g float64
	body := func(lo, hi int) {
		for j := lo * s.K; j < hi*s.K; j++ {
			a := sigmoid(x[j])
			dx[j] = float32((float64(neg[j])*a - float64(pos[j])*(1-a)) * g)
		}
	}
	return &Step{In: []Layout{Plain, Plain, Plain, Plain}, Out: Plain, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		dx, x, pos, neg, g = out, in[0], in[1], in[2], float64(in[3][0])
		p.Parallel(s.N, max(lossGrain/s.K, 1), body)
	}}
}

func (p *Portable) labelMaps(s LabelMaps) *Step {
	n, k, hw := s.Maps[0], s.Maps[1], s.Maps[2]*s.Maps[3]
	var y, maps, targets, one []float32
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dst, m := y[i*hw:][:hw], one[i*hw:][:hw]
			clear(dst)
			for c, t := range targets[i*k:][:k] {
				if !(t > 0) {
					continue
				}
				for j := range m {
					m[j] = maps[(i*hw+j)*k+c]
				}
				minMax(m)
				for j, v := range m {
					dst[j] = max(dst[j], v)
				}
			}
		}
	}
	return &Step{In: []Layout{NHWC, Plain}, Out: NHWC, InPlace: -1, Scratch: n * hw, Run: func(out []float32, in [][]float32, scratch []float32) {
		y, maps, targets, one = out, in[0], in[1], scratch
		p.Parallel(n, 1, body)
	}}
}
