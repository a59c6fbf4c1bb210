package stablehlo

import "acol/internal/kernel"

// space are the axes of a channel's elements: N, H and W.
var space = []int{0, 2, 3}

// perChannel repeats (C) over (N,C,H,W).
func (b *builder) perChannel(v value, shape []int) value { return b.spread(v, shape, 1) }

// perPosition repeats (N,H,W) over (N,C,H,W).
func (b *builder) perPosition(v value, shape []int) value { return b.spread(v, shape, 0, 2, 3) }

// normStats reads x once. Sums of what x is away from the mean of the first image keep the digits
// of the variance beside a large mean.
func normStats(b *builder, s kernel.NormStats, in []value) value {
	x, n := in[0], s.X[0]*s.X[2]*s.X[3]
	near := b.times(b.reduce("add", b.slice(x, 0, 0, 1), space...), float64(s.X[0])/float64(n))
	d := b.sub(x, b.perChannel(near, x.shape))
	away := b.times(b.reduce("add", d, space...), 1/float64(n))
	squares := b.times(b.reduce("add", b.mul(d, d), space...), 1/float64(n))
	variance := b.max(b.sub(squares, b.mul(away, away)), b.fill(0, away.shape))
	return b.rows(b.add(near, away), variance)
}

// inverse is 1/sqrt(var+eps) of statistics (2,C).
func (b *builder) inverse(stats value, eps float32) value {
	return b.unary("rsqrt", b.plus(b.row(stats, 1), float64(eps)))
}

// centred is x less the mean of its channel.
func (b *builder) centred(x, stats value) value {
	return b.sub(x, b.perChannel(b.row(stats, 0), x.shape))
}

func norm(b *builder, s kernel.Norm, in []value) value {
	x, stats, scale, shift := in[0], in[1], in[2], in[3]
	factor := b.mul(b.inverse(stats, s.Eps), scale)
	return b.add(b.mul(b.centred(x, stats), b.perChannel(factor, x.shape)),
		b.perChannel(shift, x.shape))
}

func normBackParams(b *builder, s kernel.NormBackParams, in []value) value {
	x, stats, dy := in[0], in[1], in[2]
	along := b.reduce("add", b.mul(dy, b.centred(x, stats)), space...)
	return b.rows(b.mul(along, b.inverse(stats, s.Eps)), b.reduce("add", dy, space...))
}

func normBackData(b *builder, s kernel.NormBackData, in []value) value {
	x, stats, scale, sums, dy := in[0], in[1], in[2], in[3], in[4]
	r := b.inverse(stats, s.Eps)
	if !s.Frozen {
		share := 1 / float64(s.X[0]*s.X[2]*s.X[3])
		along := b.times(b.mul(r, b.row(sums, 0)), share)
		dy = b.sub(dy, b.perChannel(b.times(b.row(sums, 1), share), x.shape))
		dy = b.sub(dy, b.mul(b.centred(x, stats), b.perChannel(along, x.shape)))
	}
	return b.mul(dy, b.perChannel(b.mul(scale, r), x.shape))
}

func normAct(b *builder, s kernel.NormAct, in []value) value {
	y := norm(b, s.Norm, in)
	if s.Residual {
		y = b.add(y, in[4])
	}
	return b.act(s.Act, y)
}

// passed is dy where the activation behind a norm passes gradients; in begins with the norm's
// operands.
func (b *builder) passed(n kernel.Norm, a kernel.Act, in []value, dy value) value {
	return b.actBack(a, b.act(a, norm(b, n, in)), dy)
}

func normActBackParams(b *builder, s kernel.NormActBackParams, in []value) value {
	dy := b.passed(kernel.Norm{X: s.X, Eps: s.Eps}, s.Act, in, in[4])
	return normBackParams(b, s.NormBackParams, []value{in[0], in[1], dy})
}

func normActBackData(b *builder, s kernel.NormActBackData, in []value) value {
	dy := b.passed(kernel.Norm{X: s.X, Eps: s.Eps}, s.Act, in, in[5])
	return normBackData(b, s.NormBackData, []value{in[0], in[1], in[2], in[4], dy})
}

// overChannels gives x with mean 0 and deviation 1 at each position, and 1/deviation (N,H,W).
func (b *builder) overChannels(s kernel.LayerNorm, x value) (normal, inverse value) {
	share := 1 / float64(s.X[1])
	mean := b.times(b.reduce("add", x, 1), share)
	d := b.sub(x, b.perPosition(mean, x.shape))
	variance := b.times(b.reduce("add", b.mul(d, d), 1), share)
	inverse = b.unary("rsqrt", b.plus(variance, float64(s.Eps)))
	return b.mul(d, b.perPosition(inverse, x.shape)), inverse
}

func layerNorm(b *builder, s kernel.LayerNorm, in []value) value {
	normal, _ := b.overChannels(s, in[0])
	return b.add(b.mul(normal, b.perChannel(in[1], s.X[:])), b.perChannel(in[2], s.X[:]))
}

func layerNormBackParams(b *builder, s kernel.LayerNormBackParams, in []value) value {
	normal, _ := b.overChannels(s.LayerNorm, in[0])
	return b.rows(b.reduce("add", b.mul(in[1], normal), space...), b.reduce("add", in[1], space...))
}

func layerNormBackData(b *builder, s kernel.LayerNormBackData, in []value) value {
	normal, inverse := b.overChannels(s.LayerNorm, in[0])
	share := 1 / float64(s.X[1])
	g := b.mul(in[2], b.perChannel(in[1], s.X[:]))
	mean := b.times(b.reduce("add", g, 1), share)
	along := b.times(b.reduce("add", b.mul(g, normal), 1), share)
	g = b.sub(b.sub(g, b.perPosition(mean, s.X[:])), b.mul(normal, b.perPosition(along, s.X[:])))
	return b.mul(g, b.perPosition(inverse, s.X[:]))
}

// neighbours sums, for each channel, so many channels before it and behind it and itself.
func (b *builder) neighbours(x value, before, behind int) value {
	return b.window("add", x, []int{1, before + behind + 1, 1, 1}, one, one,
		[][2]int{{0, 0}, {before, behind}, {0, 0}, {0, 0}}, x.shape)
}

// energy is what LRN divides by, before the power.
func (b *builder) energy(s kernel.LRN, x value) value {
	sum := b.neighbours(b.mul(x, x), s.Size/2, s.Size-1-s.Size/2)
	return b.plus(b.times(sum, float64(s.Alpha)/float64(s.Size)), float64(s.K))
}

func (b *builder) power(x value, p float64) value {
	return b.binary("power", x, b.fill(p, x.shape))
}

func lrn(b *builder, s kernel.LRN, in []value) value {
	return b.mul(in[0], b.power(b.energy(s, in[0]), -float64(s.Beta)))
}

func lrnBack(b *builder, s kernel.LRNBack, in []value) value {
	x, dy := in[0], in[1]
	e, beta := b.energy(s.LRN, x), float64(s.Beta)
	back := b.neighbours(b.mul(b.mul(dy, x), b.power(e, -beta-1)), s.Size-1-s.Size/2, s.Size/2)
	through := b.times(b.mul(x, back), 2*beta*float64(s.Alpha)/float64(s.Size))
	return b.sub(b.mul(dy, b.power(e, -beta)), through)
}
