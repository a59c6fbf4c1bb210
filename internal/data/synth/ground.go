package synth

import (
	"math"
	"math/rand/v2"
)

// ground fills the canvas with a texture that has nothing to do with the class: foliage, water,
// gravel or haze.
func ground(c *canvas, rng *rand.Rand) {
	uniform := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	size := float64(c.size)
	kinds := [][2]colour{
		{hsv(uniform(0.2, 0.35), 0.45, 0.25), hsv(uniform(0.15, 0.3), 0.4, 0.6)},
		{hsv(uniform(0.5, 0.62), 0.4, 0.35), hsv(uniform(0.5, 0.6), 0.25, 0.7)},
		{hsv(uniform(0.05, 0.12), 0.25, 0.3), hsv(uniform(0.05, 0.15), 0.2, 0.7)},
		{hsv(uniform(0.5, 0.65), 0.15, 0.6), hsv(uniform(0.1, 0.6), 0.1, 0.85)},
	}
	kind := rng.IntN(len(kinds))
	dark, light := kinds[kind][0], kinds[kind][1]
	coarse, middle := newField(rng, c.size, size/3), newField(rng, c.size, size/9)
	fine := newField(rng, c.size, size/32)
	ripple := uniform(0.15, 0.35)
	for i := range c.pix {
		x, y := float64(i%c.size), float64(i/c.size)
		part := 0.5*coarse.at(x, y) + 0.3*middle.at(x, y)
		switch kind {
		case 1:
			part += 0.2 + 0.2*math.Sin(y*ripple*96/size+8*coarse.at(x, y))
		case 2:
			part += 0.5 * math.Round(fine.at(x, y)*2) / 2
		default:
			part += 0.25 * fine.at(x, y)
		}
		c.pix[i] = dark.mix(light, part)
	}
}

// clutter paints a leaf, a twig, a stone with a pattern or a berry in any place: shapes and marks
// like those of a bird.
func clutter(c *canvas, rng *rand.Rand) {
	uniform := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	size := float64(c.size)
	f := newFrame(uniform(0, size), uniform(0, size), uniform(0, 2*math.Pi))
	dark := hsv(uniform(0.03, 0.4), uniform(0.2, 0.5), uniform(0.15, 0.35))
	light := hsv(uniform(0.03, 0.4), uniform(0.1, 0.45), uniform(0.4, 0.8))
	switch rng.IntN(4) {
	case 0:
		a, b := size*uniform(0.06, 0.14), size*uniform(0.025, 0.05)
		c.paint(f.x, f.y, a, func(x, y float64) (float64, colour) {
			u, v := f.local(x, y)
			return ellipse(u, v, a, b), light.mix(dark, min(1, 0.2+math.Exp(-v*v)))
		}, nil)
	case 1:
		length, thick := size*uniform(0.2, 0.6), size*uniform(0.008, 0.02)
		c.paint(f.x, f.y, length, func(x, y float64) (float64, colour) {
			u, v := f.local(x, y)
			return wedge(u, v, length, thick, thick/2), dark.mix(light, 0.3-0.2*v/thick)
		}, nil)
	case 2:
		a, b := size*uniform(0.06, 0.13), size*uniform(0.05, 0.1)
		wave, across := uniform(0.7, 1.6)*96/size, rng.IntN(2) == 0
		c.paint(f.x, f.y, max(a, b), func(x, y float64) (float64, colour) {
			u, v := f.local(x, y)
			t := u
			if across {
				t = v
			}
			return ellipse(u, v, a, b), dark.mix(light, 0.5+0.5*math.Sin(wave*t))
		}, nil)
	default:
		r := size * uniform(0.02, 0.05)
		berry := hsv(rng.Float64(), uniform(0.3, 0.6), uniform(0.5, 0.8))
		c.paint(f.x, f.y, r, func(x, y float64) (float64, colour) {
			u, v := x-f.x, y-f.y
			return math.Hypot(u, v) - r, berry.scale(1 - 0.25*(u+v)/r)
		}, nil)
	}
}
