package viz

import (
	"image"
	"image/color"
	"runtime"

	"github.com/disintegration/imaging"

	"acol/internal/cam"
	"acol/internal/parallel"
)

// OverlayOptions says how a score map is laid over a picture.
type OverlayOptions struct {
	Palette Palette
	// Opacity is the share of the map in the blend, clamped to [0,1]: 0 shows the photograph
	// alone, 1 the map alone.
	Opacity float64
	// InPlace lets Overlay draw on the picture itself, where that is an opaque *image.NRGBA at the
	// origin: a large one is memory.
	InPlace bool
}

// DefaultOverlay is a jet map at half opacity.
func DefaultOverlay() OverlayOptions {
	return OverlayOptions{Opacity: 0.5}
}

// Overlay blends a score map (rows x columns, scores in [0,1], any size) over img. The map is
// resized smoothly to the picture: bicubic, as the evaluation resizes maps. Scores are clamped to
// [0,1] and NaN counts as 0, as do all scores of a map without values or of the wrong length. The
// result is opaque, at the size of img with its origin at (0,0), and new unless opt.InPlace allows
// otherwise; transparent pixels of img lie on white. A nil img gives an empty picture.
func Overlay(img image.Image, score cam.Map, opt OverlayOptions) *image.NRGBA {
	dst, whole := img.(*image.NRGBA)
	if !opt.InPlace || !whole || dst.Rect.Min != (image.Point{}) || !dst.Opaque() {
		dst = opaqueCopy(img)
	}
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if w == 0 || h == 0 {
		return dst
	}
	scores := scoresAt(score, w, h)
	blends := newBlends(opt)
	parallelRows(h, func(y0, y1 int) {
		line := make([]float64, w)
		for y := y0; y < y1; y++ {
			scores.Row(y, line)
			blends.apply(dst.Pix[y*dst.Stride:y*dst.Stride+4*w], line)
		}
	})
	return dst
}

// blend is one level's mix in 16-bit fixed point: out = (keep*in + add) >> 16.
type blend struct {
	keep uint32
	add  [3]uint32
}

// blends holds the mix for each level of a palette.
type blends [levels]blend

func newBlends(opt OverlayOptions) *blends {
	const one = 1 << 16
	t := new(blends)
	mix := uint32(unit(opt.Opacity)*one + 0.5)
	for i, c := range opt.Palette.table() {
		t[i].keep = one - mix
		for k := range c {
			t[i].add[k] = mix*uint32(c[k]) + one/2
		}
	}
	return t
}

// apply mixes one row of RGBA bytes with its scores, which are clamped to [0,1].
func (t *blends) apply(pix []uint8, scores []float64) {
	for x, s := range scores {
		b := &t[level(min(max(s, 0), 1))]
		p := pix[4*x : 4*x+4 : 4*x+4]
		p[0] = uint8((b.keep*uint32(p[0]) + b.add[0]) >> 16)
		p[1] = uint8((b.keep*uint32(p[1]) + b.add[1]) >> 16)
		p[2] = uint8((b.keep*uint32(p[2]) + b.add[2]) >> 16)
	}
}

// opaqueCopy copies img to the origin (0,0), with what is transparent laid on white.
func opaqueCopy(img image.Image) *image.NRGBA {
	if img == nil {
		return image.NewNRGBA(image.Rectangle{})
	}
	dst := imaging.Clone(img)
	if o, ok := img.(interface{ Opaque() bool }); !ok || !o.Opaque() {
		flatten(dst)
	}
	return dst
}

// flatten lays transparent pixels on white, in place.
func flatten(img *image.NRGBA) {
	parallelRows(img.Rect.Dy(), func(y0, y1 int) {
		for i := y0 * img.Stride; i < y1*img.Stride; i += 4 {
			p := img.Pix[i : i+4 : i+4]
			a := uint32(p[3])
			for k := range 3 {
				p[k] = uint8((uint32(p[k])*a + 255*(255-a) + 127) / 255)
			}
			p[3] = 255
		}
	})
}

// parallelRows calls f on stripes of [0,h) from as many goroutines as there are processors, and
// waits for all of them.
func parallelRows(h int, f func(y0, y1 int)) {
	n := min(runtime.GOMAXPROCS(0), h)
	parallel.Each(n, n, func(i int) { f(i*h/n, (i+1)*h/n) })
}

// Heat draws a score map alone, a pixel for each score, in a paletted picture. Scores are clamped
// to [0,1] and NaN counts as 0.
func Heat(score cam.Map, p Palette) *image.Paletted {
	colors := make(color.Palette, levels)
	for i := range colors {
		c := p.table()[i]
		colors[i] = color.NRGBA{c[0], c[1], c[2], 255}
	}
	img := image.NewPaletted(image.Rect(0, 0, score.W, score.H), colors)
	for i, v := range score.V {
		img.Pix[i] = level(unit(v))
	}
	return img
}
