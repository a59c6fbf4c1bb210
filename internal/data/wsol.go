package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"acol/internal/brief"
)

// Files of wsolevaluation's metadata, in a folder for each split.
const (
	idsFile    = "image_ids.txt"
	labelsFile = "class_labels.txt"
	sizesFile  = "image_sizes.txt"
	boxesFile  = "localization.txt"
)

// openWSOL reads the metadata of clovaai/wsolevaluation. Sizes, boxes and masks are optional; its
// train splits have none.
func (s *Split) openWSOL(cfg Config, key, folder string) error {
	const what = "the folder that holds a folder for each split"
	if err := wantFolder("data.metadata", cfg.Metadata, what); err != nil {
		return err
	}
	dir := filepath.Join(cfg.Metadata, folder)
	if err := wantFolder(key, dir, idsFile+" and "+labelsFile+" of the split"); err != nil {
		return err
	}
	index, err := s.readIDs(filepath.Join(dir, idsFile), cfg.Root)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if err := s.readLabels(filepath.Join(dir, labelsFile), index); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if err := s.readTruth(dir, cfg.maskRoot(), index); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	s.Classes, err = s.wsolClasses(cfg)
	return err
}

// readIDs reads lines `id` into Samples and gives the place of each id.
func (s *Split) readIDs(file, root string) (map[string]int, error) {
	n := lineCount(file)
	s.Samples = make([]Sample, 0, n)
	index := make(map[string]int, n)
	err := s.eachLine(file, func(line string) error {
		if strings.Contains(line, ",") {
			return fmt.Errorf("image id %q has a comma", line)
		}
		if _, twice := index[line]; twice {
			return fmt.Errorf("image id %q %w", line, ErrTwice)
		}
		sample, err := newSample(root, line)
		if err != nil {
			return err
		}
		index[sample.ID] = len(s.Samples)
		s.Samples = append(s.Samples, sample)
		return nil
	})
	return index, err
}

// readLabels reads lines `id,label`. Every image needs a label. index has the places of the ids.
func (s *Split) readLabels(file string, index map[string]int) error {
	err := s.eachLine(file, func(line string) error {
		id, label, err := parseLabel(line)
		if err != nil {
			return err
		}
		i, known := index[id]
		if !known {
			return fmt.Errorf("image id %q is not in %s", id, idsFile)
		}
		if s.Samples[i].Label >= 0 {
			return fmt.Errorf("image id %q has a label already", id)
		}
		s.Samples[i].Label = label
		return nil
	})
	if err != nil {
		return err
	}
	for _, sample := range s.Samples {
		if sample.Label < 0 {
			if err := s.problem(unlabelled(file, sample.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// readTruth reads the sizes, boxes and masks of a folder, as far as there are any. The paths of
// masks start from the folder masks. index has the places of the ids.
func (s *Split) readTruth(dir, masks string, index map[string]int) error {
	find := func(id string) (*Sample, error) {
		i, known := index[id]
		if !known {
			return nil, fmt.Errorf("image id %q is not in the split", id)
		}
		return &s.Samples[i], nil
	}
	err := s.eachLine(filepath.Join(dir, sizesFile), func(line string) error {
		id, v, err := parseInts(line, "id,width,height")
		if err != nil {
			return err
		}
		sample, err := find(id)
		if err != nil {
			return err
		}
		switch {
		case v[0] < 1 || v[1] < 1:
			return fmt.Errorf("size %dx%d is not positive", v[0], v[1])
		case sample.Width > 0 && (sample.Width != v[0] || sample.Height != v[1]):
			return fmt.Errorf("the size of image id %q %w: %dx%d and %dx%d",
				id, ErrTwice, sample.Width, sample.Height, v[0], v[1])
		}
		sample.Width, sample.Height = v[0], v[1]
		return nil
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err = s.eachLine(filepath.Join(dir, boxesFile), func(line string) error {
		if fields := strings.Split(line, ","); len(fields) == 3 {
			sample, err := find(fields[0])
			if err != nil {
				return err
			}
			return sample.addMask(masks, fields[1], fields[2])
		}
		if strings.Count(line, ",") == 1 {
			return fmt.Errorf("%s has 2 fields, want %s for a box, or for a mask id,mask,ignore, "+
				"where ignore may be empty", brief.Quote(line), boxForm)
		}
		id, b, err := parseBox(line)
		if err != nil {
			return err
		}
		sample, err := find(id)
		if err != nil {
			return err
		}
		sample.Boxes = append(sample.Boxes, b)
		return nil
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	const clip = false // the reference does not
	return s.checkBoxes(filepath.Join(dir, boxesFile), clip)
}

// wsolClasses names the classes from the labels of all splits, so that each split gets the same
// list.
func (s *Split) wsolClasses(cfg Config) ([]string, error) {
	var c census
	for _, split := range splitNames {
		_, folder, err := cfg.folderOf(split)
		if err != nil {
			return nil, err
		}
		if folder == "" {
			continue
		}
		c.begin(split)
		file := filepath.Join(cfg.Metadata, folder, labelsFile)
		err = eachLine(file, s.quiet(), func(line string) error {
			id, label, err := parseLabel(line)
			if err == nil {
				c.add(id, label)
			}
			return err
		})
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return c.classes(s)
}

// parseLabel reads a line `id,label`.
func parseLabel(line string) (string, int, error) {
	id, v, err := parseInts(line, "id,label")
	if err != nil {
		return "", 0, err
	}
	if v[0] < 0 || v[0] >= maxClasses {
		return "", 0, fmt.Errorf("label %d %w 0 to %d", v[0], ErrLabel, maxClasses-1)
	}
	return id, v[0], nil
}
