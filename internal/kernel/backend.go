package kernel

import "fmt"

// Layout is the physical order of a tensor's elements in memory, and their number
// format: float32 unless a layout says otherwise.
type Layout uint16

const (
	// Any as a demand accepts whatever layout the tensor has.
	Any Layout = iota
	// Plain is row-major in the order of the logical axes: (N,C,H,W), (O,I,KH,KW), (N,K), (C).
	Plain
	// NHWC stores a logical (N,C,H,W) tensor with channels innermost.
	NHWC
	// FirstNative is the first of the layouts that a native backend names for itself.
	FirstNative
)

// Backend compiles Specs. The executor calls Compile once for each step of a
// plan, then runs the Steps any number of times, all from one goroutine that is
// locked to its OS thread; a Step may use the backend's own threads inside.
type Backend interface {
	// Name is "portable" or "native".
	Name() string
	// Library names the library behind it and its version, or is empty.
	Library() string
	// ISA names the instruction set in use, such as "avx512", "avx2" or "go".
	ISA() string
	// Precision is the number format of activations.
	Precision() Precision
	// Threads is how many threads a Step may use.
	Threads() int
	// Compile chooses layouts and algorithm. in holds the layouts that the inputs have now; a
	// backend that does not care repeats them. An unsupported Spec is an error.
	Compile(s Spec, in []Layout) (*Step, error)
	// Reorder copies src, a tensor of the logical shape in layout from, to dst
	// in layout to.
	Reorder(dst, src []float32, shape []int, to, from Layout) error
	// Size is how many float32 a tensor of the logical shape takes in a layout.
	Size(shape []int, l Layout) int
	// SGD moves parameters w by their gradient g; buf is their momentum, or nil.
	SGD(w, g, buf []float32, s SGDStep)
	// Close ends the backend's threads.
	Close()
}

// Step is one compiled computation.
type Step struct {
	// In and Out are the layouts that Run demands and produces, never Any.
	In  []Layout
	Out Layout
	// Scratch is how many float32 of working memory Run needs.
	Scratch int
	// InPlace is the input whose memory the output may take over, or -1.
	InPlace int
	// Run computes. out does not overlap any input unless it is exactly the
	// one that InPlace names. Inputs are not modified otherwise. A scalar is a slice of one.
	// The contents of out and scratch are undefined on entry. It panics where a slice is too short.
	Run func(out []float32, in [][]float32, scratch []float32)
}

// guardSizes makes Run panic where a slice is shorter than the Spec says, since what
// computes trusts lengths.
func guardSizes(b Backend, step *Step, s Spec) {
	run, out := step.Run, b.Size(s.Out(), step.Out)
	in := make([]int, len(step.In))
	for i, shape := range s.In() {
		in[i] = b.Size(shape, step.In[i])
	}
	step.Run = func(dst []float32, src [][]float32, scratch []float32) {
		if len(dst) < out || len(src) != len(in) || len(scratch) < step.Scratch {
			panic(fmt.Sprintf("%T: output of %d, %d inputs, scratch of %d values; want %d, %d, %d",
				s, len(dst), len(src), len(scratch), out, len(in), step.Scratch))
		}
		for i, n := range in {
			if len(src[i]) < n {
				panic(fmt.Sprintf("%T: input %d has %d values, want %d", s, i, len(src[i]), n))
			}
		}
		run(dst, src, scratch)
	}
}
