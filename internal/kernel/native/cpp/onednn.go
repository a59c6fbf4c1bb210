//go:build onednn && amd64 && cgo

package cpp

// #cgo CXXFLAGS: -std=c++17 -O3 -fopenmp-simd -Wno-psabi
// #cgo LDFLAGS: -ldnnl -ldl
// #include "native.h"
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// Format is how a tensor lies in memory. Formats from FirstWeights on are formats of weights that
// oneDNN has chosen, one for each shape and order.
type Format int

// The formats of activations (N,C,H,W).
const (
	Plain        Format = C.acol_plain     // float32, row-major
	NHWC         Format = C.acol_nhwc      // float32, channels innermost
	Blocked      Format = C.acol_blocked   // float32, blocks of Block channels innermost
	HalfNHWC     Format = C.acol_half_nhwc // bfloat16, channels innermost
	FirstWeights Format = C.acol_first_weights
)

// Block is the number of channels in a block. The last block of a tensor is filled up with zeros.
func Block() int { return int(C.acol_block()) }

// ISA names the instruction set in use, such as avx512 or avx512-amx.
func ISA() string { return C.GoString(C.acol_isa()) }

// Usable says whether the processor has AVX2, which all kernels need.
func Usable() bool { return C.acol_usable() != 0 }

// HasBF16 says whether the processor has instructions that multiply bfloat16.
func HasBF16() bool { return C.acol_has_bf16() != 0 }

// Version is the version of oneDNN, such as 2.6.3.
func Version() string {
	var a, b, c C.int
	C.acol_dnnl_version(&a, &b, &c)
	return fmt.Sprintf("%d.%d.%d", a, b, c)
}

// SetThreads sets how many threads later calls from this OS thread use.
func SetThreads(n int) {
	_ = OwnThreads() // which decides whose threads they are
	C.acol_set_threads(C.int(n))
}

// Size is how many float32 a tensor takes in a format, rounded up.
func Size(shape []int, f Format) int {
	d, n := dims(shape)
	return (int(C.acol_size(n, &d[0], C.int(f))) + 3) / 4
}

func dims(shape []int) (d [4]C.int, n C.int) {
	for i, v := range shape {
		d[i] = C.int(v)
	}
	return d, C.int(len(shape))
}

func ptr(s []float32) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

func floats(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// Kind is one of the three computations of a convolution.
type Kind int

// The computations of a convolution.
const (
	Forward     Kind = C.acol_forward
	BackData    Kind = C.acol_back_data
	BackWeights Kind = C.acol_back_weights
)

// Geometry is the geometry of a convolution: input (N,C,H,W), weights (O,C/Groups,KH,KW), output
// (N,O,OH,OW), strides, padding above and on the left, and dilations, 1 being none.
type Geometry struct {
	N, C, H, W, O, KH, KW, StrideH, StrideW, PadH, PadW, DilH, DilW, Groups, OH, OW int
}

// Options are the options of a convolution.
type Options struct {
	Bias      bool
	Sum       bool // the result is added to what y holds
	Act       Act  // of the result
	Inference bool // weights may be prepared further, since they stay
	Winograd  bool // float32, blocked, 3x3 of stride 1 alone
}

// Conv is a prepared convolution.
type Conv struct {
	// Weights is the format of the weights that Run reads, or of their gradient that it writes.
	Weights Format
	// Impl is oneDNN's name for the code, such as brgconv:avx512_core.
	Impl string
	// Scratch is how many float32 of working memory Run needs.
	Scratch int

	c    *C.acol_conv
	bias bool
}

// NewConv prepares a convolution between formats of activations. A convolution for which oneDNN has
// only its slow reference code is an error.
func NewConv(k Kind, g Geometry, o Options, x, y Format) (*Conv, error) {
	cg := C.acol_geometry{
		n: C.int(g.N), c: C.int(g.C), h: C.int(g.H), w: C.int(g.W),
		o: C.int(g.O), kh: C.int(g.KH), kw: C.int(g.KW),
		sh: C.int(g.StrideH), sw: C.int(g.StrideW), ph: C.int(g.PadH), pw: C.int(g.PadW),
		dh: C.int(g.DilH), dw: C.int(g.DilW), groups: C.int(g.Groups), oh: C.int(g.OH), ow: C.int(g.OW),
	}
	flags := flag(o.Bias)*C.acol_with_bias | flag(o.Sum)*C.acol_with_sum |
		flag(o.Inference)*C.acol_inference | flag(o.Winograd)*C.acol_winograd
	var msg [256]C.char
	c := C.acol_conv_new(C.int(k), &cg, flags, C.int(o.Act), C.int(x), C.int(y), &msg[0],
		C.size_t(len(msg)))
	if c == nil {
		return nil, fmt.Errorf("onednn: %s", C.GoString(&msg[0]))
	}
	conv := &Conv{
		Weights: Format(C.acol_conv_weights(c)), Impl: C.GoString(C.acol_conv_impl(c)),
		Scratch: (int(C.acol_conv_scratch(c))+3)/4 + alignment, c: c, bias: o.Bias,
	}
	runtime.AddCleanup(conv, func(c *C.acol_conv) { C.acol_conv_free(c) }, c)
	return conv, nil
}

const alignment = 16 // floats of a cache line

// Run computes one of x, w and y, by the convolution's kind, from the other two. bias is (O), or
// nil.
func (c *Conv) Run(x, w, bias, y, scratch []float32) {
	skip := -uintptr(ptr(scratch)) % (4 * alignment) / 4
	var b unsafe.Pointer
	if c.bias {
		b = ptr(bias)
	}
	if status := C.acol_conv_run(c.c, ptr(x), ptr(w), b, ptr(y), ptr(scratch[skip:])); status != 0 {
		panic(fmt.Sprintf("onednn: convolution %s: status %d", c.Impl, status))
	}
	runtime.KeepAlive(c)
}

// Reorder is a prepared copy of tensors of one shape from one format to another.
type Reorder struct{ r *C.acol_reorder }

// NewReorder prepares a reorder; shape has four axes.
func NewReorder(shape []int, from, to Format) (*Reorder, error) {
	d, n := dims(shape)
	var msg [256]C.char
	r := C.acol_reorder_new(n, &d[0], C.int(from), C.int(to), &msg[0], C.size_t(len(msg)))
	if r == nil {
		return nil, fmt.Errorf("onednn: reordering %v from format %d to %d: %s", shape, from, to,
			C.GoString(&msg[0]))
	}
	reorder := &Reorder{r}
	runtime.AddCleanup(reorder, func(r *C.acol_reorder) { C.acol_reorder_free(r) }, r)
	return reorder, nil
}

// Run copies src to dst.
func (r *Reorder) Run(dst, src []float32) {
	if status := C.acol_reorder_run(r.r, ptr(src), ptr(dst)); status != 0 {
		panic(fmt.Sprintf("onednn: reorder: status %d", status))
	}
	runtime.KeepAlive(r)
}
