package augment

import "acol/internal/data/pixels"

// blend gives from + alpha*(to-from) as PIL's Image.blend computes it: in float32, truncated. The
// conversions keep a compiler from fusing the product and the sum, which would round once.
func blend(from, to uint8, alpha float32) uint8 {
	return clip(float32(from) + float32(alpha*float32(int(to)-int(from))))
}

// clip truncates to a byte.
func clip[F float32 | float64](v F) uint8 {
	i := int32(v)
	if uint32(i) > 255 {
		return uint8(^i >> 31) // 0 below, 255 above
	}
	return uint8(i)
}

// table replaces every value by its entry.
func table(m *pixels.RGB, t *[256]uint8) {
	for i, v := range m.Pix {
		m.Pix[i] = t[v]
	}
}

// blendTo blends a uniform grey with the image, which has the share alpha.
func blendTo(m *pixels.RGB, grey uint8, alpha float32) {
	var t [256]uint8
	for v := range t {
		t[v] = blend(grey, uint8(v), alpha)
	}
	table(m, &t)
}

// brightness is PIL's ImageEnhance.Brightness.
func brightness(m *pixels.RGB, factor float32) { blendTo(m, 0, factor) }

// contrast is PIL's ImageEnhance.Contrast: it blends with the mean of the greys, rounded.
func contrast(m *pixels.RGB, factor float32) {
	sum := 0
	for i := 0; i+2 < len(m.Pix); i += 3 {
		sum += int(grey(m.Pix[i], m.Pix[i+1], m.Pix[i+2]))
	}
	mean := float64(sum)/float64(m.W*m.H) + 0.5
	blendTo(m, uint8(mean), factor)
}

// grey is PIL's conversion of RGB to L.
func grey(r, g, b uint8) uint8 {
	return uint8((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 0x8000) >> 16)
}

// products has the product of alpha and each difference of two bytes, from -255 on.
type products [511]float32

func newProducts(alpha float32) *products {
	p := &products{}
	for i := range p {
		p[i] = float32(alpha * float32(i-255))
	}
	return p
}

// blend is the function blend for the products' alpha.
func (p *products) blend(from, to uint8) uint8 {
	return clip(float32(from) + p[255+int(to)-int(from)])
}

// saturation is PIL's ImageEnhance.Color: it blends each pixel's grey with the pixel.
func saturation(m *pixels.RGB, factor float32) {
	p := newProducts(factor)
	for i := 0; i+2 < len(m.Pix); i += 3 {
		v := m.Pix[i : i+3 : i+3]
		g := grey(v[0], v[1], v[2])
		v[0], v[1], v[2] = p.blend(g, v[0]), p.blend(g, v[1]), p.blend(g, v[2])
	}
}

// hue is torchvision's adjust_hue: the image becomes PIL's HSV, whose hue is moved by whole steps
// of 255 a turn and wraps at 256, and RGB again.
func hue(m *pixels.RGB, turns float64) {
	step := uint8(int(turns * 255))
	for i := 0; i+2 < len(m.Pix); i += 3 {
		v := m.Pix[i : i+3 : i+3]
		h, s, top := toHSV(v[0], v[1], v[2])
		v[0], v[1], v[2] = fromHSV(h+step, s, top)
	}
}

// toHSV is PIL's conversion of RGB to HSV (rgb2hsv_row in Convert.c), with its mixture of float
// and double.
func toHSV(r, g, b uint8) (h, s, v uint8) {
	most, least := max(r, g, b), min(r, g, b)
	if most == least {
		return 0, 0, most
	}
	span := float32(most - least)
	sat := span / float32(most)
	rc, gc, bc := float32(most-r)/span, float32(most-g)/span, float32(most-b)/span
	var angle float32
	switch most {
	case r:
		angle = bc - gc
	case g:
		angle = float32(2 + float64(rc) - float64(bc))
	default:
		angle = float32(4 + float64(gc) - float64(rc))
	}
	turn := float64(angle)/6 + 1 // from 5/6 on, below 2
	if turn >= 1 {
		turn--
	}
	return uint8(float64(float32(turn)) * 255), uint8(float64(sat) * 255), most
}

// sector is what fromHSV needs of a hue: which sixth of the circle it is in, and how far.
type sector struct {
	sixth int
	part  float32
}

// sectors are those of all hues, and shares their saturations as parts of 1.
var (
	sectors [256]sector
	shares  [256]float32
)

func init() {
	for v := range sectors {
		sixths := float64(v) * 6 / 255
		whole := int(sixths)
		sectors[v] = sector{whole % 6, float32(sixths - float64(whole))}
		shares[v] = float32(float64(v) / 255)
	}
}

// fromHSV is PIL's conversion of HSV to RGB (hsv2rgb in Convert.c), with its mixture of float and
// double.
func fromHSV(h, s, v uint8) (r, g, b uint8) {
	if s == 0 {
		return v, v, v
	}
	at, share, top := sectors[h], shares[s], float64(v)
	p := nearestByte(float64(top * (1 - float64(share))))
	switch at.sixth {
	case 0:
		return v, rising(top, share, at.part), p
	case 1:
		return falling(top, share, at.part), v, p
	case 2:
		return p, v, rising(top, share, at.part)
	case 3:
		return p, falling(top, share, at.part), v
	case 4:
		return rising(top, share, at.part), p, v
	}
	return v, p, falling(top, share, at.part)
}

// nearestByte rounds a value from 0 to 255.
func nearestByte(v float64) uint8 { return uint8(int32(v + 0.5)) }

// falling is the channel that falls along a sixth of the circle.
func falling(top float64, share, part float32) uint8 {
	return nearestByte(float64(top * (1 - float64(float32(share*part)))))
}

// rising is the channel that rises along a sixth of the circle.
func rising(top float64, share, part float32) uint8 {
	return nearestByte(float64(top * (1 - float64(float64(share)*(1-float64(part))))))
}
