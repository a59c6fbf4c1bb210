package data

import (
	"errors"
	"fmt"
	"image"
	"path/filepath"
)

// maskRoot is the folder that paths of masks are below.
func (c Config) maskRoot() string {
	if c.Masks != "" {
		return c.Masks
	}
	return c.Root
}

// addMask adds an `id,mask,ignore` line; the further masks of an image leave ignore empty.
func (s *Sample) addMask(root, mask, ignore string) error {
	if mask == "" {
		return errors.New("mask is empty, want id,mask,ignore")
	}
	p, err := maskPath(root, "mask", mask)
	if err != nil {
		return err
	}
	s.Masks = append(s.Masks, p)
	if ignore == "" {
		return nil
	}
	if s.Ignore != "" {
		return fmt.Errorf("ignore mask %q is the image's second", ignore)
	}
	s.Ignore, err = maskPath(root, "ignore mask", ignore)
	return err
}

func maskPath(root, what, path string) (string, error) {
	local := filepath.FromSlash(path)
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("%s %q leaves the folder of the masks", what, path)
	}
	return filepath.Join(root, local), nil
}

// Mask decodes the sample's masks at side x side pixels, axes (side,side)
// row-major, as wsolevaluation's get_mask does with OpenCV: object is the union of
// the masks, ignore what the ignore mask has besides. Without any mask both are nil.
func (s *Sample) Mask(side int) (object, ignore []bool, err error) {
	if len(s.Masks) == 0 {
		return nil, nil, nil
	}
	object, ignore = make([]bool, side*side), make([]bool, side*side)
	for _, path := range s.Masks {
		if err := joinMask(object, side, path); err != nil {
			return nil, nil, err
		}
	}
	if s.Ignore != "" {
		if err := joinMask(ignore, side, s.Ignore); err != nil {
			return nil, nil, err
		}
	}
	for i, is := range object {
		ignore[i] = ignore[i] && !is
	}
	return object, ignore, nil
}

// joinMask adds the foreground of a mask file, of any size.
func joinMask(dst []bool, side int, path string) error {
	img, err := load(path, false)
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

// nearestIndices are the m source indices of OpenCV's INTER_NEAREST over n: floor(i*n/m), not at
// half pixels. Its factor is the inverse of a rounded quotient, so that for some n an index is
// one below the exact floor; kept.
func nearestIndices(n, m int) []int {
	at := make([]int, m)
	step := 1 / (float64(m) / float64(n))
	for i := range at {
		at[i] = min(int(float64(i)*step), n-1)
	}
	return at
}

// foreground says whether OpenCV's grey value of a pixel, 0 to 255, is over 0.5. Colours
// become grey by libpng's weights, truncated; alpha is dropped.
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
