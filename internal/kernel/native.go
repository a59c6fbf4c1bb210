//go:build onednn && amd64 && cgo

package kernel

import (
	"errors"
	"fmt"
	"runtime"

	"acol/internal/kernel/native"
)

// NativeBuilt tells that the program has the native kernels.
const NativeBuilt = true

// Layouts of the native backend beside Plain and NHWC; those of weights follow
// native.FirstWeights. The numbers are package native's.
const (
	blocked  = Layout(native.Blocked)
	halfNHWC = Layout(native.HalfNHWC)
)

// Native is the Backend of C++ kernels: oneDNN's convolutions on activations in blocks of channels, or in
// bfloat16 with channels innermost, and vector kernels between them. What it
// lacks the portable backend does, NHWC.
//
// Its calls must come from one OS thread, since each would have a pool of its own.
type Native struct {
	threads  int
	half     bool
	direct   bool // no Winograd
	portable *Portable
	reorders map[reorderKey]reorder
	// impls are the names of oneDNN's code by Spec; a convolution that the portable backend took has none.
	impls map[Spec]string
}

type reorderKey struct {
	shape    Shape4
	to, from Layout
}

// reorder is a prepared one with the words that it reads and writes.
type reorder struct {
	*native.Reorder
	to, from int
}

func nativeUsable() bool { return native.Usable() }

func newNative(o Options) (Backend, error) {
	if !nativeUsable() {
		return nil, errors.New("the native kernels need a processor with AVX2: use the portable ones")
	}
	if o.Precision == BF16 && !native.HasBF16() {
		return nil, errors.New("precision bf16: this processor has no bfloat16 instructions (AVX512-BF16); use fp32")
	}
	threads := o.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Native{
		threads: threads, half: o.Precision == BF16, direct: o.Direct, portable: NewPortable(threads),
		reorders: map[reorderKey]reorder{}, impls: map[Spec]string{},
	}, nil
}

// Name is "native".
func (b *Native) Name() string { return "native" }

// Library is oneDNN with its version.
func (b *Native) Library() string { return "oneDNN " + native.Version() }

// ISA is oneDNN's instruction set, such as "avx512-amx".
func (b *Native) ISA() string { return native.ISA() }

// Threads is how many threads a Step may use.
func (b *Native) Threads() int { return b.threads }

// Precision is of the activations.
func (b *Native) Precision() Precision {
	if b.half {
		return BF16
	}
	return FP32
}

// SGD implements Backend.
func (b *Native) SGD(w, g, buf []float32, s SGDStep) {
	if len(g) < len(w) || buf != nil && len(buf) < len(w) {
		panic(fmt.Sprintf("sgd: %d parameters, %d gradients, momentum of %d", len(w), len(g), len(buf)))
	}
	native.SetThreads(b.threads)
	native.SGD(w, g, buf, s.LR, s.Decay, s.Clip, s.Momentum, s.Keep, s.Nesterov)
}

// Close ends the portable backend's threads; OpenMP keeps its own.
func (b *Native) Close() { b.portable.Close() }

// Size implements Backend.
func (b *Native) Size(shape []int, l Layout) int {
	if l == Plain || l == NHWC || l >= firstPacked || len(shape) != 4 {
		return b.portable.Size(shape, l)
	}
	return native.Size(shape, native.Format(l))
}

// Reorder implements Backend.
func (b *Native) Reorder(dst, src []float32, shape []int, to, from Layout) error {
	if len(shape) != 4 || to == from || to >= firstPacked || b.portable.Size(shape, Plain) == 0 {
		n := b.Size(shape, to)
		if to != from || len(dst) < n || len(src) < n {
			return b.portable.Reorder(dst, src, shape, to, from)
		}
		copy(dst[:n], src)
		return nil
	}
	native.SetThreads(b.threads)
	key := reorderKey{Shape4(shape), to, from}
	r, known := b.reorders[key]
	if !known {
		var err error
		if r.Reorder, err = native.NewReorder(shape, native.Format(from), native.Format(to)); err != nil {
			return err
		}
		r.to, r.from = b.Size(shape, to), b.Size(shape, from)
		b.reorders[key] = r
	}
	if len(dst) < r.to || len(src) < r.from {
		return fmt.Errorf("reordering a tensor of shape %v: %d words into %d, want %d and %d", shape, len(src), len(dst), r.from, r.to)
	}
	r.Run(dst, src)
	return nil
}

// Compile implements Backend.
func (b *Native) Compile(s Spec, in []Layout) (*Step, error) {
	if err := check(s, in); err != nil {
		return nil, err
	}
	native.SetThreads(b.threads)
	step := b.compile(s, in)
	if step == nil {
		return b.portable.Compile(s, in)
	}
	run := step.Run
	step.Run = func(out []float32, in [][]float32, scratch []float32) {
		native.SetThreads(b.threads)
		run(out, in, scratch)
	}
	guardSizes(b, step, s)
	return step, nil
}

// compile gives nil where the portable backend has to do it.
func (b *Native) compile(s Spec, in []Layout) *Step {
	switch s := s.(type) {
	case Conv:
		return b.conv(ConvAct{Conv: s})
	case ConvAct:
		return b.conv(s)
	case ConvBackData:
		return b.convBackData(s)
	case ConvBackWeights:
		return b.convBackWeights(s)
	case Concat:
		return b.concat(s, in)
	case ChannelSlice:
		return b.channelSlice(s, in)
	case ClassMap:
		return b.classMap(s, in)
	case Erase:
		return b.erase(s, in)
	}
	if step := b.elementwise(s, in); step != nil {
		return step
	}
	if step := b.curve(s, in); step != nil {
		return step
	}
	if step := b.norm(s, in); step != nil {
		return step
	}
	if step := b.lrn(s, in); step != nil {
		return step
	}
	return b.pool(s, in)
}

// natural is the layout that activations have by themselves.
func (b *Native) natural() Layout {
	if b.half {
		return halfNHWC
	}
	return blocked
}

// layout is the one that a step works in: that of its inputs if one is an activation's.
func (b *Native) layout(in ...Layout) Layout {
	for _, l := range in {
		if l == b.natural() || l == NHWC {
			return l
		}
	}
	return b.natural()
}
