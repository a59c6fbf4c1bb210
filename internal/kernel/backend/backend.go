// Package backend is what a set of kernels is to its callers: a Backend compiles the Specs of
// package kernel into Routines, code that runs on memory in a stated layout. Each backend is a
// package of its own beside this one; package kernels lists and opens them.
package backend

import (
	"fmt"

	"acol/internal/kernel"
)

// Backend compiles Specs and moves tensors between layouts. The executor calls Compile once for
// each computation of a plan and then runs the Routines any number of times, all from one
// goroutine that is locked to its OS thread. A Routine may use threads of the backend's own.
type Backend interface {
	// Name is the name by which Options.Kernels asks for the backend, such as "portable".
	Name() string
	// Library names the library behind the backend and its version; it may be empty.
	Library() string
	// ISA names the instruction set in use, such as "avx512", "avx2" or "go".
	ISA() string
	// Precision is the number format of activations.
	Precision() Precision
	// Threads is how many threads a Routine may use.
	Threads() int
	// Compile chooses layouts and algorithm for a Spec. in holds the layouts that the inputs have
	// now; a backend that does not care repeats them. A Spec that the backend has no code for is an
	// UnsupportedError.
	Compile(s kernel.Spec, in []Layout) (*Routine, error)
	// Reorder copies src, a tensor of the logical shape in layout from, to dst in layout to.
	Reorder(dst, src []float32, shape []int, to, from Layout) error
	// Size is how many float32 a tensor of the logical shape takes in a layout.
	Size(shape []int, l Layout) int
	Updater
	// Close ends the backend's threads.
	Close()
}

// Routine is one compiled computation.
type Routine struct {
	// In and Out are the layouts that Run demands and produces, never Any.
	In  []Layout
	Out Layout
	// Scratch is how many float32 of working memory Run needs.
	Scratch int
	// InPlace is the input whose memory the output may take over, or -1.
	InPlace int
	// Run computes. out does not overlap any input unless it is exactly the one that InPlace names;
	// the other inputs are not modified. A scalar is a slice of one. The contents of out and
	// scratch are undefined on entry. Run panics where a slice is too short.
	Run func(out []float32, in [][]float32, scratch []float32)
}

// Updater holds the loops over memory of a training's update. All slices of a call are of one
// length, and shorter ones than w, or dst, make it panic.
type Updater interface {
	// SGD moves the parameters w by their gradient g; buf is their momentum, or nil.
	SGD(w, g, buf []float32, s SGDStep)
	// AdamW moves the parameters w by their gradient g; m and v are the running averages of the
	// gradient and of its square.
	AdamW(w, g, m, v []float32, s AdamWStep)
	// Blend makes dst keep*dst + take*src.
	Blend(dst, src []float32, keep, take float32)
}

// SGDStep is one step of torch.optim.SGD. Weight decay is added to the gradient; the momentum
// buffer keeps Keep of itself and takes the gradient; with Nesterov the parameters move by the
// gradient plus Momentum times the buffer. The learning rate is outside of the buffer.
type SGDStep struct {
	LR, Decay float32
	// Clip multiplies the gradient first.
	Clip     float32
	Momentum float32
	// Keep is Momentum, or 0 in the first step, which fills the buffer.
	Keep     float32
	Nesterov bool
}

// AdamWStep is one step of torch.optim.AdamW. The parameters shrink by Keep; m moves by Take1 of
// the way to the gradient; v keeps Beta2 of itself and takes Take2 of the gradient's square. Then
// the parameters move by Rate*m / (sqrt(v)*Root + Eps).
type AdamWStep struct {
	// Clip multiplies the gradient first.
	Clip float32
	// Keep is 1 - learning rate * weight decay.
	Keep float32
	// Take1 is 1 - beta1 and Take2 is 1 - beta2.
	Take1, Beta2, Take2 float32
	// Rate is the learning rate, and Root is 1, both corrected for averages that began at zero:
	// divided by 1 - beta1^t and by sqrt(1 - beta2^t) in step t, which counts from 1.
	Rate, Root float32
	Eps        float32
}

// UnsupportedError says that a backend has no code for a Spec.
type UnsupportedError struct {
	Backend string
	Spec    kernel.Spec
}

func (e UnsupportedError) Error() string {
	return fmt.Sprintf("%s backend: no kernel for %T", e.Backend, e.Spec)
}

// Check reports what makes a Spec impossible to compile: attributes or shapes that are out of
// range, or a number of layouts that is not the number of its inputs.
func Check(s kernel.Spec, in []Layout) error {
	if err := kernel.Check(s); err != nil {
		return err
	}
	if n := len(s.In()); len(in) != n {
		return fmt.Errorf("compiling %T: %d layouts for %d inputs", s, len(in), n)
	}
	return nil
}

// Guard makes Run panic where it is handed a slice shorter than the Spec says, since the code that
// computes trusts lengths. Every backend ends Compile with it.
func Guard(b Backend, s kernel.Spec, r *Routine) *Routine {
	run, out := r.Run, b.Size(s.Out(), r.Out)
	in := make([]int, len(r.In))
	for i, shape := range s.In() {
		in[i] = b.Size(shape, r.In[i])
	}
	r.Run = func(dst []float32, src [][]float32, scratch []float32) {
		if len(dst) < out || len(src) != len(in) || len(scratch) < r.Scratch {
			panic(fmt.Sprintf("%T: output of %d, %d inputs, scratch of %d values; want %d, %d, %d",
				s, len(dst), len(src), len(scratch), out, len(in), r.Scratch))
		}
		for i, n := range in {
			if len(src[i]) < n {
				panic(fmt.Sprintf("%T: input %d has %d values, want %d", s, i, len(src[i]), n))
			}
		}
		run(dst, src, scratch)
	}
	return r
}

// Describe says in one line what a backend computes with.
func Describe(b Backend) string {
	lib := ""
	if l := b.Library(); l != "" {
		lib = ", " + l
	}
	threads := ""
	switch n := b.Threads(); n {
	case 0:
	case 1:
		threads = ", 1 thread"
	default:
		threads = fmt.Sprintf(", %d threads", n)
	}
	return fmt.Sprintf("%s %s%s, %s%s", b.Name(), b.ISA(), lib, b.Precision(), threads)
}
