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
	if len(dst) != 3*size*size {
		return fmt.Errorf("writing the input: room for %d values, want (3,%d,%d)", len(dst), size, size)
	}
	if err := m.holds(x, y, size); err != nil {
		return err
	}
	plane, step := size*size, 1
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

// Planes writes pixels, packed R, G, B, to dst, which has as many values: those of R, then of G,
// then of B.
func (n *Normalizer) Planes(dst []float32, pix []byte) {
	plane := len(pix) / 3
	r, g, b := dst[:plane], dst[plane:][:plane], dst[2*plane:][:plane]
	for i := range r {
		r[i], g[i], b[i] = n[0][pix[3*i]], n[1][pix[3*i+1]], n[2][pix[3*i+2]]
	}
}

// holds is an error where the size x size pixels from (x,y) on leave the image.
func (m *RGB) holds(x, y, size int) error {
	if x < 0 || y < 0 || x+size > m.W || y+size > m.H {
		return fmt.Errorf("cropping %dx%d at (%d,%d): image has %dx%d", size, size, x, y, m.W, m.H)
	}
	return nil
}

// Crop writes the size x size pixels of m from (x,y) on to dst, packed R, G, B, mirrored if flip is
// true. It is an error if dst has another length or if the square leaves the image.
func (m *RGB) Crop(dst []byte, x, y, size int, flip bool) error {
	if len(dst) != 3*size*size {
		return fmt.Errorf("cropping: room for %d values, want (%d,%d,3)", len(dst), size, size)
	}
	if err := m.holds(x, y, size); err != nil {
		return err
	}
	for row := range size {
		src := m.Pix[((y+row)*m.W+x)*3:][:3*size]
		to := dst[row*3*size:][:3*size]
		if !flip {
			copy(to, src)
			continue
		}
		for i := 0; i+2 < len(src); i += 3 {
			d := to[len(to)-3-i:][:3]
			d[0], d[1], d[2] = src[i], src[i+1], src[i+2]
		}
	}
	return nil
}
