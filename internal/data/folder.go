package data

import (
	"fmt"
	"path/filepath"
	"slices"
)

// openFolder reads image folders, root/SPLIT/CLASS/…, with the classes in the order of their
// names. If train has folders, they are the classes of the other splits too. Boxes come from the
// files localization.txt and image_sizes.txt in the folder of the split, if they are there, with
// ids like `class/file`.
func (s *Split) openFolder(cfg Config, key, folder string) error {
	dir := filepath.Join(cfg.Root, folder)
	if err := wantFolder(key, dir, "one folder a class"); err != nil {
		return err
	}
	own, err := classFolders(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	s.Stored, s.Classes = false, own
	if train, err := classFolders(filepath.Join(cfg.Root, cfg.Train)); err == nil && cfg.Train != "" {
		s.Classes = train
	}
	index := map[string]int{}
	for _, class := range own {
		label := slices.Index(s.Classes, class)
		if label < 0 {
			reason := fmt.Errorf("class folder %s %w those of data.train (%s)", class, ErrLabel, cfg.Train)
			if err := s.problem(&Problem{File: filepath.Join(dir, class), Err: reason}); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			continue
		}
		if err := s.addFolder(dir, class, label, index); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	if err := s.readTruth(dir, cfg.maskRoot(), index); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}
