package stablehlo

import (
	"encoding/binary"
	"encoding/hex"
	"math"

	"acol/internal/kernel"
)

// matrix is a constant matrix, written by its bits.
func (b *builder) matrix(rows, columns int, values []float32) value {
	var raw []byte
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	text := `"0x` + hex.EncodeToString(raw) + `"`
	if len(values) == 1 { // whose raw form would be read as one number
		text = "[[" + scalarText(float64(values[0])) + "]]"
	}
	shape := []int{rows, columns}
	return b.line(shape, "f32", "stablehlo.constant dense<%s> : %s", text, tensor(shape, "f32"))
}

// along multiplies by a matrix along an axis of x: axis 1 of the matrix is summed over where
// forward, else axis 0. The axis keeps its place.
func (b *builder) along(x, m value, axis int, forward bool) value {
	over, kept := 1, 0
	if !forward {
		over, kept = 0, 1
	}
	var shape, back []int
	for i, n := range x.shape {
		if i != axis {
			shape = append(shape, n)
		}
	}
	shape = append(shape, m.shape[kept])
	const precision = "precision = [HIGHEST, HIGHEST]"
	y := b.line(shape, "f32", "stablehlo.dot_general %s, %s, contracting_dims = [%d] x [%d], %s : "+
		"(%s, %s) -> %s", x.name, m.name, axis, over, precision, x.typ(), m.typ(),
		tensor(shape, "f32"))
	for i := range x.shape {
		switch last := len(x.shape) - 1; {
		case i == axis:
			back = append(back, last)
		case i < axis:
			back = append(back, i)
		default:
			back = append(back, i-1)
		}
	}
	return b.transpose(y, back...)
}

// shares is the matrix of what each of out values takes of each of in values along an axis.
func (b *builder) shares(in, out int) value {
	m := make([]float32, out*in)
	for i, t := range kernel.Betweens(in, out) {
		m[i*in+t.At[0]] += t.Take[0]
		m[i*in+t.At[1]] += t.Take[1]
	}
	return b.matrix(out, in, m)
}

func bilinear(b *builder, s kernel.Bilinear, in []value) value {
	y := b.along(in[0], b.shares(s.X[3], s.OutW), 3, true)
	return b.along(y, b.shares(s.X[2], s.OutH), 2, true)
}

func bilinearBack(b *builder, s kernel.BilinearBack, in []value) value {
	dx := b.along(in[0], b.shares(s.X[2], s.OutH), 2, false)
	return b.along(dx, b.shares(s.X[3], s.OutW), 3, false)
}

// count is how often a condition holds along the axes, as float32.
func (b *builder) count(where value, axes ...int) value {
	return b.reduce("add", b.choose(where, b.fill(1, where.shape), b.fill(0, where.shape)), axes...)
}

func guideMask(b *builder, s kernel.GuideMask, in []value) value {
	a := in[0]
	high := b.fill(float64(s.High), a.shape)
	over := b.count(b.compare("GT", a, high), 1, 2, 3)
	few := b.compare("LT", over, b.fill(kernel.GuideLeast, over.shape))
	share := b.times(b.reduce("maximum", a, 1, 2, 3), float64(kernel.GuideShare))
	high = b.choose(b.spread(few, a.shape, 0), b.spread(share, a.shape, 0), high)
	object := b.choose(b.compare("GT", a, high), b.fill(1, a.shape),
		b.fill(kernel.GuideIgnored, a.shape))
	low := b.compare("LT", a, b.fill(float64(s.Low), a.shape))
	return b.choose(low, b.fill(0, a.shape), object)
}

// counted says where a mask is not ignored, and at how many positions, at least one.
func (b *builder) counted(mask value) (where, n value) {
	where = b.compare("LT", mask, b.fill(kernel.GuideIgnored, mask.shape))
	return where, b.max(b.count(where, 0, 1, 2, 3), b.scalar(1))
}

func guideLoss(b *builder, _ kernel.GuideLoss, in []value) value {
	where, n := b.counted(in[1])
	each := b.sub(b.softplus(in[0]), b.mul(in[0], in[1]))
	return b.div(b.reduce("add", b.choose(where, each, b.fill(0, each.shape)), 0, 1, 2, 3), n)
}

func guideLossBack(b *builder, _ kernel.GuideLossBack, in []value) value {
	where, n := b.counted(in[1])
	d := b.sub(b.unary("logistic", in[0]), in[1])
	d = b.mul(d, b.spread(b.div(in[2], n), d.shape))
	return b.choose(where, d, b.fill(0, d.shape))
}
