package engine

import (
	"errors"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Join lets the engine compute what several processes compute together. sum replaces values by
// their sums over all processes. All of them have to compile and run the same plans in the same
// order. It is called before Compile.
func (e *Engine) Join(sum func(x []float32) error) { e.sum = sum }

// errNotJoined is of a plan that needs other processes.
var errNotJoined = errors.New("the plan is of one of several processes, and the engine knows no others")

// joint returns the routine of a Spec that several processes compute together.
func (e *Engine) joint(s kernel.Joint) (*backend.Routine, error) {
	if e.sum == nil {
		return nil, errNotJoined
	}
	if err := kernel.Check(s); err != nil {
		return nil, err
	}
	add := func(x []float32) {
		if err := e.sum(x); err != nil {
			panic(err) // reported by protect
		}
	}
	r := &backend.Routine{Out: backend.Plain, InPlace: -1}
	for range s.In() {
		r.In = append(r.In, backend.Plain)
	}
	switch s := s.(type) {
	case kernel.PartSum:
		n := kernel.Elements(s.Out())
		r.Run = func(out []float32, in [][]float32, _ []float32) {
			copy(out[:n], in[0][:n])
			add(out[:n])
		}
	case kernel.PartStats:
		r.Run = func(out []float32, in [][]float32, _ []float32) {
			mean, variance := out[:s.C], out[s.C:2*s.C]
			for i := range mean {
				mean[i] = s.Share * in[0][i]
			}
			add(mean)
			for i := range variance {
				d := in[0][i] - mean[i]
				variance[i] = s.Share * (in[0][s.C+i] + d*d)
			}
			add(variance)
		}
	case kernel.PartSums:
		r.Run = func(out []float32, in [][]float32, _ []float32) {
			copy(out, in[0][:2*s.C])
			add(out[:2*s.C])
			for i := range out[:2*s.C] {
				out[i] *= s.Share
			}
		}
	case kernel.PartMean:
		r.Run = func(out []float32, in [][]float32, _ []float32) {
			counted := 0
			for _, m := range in[0][:s.N*s.H*s.W] {
				if m < kernel.GuideIgnored {
					counted++
				}
			}
			out[0] = float32(counted)
			add(out[:1])
			out[0] = in[1][0] * float32(counted) / max(out[0], 1)
		}
	}
	return r, nil
}
