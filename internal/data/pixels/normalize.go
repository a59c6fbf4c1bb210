package pixels

import "fmt"

// Normalizer maps the 8-bit values of R, G and B to those of a network's input,
// (value/255 - mean)/std, in float32 as torchvision's ToTensor and Normalize do.
type Normalizer [3][256]float32

// NewNormalizer makes a Normalizer of the means and standard deviations of R, G and B, which
// must be three values each, in units of 255.
func NewNormalizer(mean, std []float64) *Normalizer {
	n := &Normalizer{}
	for c := range n {
		mean, std := float32(mean[c]), float32(std[c])
		for v := range n[c] {
			n[c][v] = (float32(v)/255 - mean) / std
		}
	}
	return n
}

// Put writes the size x size pixels of m from (x,y) on to dst, float32 with the axes
// (3,size,size), mirrored if flip is true. It is an error if dst has another length or if the
// square leaves the image.
func (n *Normalizer) Put(dst []float32, m *RGB, x, y, size int, flip bool) error {
	plane := size * size
	if len(dst) != 3*plane {
		return fmt.Errorf("writing the input: room for %d values, want (3,%d,%d)", len(dst), size, size)
	}
	if x < 0 || y < 0 || x+size > m.W || y+size > m.H {
		return fmt.Errorf("cropping %dx%d at (%d,%d): image has %dx%d", size, size, x, y, m.W, m.H)
	}
	step := 1
	if flip {
		step = -1
	}
	for row := range size {
		src := m.Pix[((y+row)*m.W+x)*3:][:3*size]
		at := row * size
		if flip {
			at += size - 1
		}
		for i := 0; i+2 < len(src); i += 3 {
			dst[at] = n[0][src[i]]
			dst[at+plane] = n[1][src[i+1]]
			dst[at+2*plane] = n[2][src[i+2]]
			at += step
		}
	}
	return nil
}
