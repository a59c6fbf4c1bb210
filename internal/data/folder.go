package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/data/pixels"
)

// openFolder reads root/<split>/<class>/… with one folder a class, classes in
// the order of their names. Train's folders, where there are any, are the classes
// of the other splits too. Boxes come from localization.txt and image_sizes.txt
// in the split's folder, if present, with ids `class/file`.
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

// classFolders lists the folders of dir, sorted by name; links to folders count.
func classFolders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: has no folders; looked for one folder a class", dir)
	}
	return names, nil
}

// addFolder adds the images below a class's folder, sorted by path.
func (s *Split) addFolder(dir, class string, label int, index map[string]int) error {
	top := filepath.Join(dir, class)
	// A trailing slash makes WalkDir follow a link to a folder.
	return filepath.WalkDir(top+string(filepath.Separator), func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return errors.Join(fmt.Errorf("listing %s", top), err)
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") {
			return fs.SkipDir
		}
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !pixels.IsImageName(e.Name()) {
			return nil
		}
		id := below(dir, p)
		index[id] = len(s.Samples)
		s.Samples = append(s.Samples, Sample{ID: id, Path: p, Label: label})
		return nil
	})
}

// below is the part of a path below a folder, with slashes.
func below(dir, p string) string {
	rel, ok := strings.CutPrefix(p, dir+string(filepath.Separator))
	if !ok { // the working folder, or the file system's root
		rel = strings.TrimPrefix(p, string(filepath.Separator))
	}
	return filepath.ToSlash(rel)
}
