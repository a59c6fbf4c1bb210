package data

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/box"
)

// Sample is one image of a split with what is known about it.
type Sample struct {
	// ID is the image's path below the data root, with slashes: the name that
	// wsolevaluation's files and saved score maps use.
	ID string
	// Path is the image's file.
	Path string
	// Label is the class index, 0-based, after the class filter. Of an image with
	// several labels it is the first of Labels.
	Label int
	// Labels are all classes of the image, sorted, in a set that may give an image
	// several; nil in a set that gives one, where Label alone counts.
	Labels []int
	// Width and Height are in pixels of the original image; 0 where unknown.
	// They are known wherever Boxes is not empty, unless the file is broken.
	Width, Height int
	// Boxes are the true objects in pixels of the original image, corners inclusive.
	Boxes []box.Box
	// BoxLabels are the classes of Boxes, parallel to them; nil where they are not
	// known, when every box is of Label.
	BoxLabels []int
	// Masks are the files of the true objects' masks, and Ignore that of the region
	// that counts as neither object nor background; "" where there is none. See Mask.
	Masks  []string
	Ignore string
}

// newSample places an id below the root; ids come from files of others. The label is
// to come. Where the path ends in the id the two share their memory.
func newSample(root, id string) (Sample, error) {
	local := filepath.FromSlash(id)
	if !filepath.IsLocal(local) {
		return Sample{}, fmt.Errorf("image id %q leaves the data root", id)
	}
	p := filepath.Join(root, local)
	if strings.HasSuffix(p, id) {
		id = p[len(p)-len(id):]
	}
	return Sample{ID: id, Path: p, Label: -1}, nil
}

// BoxesOf are the true boxes of a class, in pixels of the original image.
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

// setTruth gives a sample its labels, which may repeat, and boxes with a label each. Label is
// -1 where there are none; Labels may have one.
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

// fit looks whether a box is inside of the image, whose size is known. The error says
// what the box does: ErrBoxOutside, ErrBoxBeyond or, where it is clipped by more than the pixel
// that conventions differ by, ErrBoxClipped.
func (s *Sample) fit(b box.Box, clip bool) (box.Box, error) {
	const slack = 1
	right, bottom := s.Width-1, s.Height-1
	clipped := b.Clip(s.Width, s.Height)
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
	return clipped, fmt.Errorf("%w of %dx%d pixels", does, s.Width, s.Height)
}

// fitMeasured clips a box where the image's size is known.
func (s *Sample) fitMeasured(b box.Box) (box.Box, error) {
	switch {
	case s.Width > 0:
		return s.fit(b, true)
	case !b.Valid():
		return b, ErrBoxOrder
	}
	return b, nil
}

// dropBox leaves box i out.
func (s *Sample) dropBox(i int) {
	s.Boxes = slices.Delete(slices.Clone(s.Boxes), i, i+1)
	if s.BoxLabels != nil {
		s.BoxLabels = slices.Delete(slices.Clone(s.BoxLabels), i, i+1)
	}
}
