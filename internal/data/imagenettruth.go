package data

import (
	"fmt"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/box"
)

// addImageNetXML reads the XML file of each image from dir. All objects of an image have the same
// synset.
func (s *Split) addImageNetXML(onError OnError, dir string, index map[string]int) error {
	ids, files := make([]string, len(s.Samples)), make([]string, len(s.Samples))
	for i := range s.Samples {
		ids[i] = s.Samples[i].ID
		files[i] = filepath.Join(dir, xmlName(ids[i]))
	}
	annotations, err := s.readAnnotations(onError, ids, files)
	if err != nil {
		return err
	}
	for i, a := range annotations {
		sample := &s.Samples[i]
		if a == nil {
			if onError == Skip {
				sample.Label = -1
			}
			continue
		}
		before := sample.Label
		if err := s.annotated(sample, a, files[i], index, imageNetCorners); err != nil {
			return err
		}
		if before >= 0 && sample.Label != before {
			reason := fmt.Errorf("objects of %s are not of the synset of its folder, %s",
				sample.ID, s.Classes[before])
			if err := s.problem(&Problem{File: files[i], Image: sample.ID, Err: reason}); err != nil {
				return err
			}
			sample.Label, sample.Labels, sample.Boxes, sample.BoxLabels = before, nil, nil, nil
		}
	}
	return nil
}

// addImageNetCSV reads Kaggle's list of the validation images, with lines
// `image,synset x0 y0 x1 y1 synset x0 …`.
func (s *Split) addImageNetCSV(file string, index map[string]int) error {
	byName := s.byName()
	listed := make([]bool, len(s.Samples))
	err := s.eachLine(file, func(line string) error {
		name, rest, _ := strings.Cut(line, ",")
		fields := strings.Fields(rest)
		if name == "ImageId" {
			return nil
		}
		if len(fields) == 0 || len(fields)%5 != 0 {
			return fmt.Errorf("%q has %d fields after the image, want five a box: synset x0 y0 x1 y1",
				name, len(fields))
		}
		i, known := byName[name]
		if !known { // some keep a part of the images
			return nil
		}
		if listed[i] {
			return fmt.Errorf("image %q %w", name, ErrTwice)
		}
		listed[i] = true
		var labels []int
		var boxes []box.Box
		for ; len(fields) > 0; fields = fields[5:] {
			label, known := index[fields[0]]
			if !known {
				return fmt.Errorf("synset %q %w the %d of the data set", fields[0], ErrLabel, len(index))
			}
			_, b, err := parseBox(name + "," + strings.Join(fields[1:5], ","))
			if err != nil {
				return err
			}
			labels, boxes = append(labels, label), append(boxes, b)
		}
		s.Samples[i].setTruth(slices.Clone(labels), boxes, labels)
		return nil
	})
	if err != nil {
		return err
	}
	return s.missingFrom(file)
}

// addGroundTruth reads the devkit's labels, a line an image in the order of their numbers.
func (s *Split) addGroundTruth(in imageNet, file string, index map[string]int) error {
	all, table := ilsvrcClasses(), in.find(devkitClasses)
	synset := func(id int) string {
		if id < 1 || id > len(all.synsets) {
			return ""
		}
		return all.synsets[id-1]
	}
	if table != "" {
		own, _, err := readSynsets(table)
		if err != nil {
			return err
		}
		synset = func(id int) string { return own[id] }
	}
	byName := s.byName()
	err := eachNumberedLine(file, s.report, func(number int, line string) error {
		whole, err := parseWhole(line, math.MaxInt32)
		id := int(whole)
		if err != nil || synset(id) == "" {
			if table != "" {
				return fmt.Errorf("class %q %w the devkit's table %s", line, ErrLabel, devkitClasses)
			}
			return fmt.Errorf("class %q %w the devkit's numbers, 1 to %d", line, ErrLabel, len(all.synsets))
		}
		i, have := byName[fmt.Sprintf("%s%08d", valPrefix, number)]
		if !have {
			return nil
		}
		label, known := index[synset(id)]
		if !known {
			return fmt.Errorf("synset %q %w the %d of the data set", synset(id), ErrLabel, len(index))
		}
		s.Samples[i].Label = label
		return nil
	})
	if err != nil {
		return err
	}
	return s.missingFrom(file)
}

// byName gives the places of the samples by the names of their files without the endings.
func (s *Split) byName() map[string]int {
	index := make(map[string]int, len(s.Samples))
	for i := range s.Samples {
		base := path.Base(s.Samples[i].ID)
		index[strings.TrimSuffix(base, path.Ext(base))] = i
	}
	return index
}

// missingFrom reports the images that a file has no label for.
func (s *Split) missingFrom(file string) error {
	for i := range s.Samples {
		if sample := &s.Samples[i]; sample.Label < 0 {
			if err := s.problem(unlabelled(file, sample.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}
