package stablehlo

import (
	"slices"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// The kinds of elements of float values.
const (
	single = "f32"
	half   = "bf16"
)

// bytes are the elements of images.
const bytes = "ui8"

// place is where a Spec stands between float32 and bfloat16, where the precision is bf16.
type place int

const (
	// exact reads float32 and gives float32: losses, statistics, maps, gradients of parameters.
	exact place = iota
	// products multiplies bfloat16, sums in float32 and rounds the sums to bfloat16: a convolution.
	// The libraries of GPUs have no other; the gradients of weights are rounded as PyTorch's
	// autocast rounds them.
	products
	// follows computes in float32 and gives what it was given: bfloat16 if any operand is.
	follows
	// fresh computes in float32 and gives bfloat16: activations made of a value a channel.
	fresh
)

// placeOf says which Specs read and give activations. Their results lie in memory as bfloat16, of
// which nothing but convolutions computes with less than float32; XLA joins the conversions with
// what is beside them.
func placeOf(s kernel.Spec) place {
	switch s := s.(type) {
	case kernel.Conv, kernel.ConvAct, kernel.ConvBackData, kernel.ConvBackWeights:
		return products
	case kernel.Add:
		if s.Dims == 4 {
			return follows
		}
	case kernel.AddReLU, kernel.ReLUBackAdd, kernel.Curve, kernel.CurveBack,
		kernel.MaxPool, kernel.MaxPoolBack, kernel.AvgPool, kernel.AvgPoolBack,
		kernel.Norm, kernel.NormBackData, kernel.NormAct, kernel.NormActBackData,
		kernel.LayerNorm, kernel.LayerNormBackData, kernel.LRN, kernel.LRNBack,
		kernel.Concat, kernel.ChannelSlice, kernel.ScaleChannels,
		kernel.AttentionDrop, kernel.AttentionDropBack, kernel.Erase:
		return follows
	case kernel.GlobalAvgPoolBack:
		return fresh
	}
	return exact
}

// to converts a float value to another kind of elements, once for all of its uses. Bytes stay.
func (b *builder) to(v value, elem string) value {
	if v.elem == elem || v.elem == bytes {
		return v
	}
	key := elem + v.name
	c, ok := b.converted[key]
	if !ok {
		c = b.line(v.shape, elem, "stablehlo.convert %s : (%s) -> %s",
			v.name, v.typ(), tensor(v.shape, elem))
		b.converted[key] = c
		if elem == single { // bfloat16 comes back as it was
			b.converted[half+c.name] = v
		}
	}
	return c
}

// runHalf writes one computation in bf16. A result that is to be full stays float32.
func (b *builder) runHalf(f lowering, s kernel.Spec, in []value, full bool) value {
	p := placeOf(s)
	stored := p == products || p == fresh || p == follows &&
		slices.ContainsFunc(in, func(v value) bool { return v.elem == half })
	b.product = half
	if _, gradient := s.(kernel.ConvBackWeights); gradient {
		stored = false
	} else if full {
		stored, b.product = false, single
	}
	plain := make([]value, len(in))
	for i, v := range in {
		if plain[i] = v; v.elem == half && (p != products || i > 1) {
			plain[i] = b.to(v, single)
		}
	}
	v := f(b, s, plain)
	if !stored {
		return b.to(v, single)
	}
	return b.to(v, half)
}

// full says which values stay float32 in bf16: results that are wanted, and the maps that are
// normalised, whose values localization compares at a thousand thresholds.
func full(g backend.Graph) map[int]bool {
	list := map[int]bool{}
	var keep func(i int)
	keep = func(i int) {
		list[i] = true
		if _, ok := g.Nodes[i].Spec.(kernel.Curve); ok {
			keep(g.Nodes[i].In[0])
		}
	}
	for _, i := range g.Outputs {
		keep(i)
	}
	for _, n := range g.Nodes {
		switch n.Spec.(type) {
		case kernel.ClassMap, kernel.LabelMaps:
			keep(n.In[0])
		}
	}
	return list
}
