package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"acol/internal/data/pixels"
)

// listDir is the folder of the lists: Metadata, or Root if Metadata is empty.
func (c Config) listDir() string {
	if c.Metadata != "" {
		return c.Metadata
	}
	return c.Root
}

// maskRoot is the folder that the paths of masks start from: Masks, or Root if Masks is empty.
func (c Config) maskRoot() string {
	if c.Masks != "" {
		return c.Masks
	}
	return c.Root
}

// wantFolder is an error unless path is a folder. The error names the key of the configuration and
// what was expected in the folder.
func wantFolder(key, path, what string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: %s: no such folder; looked for %s", key, path, what)
	case err != nil:
		return fmt.Errorf("%s: looking for %s: %w", key, what, err)
	case !info.IsDir():
		return fmt.Errorf("%s: %s: is a file; looked for %s", key, path, what)
	}
	return nil
}

// findFile finds the file of a name that may lack one of the endings. The endings are tried in
// their order; the error wraps os.ErrNotExist.
func findFile(dir, name string, endings ...string) (string, error) {
	var tried []string
	for _, e := range endings {
		p := filepath.Join(dir, name+e)
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			return p, nil
		}
		tried = append(tried, name+e)
	}
	names := strings.Join(tried, ", ")
	return "", fmt.Errorf("%s: %w; looked for a file %s", dir, os.ErrNotExist, names)
}

// classFolders lists the folders of dir, sorted by name. Links to folders count, hidden ones do
// not. It is an error if there is none.
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

// imageNames lists the files of dir that are named like images, sorted. Hidden ones do not count.
func imageNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && pixels.IsImageName(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// addFolder adds the images below the folder of a class, sorted by path, with the label of the
// class. index gets the place of each by its id, the path below dir.
func (s *Split) addFolder(dir, class string, label int, index map[string]int) error {
	top := filepath.Join(dir, class)
	// A trailing slash makes WalkDir follow a link to a folder.
	root := top + string(filepath.Separator)
	return filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return errors.Join(fmt.Errorf("listing %s", top), err)
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") {
			return fs.SkipDir
		}
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return nil
		}
		id := below(dir, p)
		if !pixels.IsImageName(e.Name()) {
			if kind := pixels.ForeignKind(e.Name()); kind != "" {
				s.remark(&Problem{Image: id, File: p, Err: fmt.Errorf("%s: %w", kind, ErrForeign)})
			}
			return nil
		}
		index[id] = len(s.Samples)
		s.Samples = append(s.Samples, Sample{ID: id, Path: p, Label: label})
		return nil
	})
}

// below gives the part of the path p that comes after the folder dir, with slashes.
func below(dir, p string) string {
	rel, ok := strings.CutPrefix(p, dir+string(filepath.Separator))
	if !ok { // the working folder, or the file system's root
		rel = strings.TrimPrefix(p, string(filepath.Separator))
	}
	return filepath.ToSlash(rel)
}
