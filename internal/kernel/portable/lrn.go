package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// lrn adds to the Spec what the forward and the backward computation share.
type lrn struct{ kernel.LRN }

// window is the range of channels whose energy divides channel c.
func (s lrn) window(c int) (lo, hi int) {
	lo = c - s.Size/2
	return max(lo, 0), min(lo+s.Size, s.X[1])
}

// energies sets e to the s_c of a pixel's channels x.
func (s lrn) energies(e []float64, x []float32) {
	each := float64(s.Alpha) / float64(s.Size)
	for c := range e {
		lo, hi := s.window(c)
		sum := 0.0
		for _, v := range x[lo:hi] {
			sum += float64(v) * float64(v)
		}
		e[c] = float64(s.K) + each*sum
	}
}

// power is e^-Beta.
func (s lrn) power(e float64) float64 {
	if s.Beta == 0.75 { // everybody's, and quicker
		r := math.Sqrt(e)
		return 1 / (r * math.Sqrt(r))
	}
	return math.Pow(e, -float64(s.Beta))
}

func (p *Backend) lrn(s lrn) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var y, x []float32
	energies := s.workspaces(p)
	body := func(worker, lo, hi int) {
		e := energies[worker][:c]
		for r := lo; r < hi; r++ {
			from, to := x[r*c:][:c], y[r*c:][:c]
			s.energies(e, from)
			for i, v := range from {
				to[i] = float32(float64(v) * s.power(e[i]))
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: nhwc, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x = out, in[0]
			p.team.run(rows, rowGrain(c*s.Size), body)
		},
	}
}

// workspaces allocates 2*C numbers for each thread.
func (s lrn) workspaces(p *Backend) [][]float64 {
	w := make([][]float64, p.team.threads)
	for i := range w {
		w[i] = make([]float64, 2*s.X[1])
	}
	return w
}

// lrnBack computes dx_c = dy_c s_c^-Beta - 2 Beta Alpha/Size x_c sum of dy_j x_j s_j^(-Beta-1)
// over the channels j in whose windows c lies.
func (p *Backend) lrnBack(s lrn) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var dx, x, dy []float32
	spaces := s.workspaces(p)
	cross := 2 * float64(s.Beta) * float64(s.Alpha) / float64(s.Size)
	body := func(worker, lo, hi int) {
		e, t := spaces[worker][:c], spaces[worker][c:]
		for r := lo; r < hi; r++ {
			xs, dys, dxs := x[r*c:][:c], dy[r*c:][:c], dx[r*c:][:c]
			s.energies(e, xs)
			for i, v := range e {
				pow := s.power(v)
				t[i] = float64(dys[i]) * float64(xs[i]) * pow / v
				e[i] = float64(dys[i]) * pow
			}
			for i, v := range xs {
				// i is in the windows of the channels from i-(Size-1)+Size/2 to i+Size/2.
				last := i + s.Size/2
				sum := 0.0
				for _, w := range t[max(last-s.Size+1, 0):min(last+1, c)] {
					sum += w
				}
				dxs[i] = float32(e[i] - cross*float64(v)*sum)
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: nhwc, InPlace: 1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, x, dy = out, in[0], in[1]
			p.team.run(rows, rowGrain(2*c*s.Size), body)
		},
	}
}
