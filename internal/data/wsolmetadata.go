package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// OpenMetadata reads a split of wsolevaluation's metadata without the images: ids, and
// the sizes, boxes, masks and labels that there are. dir holds a folder for each
// split, or is that folder itself. Paths of masks are below masks. The samples' Path is empty,
// and Label -1 where no label is known.
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
			return nil, fmt.Errorf("metadata: %s: no size for image id %q, which has a box", filepath.Join(folder, sizesFile), sample.ID)
		}
		s.HasBoxes = s.HasBoxes || len(sample.Boxes) > 0
		s.HasMasks = s.HasMasks || len(sample.Masks) > 0
		top = max(top, sample.Label)
	}
	if len(s.Samples) == 0 {
		return nil, fmt.Errorf("metadata: %s has no images", filepath.Join(folder, idsFile))
	}
	if top >= 0 {
		if s.Classes, err = s.wsolClasses(Config{Metadata: filepath.Dir(folder), Test: filepath.Base(folder)}); err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
	}
	return s, nil
}
