package synth

import (
	"image"
	"math"
	"math/rand/v2"
)

// colour is R, G and B in 0 to 1, linear in the values that are stored.
type colour [3]float64

// mix gives the colour that is part of the way from c to another.
func (c colour) mix(to colour, part float64) colour {
	for i := range c {
		c[i] += (to[i] - c[i]) * part
	}
	return c
}

// scale makes the colour brighter or darker.
func (c colour) scale(by float64) colour { return colour{c[0] * by, c[1] * by, c[2] * by} }

// hsv makes a colour of a hue in turns, and of saturation and value in 0 to 1.
func hsv(h, s, v float64) colour {
	channel := func(n float64) float64 {
		k := math.Mod(n+h*6, 6)
		return v - v*s*max(0, min(k, 4-k, 1))
	}
	return colour{channel(5), channel(3), channel(1)}
}

// canvas is a square picture of floats, with the axes (size,size).
type canvas struct {
	pix  []colour
	size int
}

// shape gives the signed distance of a point to an outline, in pixels and negative inside, and the
// colour there.
type shape func(x, y float64) (distance float64, c colour)

// paint puts a shape on the canvas, with an antialiased edge. All of it is within reach of
// (cx,cy). Pixels that are covered by more than a half are set in mask, unless that is nil.
func (c *canvas) paint(cx, cy, reach float64, s shape, mask []bool) {
	clamp := func(v float64) int { return min(max(int(v), 0), c.size-1) }
	for py := clamp(cy - reach); py <= clamp(cy+reach+1); py++ {
		for px := clamp(cx - reach); px <= clamp(cx+reach+1); px++ {
			d, col := s(float64(px)+0.5, float64(py)+0.5)
			cover := min(max(0.5-d, 0), 1)
			if cover == 0 {
				continue
			}
			at := py*c.size + px
			c.pix[at] = c.pix[at].mix(col, cover)
			if mask != nil && cover > 0.5 {
				mask[at] = true
			}
		}
	}
}

// image rounds to 8 bits, with a little noise as of a sensor.
func (c *canvas) image(rng *rand.Rand, noise float64) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, c.size, c.size))
	for i, p := range c.pix {
		for k, v := range p {
			v += noise * (rng.Float64() + rng.Float64() - 1)
			img.Pix[4*i+k] = uint8(255*min(max(v, 0), 1) + 0.5)
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// frame is a place and a direction, which give local coordinates for the parts of a shape.
type frame struct{ x, y, cos, sin float64 }

func newFrame(x, y, angle float64) frame { return frame{x, y, math.Cos(angle), math.Sin(angle)} }

// local gives the coordinates of a point along and across the direction.
func (f frame) local(x, y float64) (u, v float64) {
	x, y = x-f.x, y-f.y
	return x*f.cos + y*f.sin, y*f.cos - x*f.sin
}

// at gives the point that is u along and v across the direction.
func (f frame) at(u, v float64) (x, y float64) {
	return f.x + u*f.cos - v*f.sin, f.y + u*f.sin + v*f.cos
}

// ellipse gives the distance to an ellipse with the half-axes a and b. It is exact for circles
// and close for others.
func ellipse(u, v, a, b float64) float64 {
	return (math.Hypot(u/a, v/b) - 1) * min(a, b)
}

// wedge gives the distance to a tapering strip along u, from 0 to length, whose half-width goes
// from from to to.
func wedge(u, v, length, from, to float64) float64 {
	half := from + (to-from)*min(max(u/length, 0), 1)
	return max(math.Abs(v)-half, -u, u-length)
}

// field is smooth random noise in 0 to 1: bilinear between random values on a grid.
type field struct {
	values []float64
	side   int
	cell   float64
}

// newField draws the noise for a picture of size pixels; cell is the distance of the grid's lines.
func newField(rng *rand.Rand, size int, cell float64) field {
	side := int(float64(size)/cell) + 3
	f := field{make([]float64, side*side), side, cell}
	for i := range f.values {
		f.values[i] = rng.Float64()
	}
	return f
}

// at gives the noise at a point.
func (f field) at(x, y float64) float64 {
	x, y = x/f.cell, y/f.cell
	i, j := min(max(int(x), 0), f.side-2), min(max(int(y), 0), f.side-2)
	smooth := func(t float64) float64 { t = min(max(t, 0), 1); return t * t * (3 - 2*t) }
	s, t := smooth(x-float64(i)), smooth(y-float64(j))
	v := f.values[j*f.side+i:]
	top := v[0] + (v[1]-v[0])*s
	bottom := v[f.side] + (v[f.side+1]-v[f.side])*s
	return top + (bottom-top)*t
}
