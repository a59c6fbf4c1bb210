package stablehlo

import (
	"math"

	"acol/internal/kernel"
)

// minMax scales maps over their last two axes from their minimum to their maximum. A map that is
// constant or not finite becomes zeros. It computes with sixteenths: their difference cannot
// overflow, and one over it is no subnormal number, which XLA takes for zero on processors.
func (b *builder) minMax(m value) value {
	last := len(m.shape) - 2
	lead := make([]int, last)
	for i := range lead {
		lead[i] = i
	}
	over := func(v value) value { return b.spread(v, m.shape, lead...) }
	part := b.times(m, 1.0/16)
	low := b.reduce("minimum", part, last, last+1)
	span := b.sub(b.reduce("maximum", part, last, last+1), low)
	finite := b.line(m.shape, "i1", "stablehlo.is_finite %s : (%s) -> %s",
		m.name, m.typ(), tensor(m.shape, "i1"))
	good := b.and(b.all(finite, last, last+1), b.compare("GT", span, b.fill(0, span.shape)))
	d, whole := b.sub(part, over(low)), over(b.choose(good, span, b.fill(1, span.shape)))
	// XLA multiplies by one over a divisor that repeats, and may miss 1 at the maximum, which is
	// erased where delta is 1 and the comparison ge.
	unit := b.choose(b.compare("EQ", d, whole), b.fill(1, m.shape), b.div(d, whole))
	return b.choose(over(good), unit, b.fill(0, m.shape))
}

// classMap gathers the map of each image's label. A label that is no class gives NaN.
func classMap(b *builder, s kernel.ClassMap, in []value) value {
	maps, labels := in[0], in[1]
	n, h, w := s.Maps[0], s.Maps[2], s.Maps[3]
	zero := b.fill(0, labels.shape)
	ok := b.and(b.compare("GE", labels, zero),
		b.compare("LT", labels, b.fill(float64(s.Maps[1]), labels.shape)))
	ok = b.and(ok, b.compare("EQ", labels, b.unary("floor", labels)))
	class := b.toInt(b.choose(ok, labels, zero))
	at := b.concat(1, b.iota([]int{n, 1}, 0), b.reshape(class, []int{n, 1}))
	shape := []int{n, h, w}
	m := b.line(shape, "f32", `"stablehlo.gather"(%s, %s) <{dimension_numbers = `+
		`#stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0, 1], `+
		`start_index_map = [0, 1], index_vector_dim = 1>, indices_are_sorted = true, `+
		`slice_sizes = %s}> : (%s, %s) -> %s`,
		maps.name, at.name, array(1, 1, h, w), maps.typ(), at.typ(), tensor(shape, "f32"))
	m = b.choose(b.spread(ok, shape, 0), b.minMax(m), b.fill(math.NaN(), shape))
	return b.reshape(m, s.Out())
}

func labelMaps(b *builder, s kernel.LabelMaps, in []value) value {
	m := b.minMax(in[0])
	shown := b.spread(b.compare("GT", in[1], b.fill(0, in[1].shape)), m.shape, 0, 1)
	return b.reshape(b.reduce("maximum", b.choose(shown, m, b.fill(0, m.shape)), 1), s.Out())
}

func erase(b *builder, s kernel.Erase, in []value) value {
	x, m := in[0], in[1]
	op := "GT"
	if s.Cmp == kernel.GreaterEqual {
		op = "GE"
	}
	over := b.compare(op, m, b.fill(float64(s.Delta), m.shape))
	return b.choose(b.spread(over, x.shape, 0, 1, 2, 3), b.fill(0, x.shape), x)
}

func scaleChannels(b *builder, s kernel.ScaleChannels, in []value) value {
	return b.mul(in[0], b.spread(in[1], s.X[:], 0, 1, 2, 3))
}

func scaleChannelsBack(b *builder, s kernel.ScaleChannelsBack, in []value) value {
	return b.reshape(b.reduce("add", b.mul(in[0], in[1]), 2, 3), s.Out())
}

// attention is attention dropout's mask (N,H,W), and where it is the drop mask.
func (b *builder) attention(s kernel.AttentionDrop, x, choice value) (mask, drop value) {
	a := b.times(b.reduce("add", x, 1), 1/float64(s.X[1]))
	top := b.times(b.reduce("maximum", a, 1, 2), float64(s.Threshold))
	kept := b.choose(b.compare("LT", a, b.spread(top, a.shape, 0)), b.fill(1, a.shape),
		b.fill(0, a.shape))
	drop = b.spread(b.compare("EQ", b.reshape(choice, nil), b.scalar(1)), a.shape)
	return b.choose(drop, kept, b.unary("logistic", a)), drop
}

func attentionDrop(b *builder, s kernel.AttentionDrop, in []value) value {
	m, _ := b.attention(s, in[0], in[1])
	return b.mul(in[0], b.perPosition(m, s.X[:]))
}

func attentionDropBack(b *builder, s kernel.AttentionDropBack, in []value) value {
	x, dy := in[0], in[2]
	m, drop := b.attention(s.AttentionDrop, x, in[1])
	slope := b.mul(m, b.sub(b.fill(1, m.shape), m))
	along := b.times(b.mul(b.reduce("add", b.mul(x, dy), 1), slope), 1/float64(s.X[1]))
	along = b.choose(drop, b.fill(0, m.shape), along)
	return b.add(b.mul(dy, b.perPosition(m, x.shape)), b.perPosition(along, x.shape))
}
