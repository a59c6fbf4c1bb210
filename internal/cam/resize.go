package cam

import "math"

// cubicA is the free parameter of the cubic convolution kernel in OpenCV.
const cubicA float32 = -0.75

// taps holds the four source indices and weights of each output index.
type taps struct {
	at [][4]int
	c  [][4]float32
}

// cubicTaps computes OpenCV's INTER_CUBIC for n source and m output samples:
// float32 weights, indices clamped to the border, no antialiasing. The
// explicit conversions keep a compiler from fusing products and sums, which
// would round differently. Source samples that do not lie evenly are where at says.
func cubicTaps(n, m int, at Axis) taps {
	t := taps{make([][4]int, m), make([][4]float32, m)}
	scale := 1 / (float64(m) / float64(n))
	for i := range m {
		f := float32(float64((float64(i)+0.5)*scale) - 0.5)
		if at != (Axis{}) {
			f = float32(((float64(i)+0.5)/float64(m) - at.First) / at.Step)
		}
		k := math.Floor(float64(f))
		t.c[i] = cubicWeights(f - float32(k))
		for j := range 4 {
			t.at[i][j] = min(max(int(k)-1+j, 0), n-1)
		}
	}
	return t
}

// cubicWeights returns the weights of the taps at distances x+1, x, 1-x and 2-x, rounded to float32
// after every operation.
func cubicWeights(x float32) [4]float32 {
	const a = cubicA
	y, z := x+1, 1-x
	inner := func(x float32) float32 {
		v := float32((a+2)*x) - (a + 3)
		v = float32(v * x)
		return float32(v*x) + 1
	}
	v := float32(a*y) - 5*a
	v = float32(v*y) + 8*a
	c0 := float32(v*y) - 4*a
	c1, c2 := inner(x), inner(z)
	return [4]float32{c0, c1, c2, 1 - c0 - c1 - c2}
}

// Resize returns m at (h,w), equal to the bit to OpenCV's cv2.resize(m, (w, h),
// interpolation=cv2.INTER_CUBIC) of a float64 map: float32 weights, a horizontal and then a
// vertical pass in float64. The same size gives a copy. Cubic weights overshoot, so normalise after
// resizing. The positions of m are where m.At says; beyond the first and the last, values are those
// of the border. An empty map, or a size below 1, gives the empty map.
//
// Example: [[0,1],[2,3]] at 4x4 has the first row -0.31640625, 0.015625, 0.5625, 0.89453125.
func Resize(m Map, h, w int) Map {
	switch {
	case m.check() != nil || h < 1 || w < 1:
		return Map{}
	case m.H == h && m.W == w && m.At == (Grid{}):
		return m.Clone()
	}
	r := NewResizer(m, h, w)
	out := New(h, w)
	for y := range h {
		r.Row(y, out.V[y*w:][:w])
	}
	return out
}

// Resizer yields the rows of a map at another size one at a time, the same to the bit as Resize's
// for a finite map. Between the rows it holds the map at its own height and the new width, which
// is little beside a photograph of many megapixels.
type Resizer struct {
	wide     Map // m after the horizontal pass
	vertical taps
}

// NewResizer makes the horizontal pass of resizing m to (h,w). m must have as many values as its
// sides say, and all sides must be at least 1.
func NewResizer(m Map, h, w int) *Resizer {
	wide := New(m.H, w)
	tx := cubicTaps(m.W, w, m.At.X)
	for y := range m.H {
		src, dst := m.V[y*m.W:(y+1)*m.W], wide.V[y*w:(y+1)*w]
		for x := range dst {
			at, c := &tx.at[x], &tx.c[x]
			dst[x] = weigh(src[at[0]], src[at[1]], src[at[2]], src[at[3]], c)
		}
	}
	return &Resizer{wide, cubicTaps(m.H, h, m.At.Y)}
}

// Row writes row y of the resized map into dst, which holds its w values. Calls may run at the
// same time.
func (r *Resizer) Row(y int, dst []float64) {
	w := r.wide.W
	at, c := &r.vertical.at[y], &r.vertical.c[y]
	r0, r1 := r.wide.V[at[0]*w:][:w], r.wide.V[at[1]*w:][:w]
	r2, r3 := r.wide.V[at[2]*w:][:w], r.wide.V[at[3]*w:][:w]
	dst = dst[:w]
	for x := range dst {
		dst[x] = weigh(r0[x], r1[x], r2[x], r3[x], c)
	}
}

// weigh returns the sum of four weighted values from left to right, each product rounded by itself.
func weigh(a, b, c, d float64, k *[4]float32) float64 {
	s := float64(a*float64(k[0])) + float64(b*float64(k[1]))
	s += float64(c * float64(k[2]))
	return s + float64(d*float64(k[3]))
}
