package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// lossGrain is how many logits are worth a thread's waking.
const lossGrain = 1 << 10

// classOf reads a class index in [0,k) that is stored as a float32.
func classOf(label float32, k int) (int, bool) {
	if !(label >= 0 && label < float32(k)) || label != float32(int(label)) {
		return 0, false
	}
	return int(label), true
}

// logSumExp is the logarithm of sum_j exp(x_j).
func logSumExp(x []float32) float64 {
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - float64(top))
	}
	return float64(top) + math.Log(sum)
}

// sampleLoss is one row's loss.
func sampleLoss(x []float32, label float32, adversarial bool) float64 {
	at, ok := classOf(label, len(x))
	if !ok {
		return math.NaN()
	}
	if !adversarial {
		return logSumExp(x) - float64(x[at])
	}
	others := 0.0
	for j, v := range x {
		if j != at {
			others += float64(v) / float64(len(x)-1)
		}
	}
	return logSumExp(x) - others
}

func (p *Backend) softmaxLoss(s kernel.SoftmaxLoss) *backend.Routine {
	var x, labels, rows []float32
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			rows[i] = float32(sampleLoss(x[i*s.K:][:s.K], labels[i], s.Adversarial))
		}
	}
	return &backend.Routine{In: []backend.Layout{backend.Plain, backend.Plain}, Out: backend.Plain, InPlace: -1, Scratch: s.N, Run: func(out []float32, in [][]float32, scratch []float32) {
		x, labels, rows = in[0], in[1], scratch
		p.Parallel(s.N, max(lossGrain/s.K, 1), body)
		total := 0.0
		for _, v := range rows[:s.N] {
			total += float64(v)
		}
		out[0] = float32(total / float64(s.N))
	}}
}

func (p *Backend) softmaxLossBack(s kernel.SoftmaxLossBack) *backend.Routine {
	var dx, x, labels []float32
	var scale float64
	hit, miss := 1.0, 0.0
	if s.Adversarial {
		hit, miss = 0, 1/float64(max(s.K-1, 1))
	}
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x[i*s.K:][:s.K]
			at, ok := classOf(labels[i], s.K)
			lse := logSumExp(row)
			if !ok {
				lse = math.NaN()
			}
			for j, v := range row {
				q := miss
				if j == at {
					q = hit
				}
				dx[i*s.K+j] = float32((math.Exp(float64(v)-lse) - q) * scale)
			}
		}
	}
	return &backend.Routine{In: []backend.Layout{backend.Plain, backend.Plain, backend.Plain}, Out: backend.Plain, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		dx, x, labels = out, in[0], in[1]
		scale = float64(in[2][0]) / float64(s.N)
		p.Parallel(s.N, max(lossGrain/s.K, 1), body)
	}}
}
