package data

import (
	"errors"
	"fmt"
	"path/filepath"

	"acol/internal/data/pixels"
)

// addMask adds the masks of a line `id,mask,ignore`. Only one line of an image may name an ignore
// mask.
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

// maskPath gives the path of a mask below root. It is an error if it leaves root.
func maskPath(root, what, path string) (string, error) {
	local := filepath.FromSlash(path)
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("%s %q leaves the folder of the masks", what, path)
	}
	file := filepath.Join(root, local)
	if err := checkSlashes(file, path); err != nil {
		return "", fmt.Errorf("%s %w", what, err)
	}
	return file, nil
}

// Mask decodes the sample's masks at side x side pixels, axes (side,side) row-major: object is the
// union of Masks, and ignore is what the mask Ignore has besides. Without any mask both are nil.
func (s *Sample) Mask(side int) (object, ignore []bool, err error) {
	return pixels.Masks(s.Masks, s.Ignore, side)
}
