package augment

import (
	"math"
	"strconv"

	"acol/internal/data/pixels"
)

// Interpolation says how a pixel is taken from between the pixels of an image.
type Interpolation string

// The interpolations.
const (
	// Nearest takes the pixel that is nearest.
	Nearest Interpolation = "nearest"
	// Bilinear weighs four pixels.
	Bilinear Interpolation = "bilinear"
	// Bicubic weighs sixteen pixels.
	Bicubic Interpolation = "bicubic"
)

// Choices lists all interpolations.
func (Interpolation) Choices() []string {
	return []string{string(Nearest), string(Bilinear), string(Bicubic)}
}

// Placing says how an image is laid out anew: what is between its pixels, and what R, G, B is
// outside of it.
type Placing struct {
	Interpolation Interpolation
	Fill          [3]uint8
}

// matrix leads from the places of a result to those of the image: (x,y) comes from
// (m[0]*x + m[1]*y + m[2], m[3]*x + m[4]*y + m[5]), pixel (0,0) having its centre at (0.5,0.5).
type matrix [6]float64

// matrixOf gives the matrix of an operation on an image of w x h pixels; false if the operation is
// no other layout of the image, or changes nothing. Shears keep the corner at (0,0) in place, as
// torchvision's RandAugment does.
func matrixOf(op Op, w, h int) (matrix, bool) {
	switch op.Kind {
	case ShearX:
		return matrix{1, slope(op.Value), 0, 0, 1, 0}, true
	case ShearY:
		return matrix{1, 0, 0, slope(op.Value), 1, 0}, true
	case TranslateX:
		return matrix{1, 0, -math.Trunc(op.Value), 0, 1, 0}, true
	case TranslateY:
		return matrix{1, 0, 0, 0, 1, -math.Trunc(op.Value)}, true
	case Rotate:
		return rotation(op.Value, w, h)
	}
	return matrix{}, false
}

// slope gives the tangent that torchvision's way through degrees makes of a slope.
func slope(v float64) float64 {
	return math.Tan(math.Atan(v) * (180 / math.Pi) * (math.Pi / 180))
}

// rotation is the matrix of PIL's Image.rotate about the centre, anticlockwise in degrees; false
// where the angle is 0.
func rotation(degrees float64, w, h int) (matrix, bool) {
	degrees = math.Mod(degrees, 360)
	if degrees < 0 {
		degrees += 360
	}
	if degrees == 0 {
		return matrix{}, false
	}
	angle := -degrees * (math.Pi / 180)
	sin, cos := decimals15(math.Sin(angle)), decimals15(math.Cos(angle))
	x, y := float64(w)/2, float64(h)/2
	return matrix{
		cos, sin, float64(cos*-x) + float64(sin*-y) + x,
		-sin, cos, float64(-sin*-x) + float64(cos*-y) + y,
	}, true
}

// decimals15 rounds to 15 decimals, as PIL rounds sines.
func decimals15(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 15, 64), 64)
	if err != nil { // no text of FormatFloat is refused
		return v
	}
	return r
}

// affine is PIL's Image.transform with an affine matrix and a fill colour.
func (c *Canvas) affine(m matrix, how Placing) {
	out := c.second()
	for i := 0; i+2 < len(out.Pix); i += 3 {
		v := out.Pix[i : i+3 : i+3]
		v[0], v[1], v[2] = how.Fill[0], how.Fill[1], how.Fill[2]
	}
	switch how.Interpolation {
	case Bilinear:
		between(out, c.Image, m, bilinear)
	case Bicubic:
		between(out, c.Image, m, bicubic)
	default:
		nearest(out, c.Image, m)
	}
	c.swap()
}

// nearest takes the nearest pixels, at places that are sums of 16.16 fixed-point numbers as in
// PIL's affine_fixed. Places of images of up to 4096 pixels a side fit them, as PIL wants it.
func nearest(out, in *pixels.RGB, m matrix) {
	fix := func(v float64) int32 { return int32(math.Floor(float64(v*65536) + 0.5)) }
	dx, dy := fix(m[0]), fix(m[3])
	left := fix(m[2] + float64(m[0]*0.5) + float64(m[1]*0.5))
	top := fix(m[5] + float64(m[3]*0.5) + float64(m[4]*0.5))
	right, down := fix(m[1]), fix(m[4])
	for row := range out.H {
		x, y := left, top
		dst := out.Pix[3*row*out.W:][:3*out.W]
		for i := 0; i+2 < len(dst); i += 3 {
			// A negative place becomes a large number.
			px, py := uint32(x>>16), uint32(y>>16)
			if px < uint32(in.W) && py < uint32(in.H) {
				d, v := dst[i:i+3:i+3], in.Pix[3*(int(py)*in.W+int(px)):]
				d[0], d[1], d[2] = v[0], v[1], v[2]
			}
			x += dx
			y += dy
		}
		left += right
		top += down
	}
}

// between takes pixels from between those of an image, as PIL's ImagingGenericTransform does. Of
// takes one at a place whose neighbours to the upper left are pixel (x,y), which may be -1, and
// which is the parts dx and dy of the way from there to the next. The conversions keep products
// and sums from being fused.
func between(
	out, in *pixels.RGB, m matrix, of func(dst []uint8, in *pixels.RGB, x, y int, dx, dy float64),
) {
	for row := range out.H {
		y := float64(row) + 0.5
		dst := out.Pix[3*row*out.W:][:3*out.W]
		x0, y0 := float64(m[1]*y), float64(m[4]*y)
		for col := range out.W {
			x := float64(col) + 0.5
			px, py := float64(m[0]*x)+x0+m[2], float64(m[3]*x)+y0+m[5]
			if px < 0 || px >= float64(in.W) || py < 0 || py >= float64(in.H) {
				continue
			}
			left, dx := split(px - 0.5)
			top, dy := split(py - 0.5)
			of(dst[3*col:3*col+3:3*col+3], in, left, top, dx, dy)
		}
	}
}

// split gives the whole number below v, which is at least -1, and the rest.
func split(v float64) (int, float64) {
	whole := int(v+1) - 1
	if v >= 0 {
		whole = int(v)
	}
	return whole, v - float64(whole)
}

// line interpolates between two values.
func line(a, b uint8, part float64) float64 {
	return float64(a) + float64((float64(b)-float64(a))*part)
}

// bilinear weighs the four pixels about a place. Beyond the border the nearest pixel stands in.
func bilinear(dst []uint8, in *pixels.RGB, x, y int, dx, dy float64) {
	left, right := 3*max(x, 0), 3*min(x+1, in.W-1)
	upper, lower := in.Pix[3*in.W*max(y, 0):], in.Pix[3*in.W*min(y+1, in.H-1):]
	a, b := upper[left:left+3:left+3], upper[right:right+3:right+3]
	c, d := lower[left:left+3:left+3], lower[right:right+3:right+3]
	for k := range dst[:3] {
		top := line(a[k], b[k], dx)
		dst[k] = uint8(top + float64((line(c[k], d[k], dx)-top)*dy))
	}
}

// cubic interpolates between b and c, the middle of four values, by PIL's cubic.
func cubic(a, b, c, d, part float64) float64 {
	p2, p3, p4 := c-a, float64(2*(a-b))+c-d, b-a-c+d
	return b + float64(part*(p2+float64(part*(p3+float64(part*p4)))))
}

// bicubic weighs the sixteen pixels about a place. Beyond the border the nearest stand in.
func bicubic(dst []uint8, in *pixels.RGB, x, y int, dx, dy float64) {
	var at [4]int
	for k := range at {
		at[k] = 3 * min(max(x+k-1, 0), in.W-1)
	}
	var rows [4][3]float64
	for j := range rows {
		row := in.Pix[3*in.W*min(max(y+j-1, 0), in.H-1):]
		for k := range 3 {
			rows[j][k] = cubic(float64(row[at[0]+k]), float64(row[at[1]+k]),
				float64(row[at[2]+k]), float64(row[at[3]+k]), dx)
		}
	}
	for k := range dst[:3] {
		dst[k] = clip(cubic(rows[0][k], rows[1][k], rows[2][k], rows[3][k], dy))
	}
}
