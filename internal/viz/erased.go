package viz

import "image"

// Mask says which positions of a feature map are erased: axes (H,W), row-major,
// as cam.Erased yields them. Erasures accumulate: what branch 3 cannot see is
// what branches 1 and 2 have erased.
type Mask struct {
	H, W int
	V    []bool
}

// Erased is img with the erased positions struck out: grey under a hatching.
// Each position covers its share of the picture without smoothing, so that
// the grid the network works on shows. A mask without values or of the
// wrong length erases nothing. The result is new, opaque, at the size of img.
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

// strike turns the pixel p (R, G, B, …) into a dark grey ghost of itself, or hatching.
func strike(p []uint8, hatch bool) {
	luma := (299*uint32(p[0]) + 587*uint32(p[1]) + 114*uint32(p[2]) + 500) / 1000
	grey := uint8(48 + luma/4)
	if hatch {
		grey = 150
	}
	p[0], p[1], p[2] = grey, grey, grey
}

// consistent reports whether h x w positions are some, and have n values.
func consistent(h, w, n int) bool { return h >= 1 && w >= 1 && n%h == 0 && n/h == w }
