package data

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/box"
	"acol/internal/brief"
)

// cubImage is an image of CUB-200-2011.
type cubImage struct {
	Sample
	// train says that it is an official training image.
	train bool
	// place is its position, from 1, among the official training images of its class.
	place int
}

// openCUB reads CUB-200-2011 (Wah et al., CNS-TR-2011-001) from its own files. The ids of images
// and classes may have gaps; a label is the rank of a class id. If ValEvery is n, the n-th,
// 2n-th, … official training images of each class, in the order of images.txt, make up val.
func (s *Split) openCUB(cfg Config, key, folder string) error {
	if !slices.Contains(splitNames, folder) {
		return fmt.Errorf("%s: %q is not one of train, val, test, which format cub has", key, folder)
	}
	if !cubHas(cfg, folder) {
		return fmt.Errorf("data.val_every: is 0, so that no image is held out as val")
	}
	images, classes, err := readCUB(cfg.Root, s.report)
	if err != nil {
		return fmt.Errorf("data.root: %w", err)
	}
	s.Classes = classes
	for _, im := range images {
		part := "test"
		if im.train {
			part = "train"
			if cfg.ValEvery > 0 && im.place%cfg.ValEvery == 0 {
				part = "val"
			}
		}
		if part == folder {
			s.Samples = append(s.Samples, im.Sample)
		}
	}
	const clip = true
	if err := s.checkBoxes(filepath.Join(cfg.Root, "bounding_boxes.txt"), clip); err != nil {
		return fmt.Errorf("data.root: %w", err)
	}
	return nil
}

// cubHas says whether a split has images: val has none if no training images are held out.
func cubHas(cfg Config, folder string) bool { return folder != "val" || cfg.ValEvery > 0 }

// cubReader joins the files of the data set.
type cubReader struct {
	root    string
	report  func(*Problem)
	images  []*cubImage // in the order of images.txt
	byID    map[string]*cubImage
	inSplit map[*cubImage]bool
}

// readCUB gives the images in the order of images.txt and the names of the classes.
func readCUB(root string, report func(*Problem)) ([]*cubImage, []string, error) {
	r := &cubReader{
		root: root, report: report, byID: map[string]*cubImage{}, inSplit: map[*cubImage]bool{},
	}
	if err := cubLines(root, "images.txt", report, 1, r.image); err != nil {
		return nil, nil, err
	}
	names, rank, err := readCUBClasses(root, report)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range []struct {
		file   string
		fields int
		take   func(im *cubImage, rest []string) error
	}{
		{"image_class_labels.txt", 1, func(im *cubImage, rest []string) error {
			return im.takeClass(rest[0], rank)
		}},
		{"train_test_split.txt", 1, r.takeSplit},
		{"bounding_boxes.txt", 4, (*cubImage).takeBox},
	} {
		err := cubLines(root, f.file, report, f.fields, func(id string, rest []string) error {
			im := r.byID[id]
			if im == nil {
				return fmt.Errorf("image id %s is not in images.txt", id)
			}
			return f.take(im, rest)
		})
		if err != nil {
			return nil, nil, err
		}
	}
	images, err := r.complete()
	return images, names, err
}

// image takes a line of images.txt.
func (r *cubReader) image(id string, rest []string) error {
	sample, err := newSample(filepath.Join(r.root, "images"), rest[0])
	if err != nil {
		return err
	}
	if r.byID[id] != nil {
		return fmt.Errorf("image id %s %w", id, ErrTwice)
	}
	im := &cubImage{Sample: sample}
	r.byID[id] = im
	r.images = append(r.images, im)
	return nil
}

// takeClass takes the id of the image's class; rank has the label of each id.
func (im *cubImage) takeClass(id string, rank map[int]int) error {
	class, err := parseWhole(id, math.MaxInt32)
	label, known := rank[int(class)]
	if err != nil || !known {
		return fmt.Errorf("class id %s %w classes.txt", brief.Quote(id), ErrLabel)
	}
	if im.Label >= 0 {
		return fmt.Errorf("the class of image %q %w", im.ID, ErrTwice)
	}
	im.Label = label
	return nil
}

// takeSplit takes whether an image is of the official training images.
func (r *cubReader) takeSplit(im *cubImage, rest []string) error {
	if rest[0] != "0" && rest[0] != "1" {
		return fmt.Errorf("%q is neither 1 (train) nor 0 (test)", rest[0])
	}
	if r.inSplit[im] {
		return fmt.Errorf("the split of image %q %w", im.ID, ErrTwice)
	}
	im.train, r.inSplit[im] = rest[0] == "1", true
	return nil
}

// takeBox takes the box of the image.
func (im *cubImage) takeBox(rest []string) error {
	b, err := cubBox(rest)
	if err == nil && im.Boxes != nil {
		err = fmt.Errorf("the box of image %q %w", im.ID, ErrTwice)
	}
	if err == nil {
		im.Boxes = []box.Box{b}
	}
	return err
}

// complete gives the images that have a class and a split, the training images with their places.
// It reports the others, or ends with the first of them.
func (r *cubReader) complete() ([]*cubImage, error) {
	placed := map[int]int{}
	whole := r.images[:0]
	for _, im := range r.images {
		p := &Problem{Image: im.ID}
		switch {
		case im.Label < 0:
			p = unlabelled(filepath.Join(r.root, "image_class_labels.txt"), im.ID)
		case !r.inSplit[im]:
			p.File = filepath.Join(r.root, "train_test_split.txt")
			p.Err = fmt.Errorf("image %q is neither in train nor in test", im.ID)
		}
		switch {
		case p.Err == nil:
			whole = append(whole, im)
		case r.report == nil:
			return nil, p
		default:
			r.report(p)
			continue
		}
		if im.train {
			placed[im.Label]++
			im.place = placed[im.Label]
		}
	}
	return whole, nil
}

// readCUBClasses gives the names in the order of the class ids and the label of each id.
func readCUBClasses(root string, report func(*Problem)) ([]string, map[int]int, error) {
	name := map[int]string{}
	var ids []int
	err := cubLines(root, "classes.txt", report, 1, func(id string, rest []string) error {
		whole, err := parseWhole(id, math.MaxInt32)
		if err != nil {
			return fmt.Errorf("class id %w", err)
		}
		n := int(whole)
		if _, twice := name[n]; twice {
			return fmt.Errorf("class id %d %w", n, ErrTwice)
		}
		name[n] = rest[0]
		ids = append(ids, n)
		return nil
	})
	slices.Sort(ids)
	rank := map[int]int{}
	var names []string
	for label, id := range ids {
		rank[id] = label
		names = append(names, name[id])
	}
	return names, rank, err
}

// cubBox turns `x y width height` into the corners that wsolevaluation's metadata has: (x, y) and
// (x+width, y+height), truncated, both inclusive. The box is one pixel wider and higher than the
// object; that is kept, so that figures can be compared. The caller clips it to the image.
func cubBox(fields []string) (box.Box, error) {
	var v [4]float64
	for i, f := range fields {
		var err error
		if v[i], err = parseNumber(f, maxSide); err != nil {
			return box.Box{}, fmt.Errorf("%w in x y width height", err)
		}
	}
	b := box.Box{X0: int(v[0]), Y0: int(v[1]), X1: int(v[0] + v[2]), Y1: int(v[1] + v[3])}
	var err error
	switch {
	case v[2] < 0 || v[3] < 0 || !b.Valid():
		err = ErrBoxOrder
	case v[2] == 0 || v[3] == 0:
		err = errors.New("has no area")
	}
	if err != nil {
		err = fmt.Errorf("box x %g y %g width %g height %g %w", v[0], v[1], v[2], v[3], err)
	}
	return b, err
}

// cubLines calls do for the lines of a file, each an id with n fields after it.
func cubLines(
	root, file string, report func(*Problem), n int, do func(id string, rest []string) error,
) error {
	return eachLine(filepath.Join(root, file), report, func(line string) error {
		fields := strings.Fields(line)
		if len(fields) != n+1 {
			return fmt.Errorf("%s has %d fields, want %d", brief.Quote(line), len(fields), n+1)
		}
		return do(fields[0], fields[1:])
	})
}
