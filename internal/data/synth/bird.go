package synth

import (
	"image"
	"math"
	"math/rand/v2"

	"acol/internal/box"
)

// bodyTells is the share of images whose body is that of their class. The others draw any class.
const bodyTells = 0.9

// Classes differ in the hues and patterns of heads and the plumages of bodies.
var (
	hueNames = []string{"red", "blue", "yellow", "green", "purple", "orange", "cyan", "pink"}
	hues     = []float64{0, 0.62, 0.16, 0.36, 0.77, 0.075, 0.5, 0.91}
	patterns = []string{"barred", "capped", "ringed"}
	plumages = []string{"streaked", "banded", "spotted", "chequered", "plain", "speckled"}
)

// maxLooks is the number of classes that look different.
const maxLooks = 24

// look says how a class looks: places in hues, patterns and plumages.
type look struct{ hue, pattern, plumage int }

// lookOf gives the look of a class. Neighbouring labels differ in everything.
func lookOf(label int) look {
	hue := label % len(hues)
	return look{hue, (hue + label/len(hues)) % len(patterns), label % len(plumages)}
}

// name gives the name of the class.
func (l look) name() string { return hueNames[l.hue] + "-" + patterns[l.pattern] }

// drawBird draws a bird that looks like l somewhere on clutter, on size x size pixels, and gives
// its pixels, axes (size,size). classes is the number of classes that its body may be of.
func drawBird(rng *rand.Rand, l look, classes, size int) (*image.NRGBA, []bool) {
	c := &canvas{make([]colour, size*size), size}
	ground(c, rng)
	for range 5 + rng.IntN(5) {
		clutter(c, rng)
	}
	body := l
	if rng.Float64() >= bodyTells {
		body = lookOf(rng.IntN(classes))
	}
	mask := make([]bool, size*size)
	b := placeBird(rng, float64(size))
	b.dress(rng, body)
	b.tail(c, mask)
	b.body(c, rng, body.plumage, mask)
	b.head(c, rng, l, mask)
	return c.image(rng, 0.05), mask
}

// bird says where the parts of a bird are and how large, in pixels.
type bird struct {
	trunk, face   frame
	long, wide    float64 // half-axes of the body
	radius        float64 // of the head
	ink, feathers colour  // dark and light of the plumage
}

// placeBird draws the size, place and pose of a bird so that all of it is in a picture of size
// pixels.
func placeBird(rng *rand.Rand, size float64) bird {
	uniform := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	b := bird{}
	scale := size * uniform(0.8, 1.15)
	b.long, b.wide = scale*uniform(0.21, 0.25), scale*uniform(0.12, 0.16)
	b.radius = scale * uniform(0.085, 0.1)
	angle := uniform(-0.7, 0.7)
	if rng.IntN(2) == 0 {
		angle = math.Pi - angle
	}
	turn := uniform(-0.9, 0.9)
	// The reach along the body, tail to beak, and across it.
	ahead, behind, side := b.long+2.2*b.radius, 1.75*b.long, max(b.wide, 2*b.radius)
	rx := max(ahead, behind)*math.Abs(math.Cos(angle)) + side*math.Abs(math.Sin(angle))
	ry := max(ahead, behind)*math.Abs(math.Sin(angle)) + side*math.Abs(math.Cos(angle))
	place := func(r float64) float64 {
		if 2*r >= size {
			return size / 2
		}
		return uniform(r, size-r)
	}
	b.trunk = newFrame(place(rx), place(ry), angle)
	nx, ny := b.trunk.at(0.8*b.long, 0)
	neck := newFrame(nx, ny, angle+turn)
	hx, hy := neck.at(0.9*b.radius, 0)
	b.face = newFrame(hx, hy, angle+turn+uniform(-0.6, 0.6))
	return b
}

// dress draws the colours of the body: dull, with a tinge of the hue of l.
func (b *bird) dress(rng *rand.Rand, l look) {
	uniform := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	hue, value := hues[l.hue]+uniform(-0.04, 0.04), uniform(0.25, 0.4)
	b.ink = hsv(hue+1, uniform(0.4, 0.7), value)
	b.feathers = hsv(hue+1, uniform(0.35, 0.6), value+uniform(0.3, 0.4))
}

// tail paints the tail and adds it to mask.
func (b bird) tail(c *canvas, mask []bool) {
	x, y := b.trunk.at(-0.7*b.long, 0)
	f := frame{x, y, -b.trunk.cos, -b.trunk.sin}
	c.paint(x, y, 1.2*b.long, func(x, y float64) (float64, colour) {
		u, v := f.local(x, y)
		col := b.ink.mix(b.feathers, 0.25+0.25*math.Sin(v*1.8))
		return wedge(u, v, 0.95*b.long, 0.3*b.wide, 0.55*b.wide), col
	}, mask)
}

// body paints the body with its plumage, lighter towards the belly, and adds it to mask.
func (b bird) body(c *canvas, rng *rand.Rand, plumage int, mask []bool) {
	phase := rng.Float64() * 6
	speckles := newField(rng, int(6*b.long)+1, 2.2)
	period := b.long / 24 * 6.5 // of the marks, in pixels
	c.paint(b.trunk.x, b.trunk.y, b.long, func(x, y float64) (float64, colour) {
		u, v := b.trunk.local(x, y)
		p, q := 2*math.Pi*u/period+phase, 2*math.Pi*v/period+phase
		part := 0.75
		switch plumages[plumage] {
		case "streaked":
			part = 0.5 + 0.5*math.Sin(q)
		case "banded":
			part = 0.5 + 0.5*math.Sin(p)
		case "spotted":
			part = min(max(0.5+1.6*(math.Sin(p*0.8)*math.Sin(q*0.8)-0.25), 0), 1)
		case "chequered":
			part = 0
			if math.Sin(p*0.7)*math.Sin(q*0.7) > 0 {
				part = 1
			}
		case "speckled":
			part = 0
			if speckles.at(u+3*b.long, v+3*b.long) > 0.5 {
				part = 0.9
			}
		}
		light := 0.92 + 0.16*v/b.wide
		return ellipse(u, v, b.long, b.wide), b.ink.mix(b.feathers, part).scale(light)
	}, mask)
}

// head paints beak, head and eye, and adds beak and head to mask.
func (b bird) head(c *canvas, rng *rand.Rand, l look, mask []bool) {
	beak := hsv(0.11, 0.3+0.4*rng.Float64(), 0.35+0.4*rng.Float64())
	c.paint(b.face.x, b.face.y, 1.8*b.radius, func(x, y float64) (float64, colour) {
		u, v := b.face.local(x, y)
		return wedge(u, v, 1.7*b.radius, 0.55*b.radius, 0.05*b.radius), beak
	}, mask)
	hue := hues[l.hue] + 0.02*(rng.Float64()-0.5)
	main, mark := hsv(hue, 0.9, 0.9), hsv(hue+0.03, 0.9, 0.22)
	if patterns[l.pattern] == "capped" {
		mark = colour{0.95, 0.95, 0.92}
	}
	c.paint(b.face.x, b.face.y, b.radius, func(x, y float64) (float64, colour) {
		u, v := b.face.local(x, y)
		u, v = u/b.radius, v/b.radius
		col := main
		switch patterns[l.pattern] {
		case "barred":
			col = main.mix(mark, min(max(0.5+2*math.Sin(7.5*v), 0), 1))
		case "capped":
			if u < -0.15 {
				col = mark
			}
		case "ringed":
			r := math.Hypot(u, v)
			if r > 0.42 && r < 0.72 {
				col = mark
			}
		}
		return (math.Hypot(u, v) - 1) * b.radius, col
	}, mask)
	ex, ey := b.face.at(0.45*b.radius, -0.25*b.radius)
	c.paint(ex, ey, 0.3*b.radius, func(x, y float64) (float64, colour) {
		d := math.Hypot(x-ex, y-ey)
		if d < 0.12*b.radius {
			return d - 0.26*b.radius, colour{0.05, 0.05, 0.05}
		}
		return d - 0.26*b.radius, colour{0.95, 0.95, 0.9}
	}, mask)
}

// maskBox gives the box around the set pixels of a mask with the axes (size,size). At least one
// must be set.
func maskBox(mask []bool, size int) box.Box {
	b := box.Box{X0: size - 1, Y0: size - 1}
	for i, set := range mask {
		if set {
			x, y := i%size, i/size
			b = box.Box{X0: min(b.X0, x), Y0: min(b.Y0, y), X1: max(b.X1, x), Y1: max(b.Y1, y)}
		}
	}
	return b
}
