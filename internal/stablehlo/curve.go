package stablehlo

import (
	"math"

	"acol/internal/kernel"
)

// act applies an activation.
func (b *builder) act(a kernel.Act, x value) value {
	switch a {
	case kernel.ReLU:
		return b.max(x, b.fill(0, x.shape))
	case kernel.ReLU6:
		return b.binary("minimum", b.max(x, b.fill(0, x.shape)), b.fill(6, x.shape))
	case kernel.Sigmoid:
		return b.unary("logistic", x)
	case kernel.SiLU:
		return b.mul(x, b.unary("logistic", x))
	case kernel.GELU:
		return b.mul(b.times(x, 0.5), b.erfc(b.times(x, -1/math.Sqrt2)))
	}
	return x
}

// actBack is the gradient of an activation; v is its output where the activation is OfOutput, else
// its input.
func (b *builder) actBack(a kernel.Act, v, dy value) value {
	switch a {
	case kernel.ReLU, kernel.ReLU6:
		zero := b.fill(0, v.shape)
		pass := b.compare("GT", v, zero)
		if a == kernel.ReLU6 {
			pass = b.and(pass, b.compare("LT", v, b.fill(6, v.shape)))
		}
		return b.choose(pass, dy, zero)
	case kernel.Sigmoid:
		return b.mul(dy, b.mul(v, b.sub(b.fill(1, v.shape), v)))
	case kernel.SiLU:
		p, q := b.unary("logistic", v), b.unary("logistic", b.unary("negate", v))
		return b.mul(dy, b.add(p, b.mul(v, b.mul(p, q))))
	case kernel.GELU:
		bell := b.unary("exponential", b.times(b.mul(v, v), -0.5))
		slope := b.mul(v, b.times(bell, 1/math.Sqrt(2*math.Pi)))
		return b.mul(dy, b.add(b.gaussian(v), slope))
	}
	return dy
}

// gaussian is the distribution function of the normal distribution, by erfc, which keeps its digits
// far below zero.
func (b *builder) gaussian(x value) value {
	return b.times(b.erfc(b.times(x, -1/math.Sqrt2)), 0.5)
}

func curve(b *builder, s kernel.Curve, in []value) value { return b.act(s.F, in[0]) }

func curveBack(b *builder, s kernel.CurveBack, in []value) value {
	return b.actBack(s.F, in[0], in[1])
}

func addReLU(b *builder, _ kernel.AddReLU, in []value) value {
	return b.act(kernel.ReLU, b.add(in[0], in[1]))
}

func reluBackAdd(b *builder, _ kernel.ReLUBackAdd, in []value) value {
	return b.actBack(kernel.ReLU, in[0], b.add(in[1], in[2]))
}
