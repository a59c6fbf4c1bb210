package viz

import "image"

// Mask says which positions of a feature map are erased: axes (H,W), row-major, true where the
// position is erased. Erasures accumulate: what branch 3 cannot see is what branches 1 and 2 have
// erased together.
type Mask struct {
	H, W int
	V    []bool
}

// Erased draws img with the erased positions struck out, as grey under a hatching. Each position
// covers its share of the picture without smoothing, so that the grid on which the network works
// can be seen. A mask without values or of the wrong length erases nothing. The result is new and
// opaque, at the size of img with its origin at (0,0).
func Erased(img image.Image, mask Mask) *image.NRGBA {
	dst := opaqueCopy(img)
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if !consistent(mask.H, mask.W, len(mask.V)) {
		return dst
	}
	period := scaled(w, h, 28, 4)
	stripe := max(period/6, 1)
	parallelRows(h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			row := mask.V[y*mask.H/h*mask.W:][:mask.W]
			for x := range w {
				if row[x*mask.W/w] {
					strike(dst.Pix[y*dst.Stride+4*x:], (x+y)%period < stripe)
				}
			}
		}
	})
	return dst
}

// strike turns the pixel p (R, G, B, …) into a dark grey shadow of itself, or into a line of the
// hatching.
func strike(p []uint8, hatch bool) {
	luma := (299*uint32(p[0]) + 587*uint32(p[1]) + 114*uint32(p[2]) + 500) / 1000
	grey := uint8(48 + luma/4)
	if hatch {
		grey = 150
	}
	p[0], p[1], p[2] = grey, grey, grey
}

// consistent tells whether h and w are at least 1 and n values are as many as h x w.
func consistent(h, w, n int) bool { return h >= 1 && w >= 1 && n%h == 0 && n/h == w }
