package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// The loops here serve graphs that hold a training's update, which devices compute. On the
// processor the update has loops of its own (update.go), so that these run on one thread.

// plainRoutine is a routine of n row-major inputs whose output may take over the first one.
func plainRoutine(n int, run func(out []float32, in [][]float32)) *backend.Routine {
	r := &backend.Routine{Out: plain, InPlace: 0}
	for range n {
		r.In = append(r.In, plain)
	}
	r.Run = func(out []float32, in [][]float32, _ []float32) { run(out, in) }
	return r
}

func (p *Backend) blend(s kernel.Blend) *backend.Routine {
	n := p.Size(s.Out(), plain)
	return plainRoutine(4, func(out []float32, in [][]float32) {
		a, b := s.A*in[2][0], s.B*in[3][0]
		for i := range n {
			out[i] = a*in[0][i] + b*in[1][i]
		}
	})
}

func (p *Backend) blendSquare(s kernel.BlendSquare) *backend.Routine {
	n := p.Size(s.Out(), plain)
	return plainRoutine(4, func(out []float32, in [][]float32) {
		a, b := in[2][0], in[3][0]
		for i := range n {
			out[i] = a*in[0][i] + b*in[1][i]*in[1][i]
		}
	})
}

func (p *Backend) adamMove(s kernel.AdamMove) *backend.Routine {
	n := p.Size(s.Out(), plain)
	return plainRoutine(6, func(out []float32, in [][]float32) {
		scale, fresh, root := in[3][0], in[4][0], in[5][0]
		keep, rate := 1-s.Rate*s.Decay*scale, s.Rate*scale*fresh
		for i := range n {
			below := float32(math.Sqrt(float64(in[2][i])))*root + s.Eps
			out[i] = keep*in[0][i] - rate*in[1][i]/below
		}
	})
}

func (p *Backend) sumSquares(s kernel.SumSquares) *backend.Routine {
	n := p.Size(s.In()[0], plain)
	return plainRoutine(1, func(out []float32, in [][]float32) {
		sum := 0.0
		for _, x := range in[0][:n] {
			sum += float64(x) * float64(x)
		}
		out[0] = float32(sum)
	})
}

func clipFactor(s kernel.ClipFactor) *backend.Routine {
	mean, limit := float64(s.Mean), float64(s.Limit)
	return plainRoutine(1, func(out []float32, in [][]float32) {
		out[0] = float32(mean * min(1, limit/(mean*math.Sqrt(float64(in[0][0]))+1e-6)))
	})
}

func moveStats(s kernel.MoveStats) *backend.Routine {
	return plainRoutine(2, func(out []float32, in [][]float32) {
		for i, r := range in[0][:2*s.C] {
			now := in[1][i]
			if i >= s.C {
				now *= s.Unbias
			}
			out[i] = r + s.Rate*(now-r)
		}
	})
}

func top(s kernel.Top) *backend.Routine {
	r := plainRoutine(1, func(out []float32, in [][]float32) {
		for i := range s.N {
			out[i] = float32(largest(in[0][i*s.K:][:s.K]))
		}
	})
	r.InPlace = -1
	return r
}

// largest is the index of the largest value, of the first of equal ones; their number where one is
// NaN.
func largest(v []float32) int {
	best := 0
	for i, x := range v {
		if x != x {
			return len(v)
		}
		if x > v[best] {
			best = i
		}
	}
	return best
}
