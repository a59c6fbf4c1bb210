//go:build onednn && amd64 && cgo

package native

import (
	"errors"
	"fmt"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/native/cpp"
	"acol/internal/kernel/portable"
)

// Built says whether the program has the native kernels.
const Built = true

// The layouts of activations, by package cpp's numbers. The layouts of weights follow from
// cpp.FirstWeights on.
const (
	plain    = backend.Plain
	nhwc     = backend.NHWC
	blocked  = backend.Layout(cpp.Blocked)
	halfNHWC = backend.Layout(cpp.HalfNHWC)
)

type layouts = []backend.Layout

// Backend computes with oneDNN and with package cpp's vector kernels.
//
// All calls of a Backend must come from one OS thread, since package cpp keeps a team of threads
// for each thread that calls it.
type Backend struct {
	threads  int
	half     bool
	direct   bool // no Winograd
	portable *portable.Backend
	reorders map[reorderKey]reorder
	// impls are the names of oneDNN's code by Spec. A convolution that the portable backend
	// computes has none.
	impls map[kernel.Spec]string
}

type reorderKey struct {
	shape    kernel.Shape4
	to, from backend.Layout
}

// reorder is a prepared reorder with the number of words that it writes (to) and reads (from).
type reorder struct {
	*cpp.Reorder
	to, from int
}

func missing(p backend.Precision) error {
	if !cpp.Usable() {
		return errors.New("the native kernels need a processor with AVX2: use the portable ones")
	}
	if p == backend.TF32 {
		return errTF32
	}
	if p == backend.BF16 && !cpp.HasBF16() {
		return errors.New("precision bf16: this processor has no bfloat16 instructions " +
			"(AVX512-BF16); use fp32")
	}
	return nil
}

func open(o backend.Options) (backend.Backend, error) {
	return &Backend{
		threads: o.Threads, half: o.Precision == backend.BF16, direct: o.Direct,
		portable: portable.New(o.Threads),
		reorders: map[reorderKey]reorder{}, impls: map[kernel.Spec]string{},
	}, nil
}

// Name is "native".
func (b *Backend) Name() string { return Kernels.Name }

// Library is oneDNN with its version.
func (b *Backend) Library() string { return "oneDNN " + cpp.Version() }

// Notice says where oneDNN does not compute on the threads of all other kernels.
func (b *Backend) Notice() string {
	if err := cpp.OwnThreads(); err != nil {
		return fmt.Sprintf("oneDNN computes on threads of its own, which may be slow beside other "+
			"programs: %v", err)
	}
	return ""
}

// ISA is oneDNN's instruction set, such as "avx512-amx".
func (b *Backend) ISA() string { return cpp.ISA() }

// Threads is how many threads a Routine may use.
func (b *Backend) Threads() int { return b.threads }

// Precision is the number format of activations.
func (b *Backend) Precision() backend.Precision {
	if b.half {
		return backend.BF16
	}
	return backend.FP32
}

// Close ends the portable backend's threads; those of package cpp end with the calling OS thread.
func (b *Backend) Close() {
	b.portable.Close()
}

// Size implements backend.Backend.
func (b *Backend) Size(shape []int, l backend.Layout) int {
	if l == plain || l == nhwc || l == backend.Bytes || l >= portable.FirstPacked || len(shape) != 4 {
		return b.portable.Size(shape, l)
	}
	return cpp.Size(shape, cpp.Format(l))
}

// Reorder implements backend.Backend.
func (b *Backend) Reorder(dst, src []float32, shape []int, to, from backend.Layout) error {
	if len(shape) != 4 || to == from || to >= portable.FirstPacked || b.Size(shape, plain) == 0 {
		n := b.Size(shape, to)
		if to != from || len(dst) < n || len(src) < n {
			return b.portable.Reorder(dst, src, shape, to, from)
		}
		copy(dst[:n], src)
		return nil
	}
	cpp.SetThreads(b.threads)
	key := reorderKey{kernel.Shape4(shape), to, from}
	r, known := b.reorders[key]
	if !known {
		var err error
		if r.Reorder, err = cpp.NewReorder(shape, cpp.Format(from), cpp.Format(to)); err != nil {
			return err
		}
		r.to, r.from = b.Size(shape, to), b.Size(shape, from)
		b.reorders[key] = r
	}
	if len(dst) < r.to || len(src) < r.from {
		return fmt.Errorf("reordering a tensor of shape %v: %d words into %d, want %d and %d",
			shape, len(src), len(dst), r.from, r.to)
	}
	r.Run(dst, src)
	return nil
}

// Compile implements backend.Backend.
func (b *Backend) Compile(s kernel.Spec, in []backend.Layout) (*backend.Routine, error) {
	if err := backend.Check(s, in); err != nil {
		return nil, err
	}
	cpp.SetThreads(b.threads)
	r := b.compile(s, in)
	if r == nil {
		return b.portable.Compile(s, in)
	}
	run := r.Run
	r.Run = func(out []float32, in [][]float32, scratch []float32) {
		cpp.SetThreads(b.threads)
		run(out, in, scratch)
	}
	return backend.Guard(b, s, r), nil
}

// compile gives nil for what the portable backend has to compute.
func (b *Backend) compile(s kernel.Spec, in []backend.Layout) *backend.Routine {
	switch s := s.(type) {
	case kernel.Conv:
		return b.conv(kernel.ConvAct{Conv: s})
	case kernel.ConvAct:
		return b.conv(s)
	case kernel.ConvBackData:
		return b.convBackData(s)
	case kernel.ConvBackWeights:
		return b.convBackWeights(s)
	case kernel.Concat:
		return b.concat(s, in)
	case kernel.ChannelSlice:
		return b.channelSlice(s, in)
	case kernel.ClassMap:
		return b.classMap(s, in)
	case kernel.Erase:
		return b.erase(s, in)
	}
	for _, family := range []func(kernel.Spec, []backend.Layout) *backend.Routine{
		b.elementwise, b.curve, b.norm, b.lrn,
	} {
		if r := family(s, in); r != nil {
			return r
		}
	}
	return b.pool(s, in)
}

// natural is the layout of activations that nothing else demands.
func (b *Backend) natural() backend.Layout {
	if b.half {
		return halfNHWC
	}
	return blocked
}

// layout is what a routine works in: the layout of its inputs if that is one of activations, else
// the natural one.
func (b *Backend) layout(in ...backend.Layout) backend.Layout {
	for _, l := range in {
		if l == b.natural() || l == nhwc {
			return l
		}
	}
	return b.natural()
}
