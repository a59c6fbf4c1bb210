//go:build onednn && amd64 && cgo

package cpp

// #include "native.h"
import "C"

// Shape is the shape of an activation (N,C,H,W) with its format, which is not Plain.
type Shape struct {
	c      C.acol_shape
	window C.acol_window // where it is the input of a pool
	n      C.size_t      // elements in memory, padding included
}

// NewShape gives the Shape of an activation (N,C,H,W).
func NewShape(shape [4]int, f Format) *Shape {
	lanes := shape[1]
	if f == Blocked {
		lanes = Block()
	}
	s := &Shape{c: C.acol_shape{
		images: C.int(shape[0]), blocks: C.int((shape[1] + lanes - 1) / lanes),
		rows: C.int(shape[2] * shape[3]), lanes: C.int(lanes), channels: C.int(shape[1]),
		half: flag(f == HalfNHWC), height: C.int(shape[2]), width: C.int(shape[3]),
	}}
	s.n = C.size_t(s.c.images) * C.size_t(s.c.blocks) * C.size_t(s.c.rows) * C.size_t(s.c.lanes)
	return s
}

// SetWindow makes the activation the input of a pool.
func (s *Shape) SetWindow(kh, kw, strideH, strideW, padH, padW, oh, ow int) {
	s.window = C.acol_window{
		kh: C.int(kh), kw: C.int(kw), sh: C.int(strideH), sw: C.int(strideW),
		ph: C.int(padH), pw: C.int(padW), oh: C.int(oh), ow: C.int(ow),
	}
}

// Padded is the length of a vector with a value for each channel, zeros to the end of the last
// block included.
func (s *Shape) Padded() int { return int(C.acol_padded(&s.c)) }

// Partial is how many float32 of working memory the sums of channels need.
func (s *Shape) Partial() int { return int(C.acol_partial_floats(&s.c)) }

// Add is z = a + b, or its positive part.
func (s *Shape) Add(relu bool, z, a, b []float32) {
	C.acol_add(s.c.half, flag(relu), s.n, ptr(z), ptr(a), ptr(b))
}

// ReLUBackAdd is dx = dy1 + dy2 where y > 0.
func (s *Shape) ReLUBackAdd(dx, y, dy1, dy2 []float32) {
	C.acol_relu_back_add(s.c.half, s.n, ptr(dx), ptr(y), ptr(dy1), ptr(dy2))
}

// Act is an activation function. The numbers are those of kernel.Act.
type Act int

// The activations. A convolution or a norm may end with ReLU and ReLU6.
const (
	NoAct   Act = C.acol_act_none
	ReLU    Act = C.acol_act_relu
	ReLU6   Act = C.acol_act_relu6
	Sigmoid Act = C.acol_act_sigmoid
	SiLU    Act = C.acol_act_silu
	GELU    Act = C.acol_act_gelu
	Acts    Act = C.acol_acts // how many there are
)

// Curve is y = a(x).
func (s *Shape) Curve(a Act, y, x []float32) {
	C.acol_curve(s.c.half, C.int(a), s.n, ptr(y), ptr(x))
}

// CurveBack is the gradient of an activation, from its output, or from the input of SiLU and GELU.
func (s *Shape) CurveBack(a Act, dx, at, dy []float32) {
	C.acol_curve_back(s.c.half, C.int(a), s.n, ptr(dx), ptr(at), ptr(dy))
}

// ScaleChannels is y = x times factors (N,C).
func (s *Shape) ScaleChannels(y, x, factors []float32) {
	C.acol_scale_channels(&s.c, ptr(y), ptr(x), floats(factors))
}

// ScaleChannelsBack gives the gradient of the factors, (N,C).
func (s *Shape) ScaleChannelsBack(ds, x, dy []float32) {
	C.acol_scale_channels_back(&s.c, floats(ds), ptr(x), ptr(dy))
}

// ChannelSum is the sum of each channel.
func (s *Shape) ChannelSum(out, x, partial []float32) {
	C.acol_channel_sum(&s.c, floats(out), ptr(x), floats(partial))
}

// NormStats gives the mean and the biased variance of each channel, (2,C).
func (s *Shape) NormStats(stats, x, partial []float32) {
	C.acol_norm_stats(&s.c, floats(stats), ptr(x), floats(partial))
}

// Norm is y = (x-mean)*scale + shift + residual, then the activation; residual may be nil.
func (s *Shape) Norm(a Act, y, x, mean, scale, shift, residual []float32) {
	C.acol_norm(&s.c, C.int(a), ptr(y), ptr(x), floats(mean), floats(scale), floats(shift),
		ptr(residual))
}

// NormBackParams gives, as (2,C), the sums of dy*(x-mean) and of dy, where
// the activation of the normalised x passes gradients.
func (s *Shape) NormBackParams(a Act, sums, x, mean, scale, shift, dy, partial []float32) {
	C.acol_norm_back_params(&s.c, C.int(a), floats(sums), ptr(x), floats(mean), floats(scale),
		floats(shift), ptr(dy), floats(partial))
}

// NormBackData is dx = kdy*dy + kx*(x-mean) + k0, where dy counts as in NormBackParams.
func (s *Shape) NormBackData(a Act, dx, x, mean, scale, shift, kdy, kx, k0, dy []float32) {
	C.acol_norm_back_data(&s.c, C.int(a), ptr(dx), ptr(x), floats(mean), floats(scale), floats(shift),
		floats(kdy), floats(kx), floats(k0), ptr(dy))
}

// LayerNorm normalises each position over its channels; scale and shift are (C).
func (s *Shape) LayerNorm(eps float32, y, x, scale, shift []float32) {
	C.acol_layer_norm(&s.c, C.float(eps), ptr(y), ptr(x), floats(scale), floats(shift))
}

// LayerNormBackParams gives the gradients of scale and shift, (2,C). kept is working memory of two
// values for each position.
func (s *Shape) LayerNormBackParams(eps float32, sums, x, dy, kept, partial []float32) {
	C.acol_layer_norm_back_params(&s.c, C.float(eps), floats(sums), ptr(x), ptr(dy), floats(kept),
		floats(partial))
}

// LayerNormBackData gives the gradient of x.
func (s *Shape) LayerNormBackData(eps float32, dx, x, scale, dy []float32) {
	C.acol_layer_norm_back_data(&s.c, C.float(eps), ptr(dx), ptr(x), floats(scale), ptr(dy))
}

// MaxPool is the maximum of each window (SetWindow).
func (s *Shape) MaxPool(y, x []float32) { C.acol_max_pool(&s.c, &s.window, ptr(y), ptr(x)) }

// MaxPoolBack gives dy to each window's maximum.
func (s *Shape) MaxPoolBack(dx, x, dy []float32) {
	C.acol_max_pool_back(&s.c, &s.window, ptr(dx), ptr(x), ptr(dy))
}

// AvgPool is the mean of each window (SetWindow).
func (s *Shape) AvgPool(y, x []float32) { C.acol_avg_pool(&s.c, &s.window, ptr(y), ptr(x)) }

// AvgPoolBack is the gradient of AvgPool.
func (s *Shape) AvgPoolBack(dx, dy []float32) {
	C.acol_avg_pool_back(&s.c, &s.window, ptr(dx), ptr(dy))
}

// LRN is the local response norm over size channels with an exponent of 3/4. The format must not be
// Blocked.
func (s *Shape) LRN(size int, alpha, k float32, y, x []float32) {
	C.acol_lrn(&s.c, C.int(size), C.float(alpha), C.float(k), ptr(y), ptr(x))
}

// LRNBack is the gradient of LRN.
func (s *Shape) LRNBack(size int, alpha, k float32, dx, x, dy []float32) {
	C.acol_lrn_back(&s.c, C.int(size), C.float(alpha), C.float(k), ptr(dx), ptr(x), ptr(dy))
}

// GlobalAvg is the mean of each channel of each image, (N,C).
func (s *Shape) GlobalAvg(y, x []float32) { C.acol_global_avg(&s.c, floats(y), ptr(x)) }

// GlobalAvgBack is the gradient of GlobalAvg.
func (s *Shape) GlobalAvgBack(dx, dy []float32) {
	C.acol_global_avg_back(&s.c, ptr(dx), floats(dy))
}

// CopyChannels copies channels [from,from+count) of x, which has this shape, to the channels of y
// from to on; y has the shape dst. Between blocked shapes, from and to are multiples of Block, and
// so is count, unless both ranges end with the last channel.
func (s *Shape) CopyChannels(dst *Shape, y, x []float32, from, to, count int) {
	C.acol_copy_channels(&s.c, &dst.c, ptr(y), ptr(x), C.int(from), C.int(to), C.int(count))
}

// ClassMap is the class map of each image's label, min-max normalised, (N,1,H,W).
func (s *Shape) ClassMap(y, maps, labels []float32) {
	C.acol_class_map(&s.c, floats(y), ptr(maps), floats(labels))
}

// Erase is y = x, or zeros where the map (N,1,H,W) is over delta.
func (s *Shape) Erase(delta float32, orEqual bool, y, x, m []float32) {
	C.acol_erase(&s.c, C.float(delta), flag(orEqual), ptr(y), ptr(x), floats(m))
}

// SGD is one step of torch.optim.SGD, as backend.SGDStep describes it; buf may be nil.
func SGD(w, g, buf []float32, lr, decay, clip, momentum, keep float32, nesterov bool) {
	C.acol_sgd(C.size_t(len(w)), floats(w), floats(g), floats(buf), C.float(lr), C.float(decay),
		C.float(clip), C.float(momentum), C.float(keep), flag(nesterov))
}

// AdamW is one step of torch.optim.AdamW. by holds the fields of backend.AdamWStep in its order:
// Clip, Keep, Take1, Beta2, Take2, Rate, Root, Eps.
func AdamW(w, g, m, v []float32, by [8]float32) {
	C.acol_adamw(C.size_t(len(w)), floats(w), floats(g), floats(m), floats(v), floats(by[:]))
}

// Blend makes dst keep*dst + take*src.
func Blend(dst, src []float32, keep, take float32) {
	C.acol_blend(C.size_t(len(dst)), floats(dst), floats(src), C.float(keep), C.float(take))
}
