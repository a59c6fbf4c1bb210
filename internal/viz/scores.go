package viz

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"acol/internal/cam"
)

// scoresAt prepares a map to be read row by row at the size of a picture, w x h pixels (both >= 1).
// Scores are clamped to [0,1] before they are resized, and NaN becomes 0; a map without values or
// of the wrong length is 0 everywhere. Resized scores may overshoot [0,1] a little.
//
// A map is enlarged as the evaluation enlarges it. A direction in which it is larger than the
// picture is first shrunk with smoothing, so that no score is skipped.
func scoresAt(m cam.Map, w, h int) *cam.Resizer {
	if !consistent(m.H, m.W, len(m.V)) {
		m = cam.New(1, 1)
	}
	clean := cam.New(m.H, m.W)
	for i, v := range m.V {
		clean.V[i] = unit(v)
	}
	return cam.NewResizer(shrink(clean, min(m.H, h), min(m.W, w)), h, w)
}

// shrink is m, scores in [0,1], at a size (h,w) that is nowhere larger, in steps of 1/65535.
// The kernel is stretched over all scores that fall on a pixel.
func shrink(m cam.Map, h, w int) cam.Map {
	if m.H == h && m.W == w {
		return m
	}
	const top = 1<<16 - 1
	src, dst := image.NewGray16(image.Rect(0, 0, m.W, m.H)), image.NewGray16(image.Rect(0, 0, w, h))
	for i, v := range m.V {
		src.SetGray16(i%m.W, i/m.W, color.Gray16{Y: uint16(v*top + 0.5)})
	}
	draw.CatmullRom.Scale(dst, dst.Rect, src, src.Rect, draw.Src, nil)
	out := cam.New(h, w)
	for i := range out.V {
		out.V[i] = float64(dst.Gray16At(i%w, i/w).Y) / top
	}
	return out
}
