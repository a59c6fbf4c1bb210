package data

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/box"
)

// openCOCO reads object annotations in COCO's JSON, one file for each split: the file in the folder
// of the lists that has the name of the split, or that name with .json, or instances_SPLIT.json.
// A box [x,y,width,height] becomes the pixels that it touches. Labels are the ranks of the category
// ids, which have gaps. An image may have several labels; an image without an annotation is left
// out. The annotation of a crowd gives the image a label, but no box.
func (s *Split) openCOCO(cfg Config, key, folder string) error {
	file, err := cocoFile(cfg, folder)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	set, err := readCOCO(file, s.report)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if err := s.joinCOCO(set, cfg.Root, cocoFolder(cfg.Root, file, folder, set.images)); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	const clip = true
	if err := s.checkMeasured(file, clip); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// cocoFile finds the JSON file of a split.
func cocoFile(cfg Config, folder string) (string, error) {
	file, err := findFile(cfg.listDir(), folder, "", ".json")
	if err == nil {
		return file, nil
	}
	if file, inner := findFile(cfg.listDir(), "instances_"+folder, ".json"); inner == nil {
		return file, nil
	}
	return "", fmt.Errorf("%w, instances_%s.json", err, folder)
}

// cocoFolder finds the folder below root that the file names of the images are relative to. COCO's
// folder train2017, for instance, holds the images of instances_train2017.json. Other programs put
// the file beside the images.
func cocoFolder(root, file, folder string, images []cocoImage) string {
	name := strings.TrimSuffix(filepath.Base(file), ".json")
	year := name[strings.LastIndex(name, "_")+1:]
	above := path.Dir(filepath.ToSlash(folder))
	for _, dir := range []string{"", year, filepath.Base(folder), above} {
		const tries = 10
		for _, im := range images[:min(tries, len(images))] {
			sample, err := newSample(root, path.Join(dir, im.name))
			if err != nil {
				continue
			}
			if _, err := os.Stat(sample.Path); err == nil {
				return dir
			}
		}
	}
	return ""
}

// joinCOCO makes the samples, in the order of the images in the file. The images are in the folder
// dir below root.
func (s *Split) joinCOCO(set *cocoSet, root, dir string) error {
	label, err := s.cocoClasses(set)
	if err != nil {
		return err
	}
	place, err := s.placeCOCO(set)
	if err != nil {
		return err
	}
	objects, err := s.knownObjects(set, place, label)
	if err != nil {
		return err
	}
	for i := range set.images {
		im := &set.images[i]
		n := 0
		for n < len(objects) && objects[n].image == int64(i) {
			n++
		}
		own := objects[:n]
		objects = objects[n:]
		sample, err := newSample(root, path.Join(dir, im.name))
		if err != nil {
			if err := s.problem(set.problem(im.line, err)); err != nil {
				return err
			}
			continue
		}
		if len(own) > 0 {
			if err := s.describe(&sample, im, own, set); err != nil {
				return err
			}
			s.Samples = append(s.Samples, sample)
		} else if s.report != nil { // of millions of images, this is most of the time
			p := set.problem(im.line, noObject(sample.ID, "annotation"))
			p.Image = sample.ID
			s.report(p)
		}
	}
	return nil
}

// problem is a problem of the file at a line.
func (c *cocoSet) problem(line int32, err error) *Problem {
	return &Problem{File: c.file, Line: int(line), Err: err}
}

// cocoClasses gives the split its classes and returns the label of each category id. Ids that are
// texts are in the order of the texts.
func (s *Split) cocoClasses(set *cocoSet) (label map[int64]int, err error) {
	texts := 0
	for _, c := range set.categories {
		if _, isText := set.ids.text(c.id); isText {
			texts++
		}
	}
	if texts > 0 && texts < len(set.categories) {
		return nil, set.problem(0, errors.New("some category ids are numbers and some are texts"))
	}
	slices.SortStableFunc(set.categories, func(a, b cocoCategory) int {
		x, _ := set.ids.text(a.id)
		y, _ := set.ids.text(b.id)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a.id, b.id))
	})
	label = make(map[int64]int, len(set.categories))
	for _, c := range set.categories {
		if _, twice := label[c.id]; twice {
			reason := fmt.Errorf("category id %s %w", set.describeID(c.id), ErrTwice)
			return nil, set.problem(0, reason)
		}
		label[c.id] = len(s.Classes)
		s.Classes = append(s.Classes, c.name)
	}
	return label, nil
}

// placeCOCO gives the place of each image by its id, and drops images whose id is there already.
func (s *Split) placeCOCO(set *cocoSet) (map[int64]int, error) {
	place := make(map[int64]int, len(set.images))
	kept := set.images[:0]
	for _, im := range set.images {
		if _, twice := place[im.id]; twice {
			reason := fmt.Errorf("image id %s %w", set.describeID(im.id), ErrTwice)
			if err := s.problem(set.problem(im.line, reason)); err != nil {
				return nil, err
			}
			continue
		}
		place[im.id] = len(kept)
		kept = append(kept, im)
	}
	set.images = kept
	return place, nil
}

// knownObjects sorts the annotations by the places of their images and leaves out those whose image
// or category is not in the file. place and label map the ids of images and categories; in the
// result the two ids of an annotation are place and label.
func (s *Split) knownObjects(
	set *cocoSet, place map[int64]int, label map[int64]int,
) ([]cocoObject, error) {
	kept := set.objects[:0]
	for _, o := range set.objects {
		var reason error
		l, known := label[o.category]
		if !known {
			reason = fmt.Errorf("category id %s %w the %d categories",
				set.describeID(o.category), ErrLabel, len(label))
		}
		i, known := place[o.image]
		if !known {
			reason = fmt.Errorf("image id %s is not in images", set.describeID(o.image))
		}
		if reason != nil {
			if err := s.problem(set.problem(o.line, reason)); err != nil {
				return nil, err
			}
			continue
		}
		o.image, o.category = int64(i), int64(l)
		kept = append(kept, o)
	}
	slices.SortStableFunc(kept, func(a, b cocoObject) int { return cmp.Compare(a.image, b.image) })
	return kept, nil
}

// describe gives a sample its size, and the labels and boxes of its annotations, of which there is
// at least one. An annotation whose box has no area gives its label alone, as if it had no box.
func (s *Split) describe(sample *Sample, im *cocoImage, objects []cocoObject, set *cocoSet) error {
	sample.Width, sample.Height = int(im.width), int(im.height)
	var labels, boxLabels []int
	var boxes []box.Box
	for _, o := range objects {
		labels = append(labels, int(o.category))
		if !o.hasBox {
			continue
		}
		b, reason := cocoBox(o.bbox)
		if reason == nil {
			b, reason = sample.fit(b, true)
		}
		if reason != nil {
			p := set.problem(o.line, fmt.Errorf("bbox %v %w", o.bbox, reason))
			p.Image = sample.ID
			if errors.Is(reason, ErrBoxClipped) || errors.Is(reason, ErrBoxEmpty) {
				s.remark(p)
			} else if err := s.problem(p); err != nil {
				return err
			}
			if !errors.Is(reason, ErrBoxClipped) {
				continue
			}
		}
		boxes, boxLabels = append(boxes, b), append(boxLabels, int(o.category))
	}
	sample.setTruth(labels, boxes, boxLabels)
	return nil
}
