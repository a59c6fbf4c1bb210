package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// OpenMetadata reads a split of wsolevaluation's metadata without its images: the ids, and the
// sizes, boxes, masks and labels, as far as there are any. dir is the folder of the split, or
// holds a folder for each split. The paths of masks start from the folder masks. Path is "" in
// all samples, and Label is -1 in those without a label.
func OpenMetadata(dir, split, masks string) (*Split, error) {
	folder := filepath.Join(dir, split)
	if _, err := os.Stat(filepath.Join(dir, idsFile)); err == nil {
		folder = dir
	}
	if err := wantFolder("metadata", folder, idsFile+" and "+boxesFile+" of the split"); err != nil {
		return nil, err
	}
	s := &Split{Name: split, Stored: true}
	index, err := s.readIDs(filepath.Join(folder, idsFile), "")
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	for i := range s.Samples {
		s.Samples[i].Path = ""
	}
	labels := filepath.Join(folder, labelsFile)
	if err := s.readLabels(labels, index); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	if err := s.readTruth(folder, masks, index); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	top := -1
	for i := range s.Samples {
		sample := &s.Samples[i]
		if len(sample.Boxes) > 0 && sample.Width == 0 {
			return nil, fmt.Errorf("metadata: %s: no size for image id %q, which has a box",
				filepath.Join(folder, sizesFile), sample.ID)
		}
		s.HasBoxes = s.HasBoxes || len(sample.Boxes) > 0
		s.HasMasks = s.HasMasks || len(sample.Masks) > 0
		top = max(top, sample.Label)
	}
	if len(s.Samples) == 0 {
		return nil, fmt.Errorf("metadata: %s has no images", filepath.Join(folder, idsFile))
	}
	if top >= 0 {
		cfg := Config{Metadata: filepath.Dir(folder), Test: filepath.Base(folder)}
		if s.Classes, err = s.wsolClasses(cfg); err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
	}
	return s, nil
}
