package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/box"
	"acol/internal/brief"
)

// Sample is one image of a split, with what the lists of the data set say about it.
type Sample struct {
	// ID is the image's path below the data root, with slashes: the name that
	// wsolevaluation's files and saved score maps use.
	ID string
	// Path is the image's file.
	Path string
	// Label is the index of the class, from 0, after the class filter. If the image has several
	// labels, it is the first of Labels.
	Label int
	// Labels are the indices of all classes of the image, sorted. It is nil in a data set whose
	// images have one label each; Label alone counts there.
	Labels []int
	// Width and Height are the size of the original image in pixels, 0 where it is not known. It is
	// known wherever Boxes is not empty, unless the image file is broken.
	Width, Height int
	// Boxes are the ground truth: the boxes of the objects, in pixels of the original image counted
	// from 0, both corners inclusive.
	Boxes []box.Box
	// BoxLabels are the class indices of Boxes, parallel to them; nil means that every box shows
	// the class Label.
	BoxLabels []int
	// Masks are the files of the objects' ground-truth masks. See Mask.
	Masks []string
	// Ignore is the file that marks the region which counts as neither object nor background, or
	// "".
	Ignore string
}

// newSample makes the sample of an id below root, its label not set yet (-1). An id comes from a
// file that somebody else wrote, so one that would leave the root is an error. Where the path
// ends in the id the two share their memory.
func newSample(root, id string) (Sample, error) {
	local := filepath.FromSlash(id)
	if !filepath.IsLocal(local) {
		return Sample{}, fmt.Errorf("image id %q leaves the data root", id)
	}
	if len(id) > maxText {
		return Sample{}, fmt.Errorf("image id %s is longer than %d bytes", brief.Quote(id), maxText)
	}
	p := filepath.Join(root, local)
	if err := checkSlashes(p, id); err != nil {
		return Sample{}, err
	}
	if strings.HasSuffix(p, id) {
		id = p[len(p)-len(id):]
	}
	return Sample{ID: id, Path: p, Label: -1}, nil
}

// checkSlashes is an error if the id of the file at path has back-slashes, as lists that Windows
// wrote have, and the file is not there under that name.
func checkSlashes(path, id string) error {
	if filepath.Separator == '\\' || !strings.Contains(id, `\`) {
		return nil
	}
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	return fmt.Errorf("%s has back-slashes: write / between the folders of a path", brief.Quote(id))
}

// BoxesOf gives the ground-truth boxes of one class, in pixels of the original image.
func (s *Sample) BoxesOf(label int) []box.Box {
	if s.BoxLabels == nil {
		if label == s.Label {
			return s.Boxes
		}
		return nil
	}
	var out []box.Box
	for i, b := range s.Boxes {
		if s.BoxLabels[i] == label {
			out = append(out, b)
		}
	}
	return out
}

// setTruth gives a sample its labels, which may repeat and are sorted in place, and its boxes, each
// with a label. Label becomes -1 where there is no label; Labels may hold a single one.
func (s *Sample) setTruth(labels []int, boxes []box.Box, boxLabels []int) {
	slices.Sort(labels)
	s.Labels = slices.Compact(labels)
	s.Label = -1
	if len(s.Labels) > 0 {
		s.Label = s.Labels[0]
	}
	s.Boxes, s.BoxLabels = boxes, boxLabels
	if !slices.ContainsFunc(boxLabels, func(l int) bool { return l != s.Label }) {
		s.BoxLabels = nil
	}
}

// fit compares a box with its image and gives the box to use. The corners must be in order. Of an
// image whose size is not known, only the left and upper edge count. The error is ErrBoxOutside for
// a box that does not touch the image, ErrBoxBeyond for one that sticks out and is not clipped, and
// ErrBoxClipped for one that is clipped by more than the one pixel by which conventions differ.
func (s *Sample) fit(b box.Box, clip bool) (box.Box, error) {
	const slack = 1
	width, height := s.Width, s.Height
	if width == 0 {
		width, height = 4*maxSide, 4*maxSide // beyond every corner
	}
	right, bottom := width-1, height-1
	clipped := b.Clip(width, height)
	var does error
	switch {
	case b.X0 > right || b.Y0 > bottom || b.X1 < 0 || b.Y1 < 0:
		clipped, does = b, ErrBoxOutside
	case clipped == b:
	case !clip:
		clipped, does = b, ErrBoxBeyond
	case b.X0 < -slack || b.Y0 < -slack || b.X1 > right+slack || b.Y1 > bottom+slack:
		does = ErrBoxClipped
	}
	if does == nil {
		return clipped, nil
	}
	if s.Width > 0 {
		does = fmt.Errorf("%w of %dx%d pixels", does, s.Width, s.Height)
	}
	return clipped, does
}

// dropBox removes box i.
func (s *Sample) dropBox(i int) {
	s.Boxes = slices.Delete(slices.Clone(s.Boxes), i, i+1)
	if s.BoxLabels != nil {
		s.BoxLabels = slices.Delete(slices.Clone(s.BoxLabels), i, i+1)
	}
}
