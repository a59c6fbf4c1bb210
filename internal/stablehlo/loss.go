package stablehlo

import "acol/internal/kernel"

// logSumExp is log sum exp of each row of (N,K), as (N).
func (b *builder) logSumExp(x value) value {
	top := b.reduce("maximum", x, 1)
	e := b.unary("exponential", b.sub(x, b.spread(top, x.shape, 0)))
	return b.add(top, b.unary("log", b.reduce("add", e, 1)))
}

func targetLoss(b *builder, _ kernel.TargetLoss, in []value) value {
	x, t := in[0], in[1]
	zero := b.fill(0, x.shape)
	each := b.mul(t, b.sub(b.spread(b.logSumExp(x), x.shape, 0), x))
	return b.reduce("add", b.choose(b.compare("EQ", t, zero), zero, each), 0, 1)
}

func targetLossBack(b *builder, _ kernel.TargetLossBack, in []value) value {
	x, t := in[0], in[1]
	p := b.unary("exponential", b.sub(x, b.spread(b.logSumExp(x), x.shape, 0)))
	all := b.spread(b.reduce("add", t, 1), x.shape, 0)
	return b.mul(b.sub(b.mul(p, all), t), b.spread(in[2], x.shape))
}

// softplus is log(1+exp(x)) without overflow.
func (b *builder) softplus(x value) value {
	e := b.unary("exponential", b.unary("negate", b.unary("abs", x)))
	return b.add(b.max(x, b.fill(0, x.shape)), b.unary("log_plus_one", e))
}

func sigmoidLoss(b *builder, _ kernel.SigmoidLoss, in []value) value {
	each := b.add(b.mul(in[1], b.softplus(b.unary("negate", in[0]))),
		b.mul(in[2], b.softplus(in[0])))
	return b.reduce("add", each, 0, 1)
}

func sigmoidLossBack(b *builder, _ kernel.SigmoidLossBack, in []value) value {
	p := b.unary("logistic", in[0])
	d := b.sub(b.mul(in[2], p), b.mul(in[1], b.sub(b.fill(1, p.shape), p)))
	return b.mul(d, b.spread(in[3], p.shape))
}
