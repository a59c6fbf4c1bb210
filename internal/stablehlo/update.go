package stablehlo

import "acol/internal/kernel"

// number makes a factor (1) a scalar.
func (b *builder) number(v value) value { return b.reshape(v, nil) }

// scaled is x by a factor (1) and a constant.
func (b *builder) scaled(x, factor value, k float32) value {
	return b.mul(x, b.spread(b.times(b.number(factor), float64(k)), x.shape))
}

func blend(b *builder, s kernel.Blend, in []value) value {
	return b.add(b.scaled(in[0], in[2], s.A), b.scaled(in[1], in[3], s.B))
}

func blendSquare(b *builder, _ kernel.BlendSquare, in []value) value {
	return b.add(b.scaled(in[0], in[2], 1), b.scaled(b.mul(in[1], in[1]), in[3], 1))
}

func adamMove(b *builder, s kernel.AdamMove, in []value) value {
	w, m, v := in[0], in[1], in[2]
	scale, fresh, root := b.number(in[3]), b.number(in[4]), b.number(in[5])
	keep := b.sub(b.scalar(1), b.times(scale, float64(s.Rate*s.Decay)))
	rate := b.times(b.mul(scale, fresh), float64(s.Rate))
	below := b.plus(b.mul(b.unary("sqrt", v), b.spread(root, v.shape)), float64(s.Eps))
	return b.sub(b.mul(w, b.spread(keep, w.shape)), b.div(b.mul(m, b.spread(rate, m.shape)), below))
}

func sumSquares(b *builder, s kernel.SumSquares, in []value) value {
	axes := make([]int, s.Dims)
	for i := range axes {
		axes[i] = i
	}
	return b.reshape(b.reduce("add", b.mul(in[0], in[0]), axes...), s.Out())
}

func clipFactor(b *builder, s kernel.ClipFactor, in []value) value {
	norm := b.times(b.unary("sqrt", in[0]), float64(s.Mean))
	over := b.div(b.fill(float64(s.Limit), norm.shape), b.plus(norm, 1e-6))
	return b.times(b.binary("minimum", over, b.fill(1, norm.shape)), float64(s.Mean))
}

func moveStats(b *builder, s kernel.MoveStats, in []value) value {
	now := in[1]
	if s.Unbias != 1 {
		each := b.concat(0, b.fill(1, []int{1, s.C}), b.fill(float64(s.Unbias), []int{1, s.C}))
		now = b.mul(now, each)
	}
	return b.add(in[0], b.times(b.sub(now, in[0]), float64(s.Rate)))
}

// top is the least index whose value is the maximum; beside a NaN there is none.
func top(b *builder, s kernel.Top, in []value) value {
	x := in[0]
	most := b.spread(b.reduce("maximum", x, 1), x.shape, 0)
	at := b.iota(x.shape, 1)
	at = b.line(x.shape, "f32", "stablehlo.convert %s : (%s) -> %s",
		at.name, at.typ(), tensor(x.shape, "f32"))
	none := b.fill(float64(s.K), x.shape)
	return b.reduce("minimum", b.choose(b.compare("EQ", x, most), at, none), 1)
}
