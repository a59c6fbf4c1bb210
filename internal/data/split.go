package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

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
}

// Split is one part of a data set, in the order of its files.
type Split struct {
	// Name is train, val or test: the role, whatever the folder is called.
	Name string
	// Classes are the names by label. They are the same for every split of a data set.
	Classes []string
	Samples []Sample
	// HasBoxes says that at least one sample has a true box.
	HasBoxes bool
	// Stored says that boxes and sizes mean the pixels as the file stores them,
	// so that EXIF orientation must not be applied: what wsolevaluation and CUB do.
	Stored bool
}

// names of the splits in the order in which classes are looked for.
var splitNames = []string{"train", "val", "test"}

// folderOf gives what the configuration calls a split, and its key.
func (c Config) folderOf(split string) (key, folder string, err error) {
	switch split {
	case "train":
		return "data.train", c.Train, nil
	case "val":
		return "data.val", c.Val, nil
	case "test":
		return "data.test", c.Test, nil
	}
	return "", "", fmt.Errorf("split %q is not one of train, val, test", split)
}

// Open reads the lists of a split (train, val or test, mapped to a place by the
// configuration) without decoding images. An error names the configuration's
// key, the path and, for a line of a file, its number.
func Open(cfg Config, split string) (*Split, error) {
	key, folder, err := cfg.folderOf(split)
	if err != nil {
		return nil, err
	}
	if folder == "" {
		return nil, fmt.Errorf("%s: is empty: name the split to read", key)
	}
	if err := wantFolder("data.root", cfg.Root, "the folder of the images"); err != nil {
		return nil, err
	}
	var s *Split
	switch cfg.Format {
	case "wsol":
		s, err = openWSOL(cfg, key, folder)
	case "cub":
		s, err = openCUB(cfg, key, folder)
	case "folder":
		s, err = openFolder(cfg, key, folder)
	default:
		return nil, fmt.Errorf("data.format: %q is not one of wsol, cub, folder", cfg.Format)
	}
	if err != nil {
		return nil, fmt.Errorf("opening split %s: %w", split, err)
	}
	s.Name = split
	if err := s.finish(cfg, key, folder); err != nil {
		return nil, fmt.Errorf("opening split %s: %w", split, err)
	}
	return s, nil
}

// finish applies what all formats share: names, the class filter, sizes.
func (s *Split) finish(cfg Config, key, folder string) error {
	if err := s.nameClasses(cfg.ClassNames); err != nil {
		return err
	}
	if err := s.filter(cfg.Classes); err != nil {
		return err
	}
	if len(s.Samples) == 0 {
		return fmt.Errorf("%s: %q has no images", key, folder)
	}
	if err := s.anyImage(); err != nil {
		return err
	}
	for i := range s.Samples {
		s.HasBoxes = s.HasBoxes || len(s.Samples[i].Boxes) > 0
	}
	return nil
}

// anyImage catches a wrong root at once: none of the first images is there.
func (s *Split) anyImage() error {
	const tries = 10
	for _, sample := range s.Samples[:min(tries, len(s.Samples))] {
		if _, err := os.Stat(sample.Path); !errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	return fmt.Errorf("data.root: no image at %s, nor at the next ones of the list", s.Samples[0].Path)
}

// measure fills in unknown sizes of the samples with boxes from the image
// headers. A file that cannot be read stays unknown: to decode it is the place
// where the configuration says what becomes of it.
func (s *Split) measure() {
	var wg sync.WaitGroup
	next := make(chan *Sample)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for sample := range next {
				if w, h, err := Size(sample.Path, !s.Stored); err == nil {
					sample.Width, sample.Height = w, h
				}
			}
		})
	}
	for i := range s.Samples {
		if len(s.Samples[i].Boxes) > 0 && s.Samples[i].Width == 0 {
			next <- &s.Samples[i]
		}
	}
	close(next)
	wg.Wait()
}

// wantFolder says what was looked for, and under which key, where no folder is.
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

// imagePath places an id below the root; ids come from files of others.
func imagePath(root, id string) (string, error) {
	local := filepath.FromSlash(id)
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("image id %q leaves the data root", id)
	}
	return filepath.Join(root, local), nil
}
