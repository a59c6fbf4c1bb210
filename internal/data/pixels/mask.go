package pixels

import (
	"fmt"
	"image"

	"acol/internal/data/pixels/jpeg"
)

// Masks decodes mask files of any size at side x side pixels, axes (side,side) row-major, as
// wsolevaluation's get_mask does with OpenCV: object is the union of the files, and ignored is what
// the file ignore has besides them, nothing where ignore is "". Without files both are nil.
func Masks(files []string, ignore string, side int) (object, ignored []bool, err error) {
	if len(files) == 0 {
		return nil, nil, nil
	}
	object, ignored = make([]bool, side*side), make([]bool, side*side)
	for _, path := range files {
		if err := joinMask(object, side, path); err != nil {
			return nil, nil, err
		}
	}
	if ignore != "" {
		if err := joinMask(ignored, side, ignore); err != nil {
			return nil, nil, err
		}
	}
	for i, is := range object {
		ignored[i] = ignored[i] && !is
	}
	return object, ignored, nil
}

// joinMask adds the foreground of a mask file of any size to dst, with the axes (side,side).
func joinMask(dst []bool, side int, path string) error {
	img, err := loadMask(path)
	if err != nil {
		return fmt.Errorf("reading mask: %w", err)
	}
	b := img.Bounds()
	xs, ys := nearestIndices(b.Dx(), side), nearestIndices(b.Dy(), side)
	for y, sy := range ys {
		row := dst[y*side:][:side]
		for x, sx := range xs {
			row[x] = row[x] || foreground(img, sx, sy)
		}
	}
	return nil
}

// loadMask is Load, but has the luma of a coloured JPEG as the file stores it.
func loadMask(path string) (image.Image, error) {
	s, err := openImage(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if in, err := s.header(); err != nil || in.Format != "jpeg" || checkSize(in) != nil {
		return s.load(path, false)
	}
	raw, err := s.bytes()
	if err != nil {
		return nil, fmt.Errorf("reading image: %w", err)
	}
	img, err := jpeg.DecodeGrey(raw)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", path, s.describe(err))
	}
	return img, nil
}

// nearestIndices gives the m places that OpenCV's INTER_NEAREST takes of a row of n pixels. They
// are floor(i*n/m), without a shift by half a pixel. OpenCV's factor is the inverse of a rounded
// quotient, so that for some n a place is one below the exact floor; this is kept.
func nearestIndices(n, m int) []int {
	at := make([]int, m)
	step := 1 / (float64(m) / float64(n))
	for i := range at {
		at[i] = min(int(float64(i)*step), n-1)
	}
	return at
}

// foreground says whether the grey value of a pixel, 0 to 255, is above 0.5, as OpenCV computes it:
// colours become grey by libpng's weights, truncated, and alpha is dropped.
func foreground(img image.Image, x, y int) bool {
	switch m := img.(type) {
	case *image.Gray:
		return m.GrayAt(x, y).Y > 0
	case *image.YCbCr:
		return m.YCbCrAt(x, y).Y > 0
	case *image.NRGBA:
		c := m.NRGBAAt(x, y)
		return 9798*int(c.R)+19235*int(c.G)+3735*int(c.B) >= 1<<15
	}
	r, g, b, _ := img.At(x, y).RGBA()
	return 9798*int(r>>8)+19235*int(g>>8)+3735*int(b>>8) >= 1<<15
}
