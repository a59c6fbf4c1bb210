package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"acol/internal/box"
	"acol/internal/choice"
	"acol/internal/data/pixels"
	"acol/internal/parallel"
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
	// BoxLabels are the classes of Boxes, parallel to them; nil where they are not
	// known, when every box is of Label.
	BoxLabels []int
	// Masks are the files of the true objects' masks, and Ignore that of the region
	// that counts as neither object nor background; "" where there is none. See Mask.
	Masks  []string
	Ignore string
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
	// HasMasks says that at least one sample has a mask.
	HasMasks bool
	// Stored says that boxes and sizes mean the pixels as the file stores them,
	// so that EXIF orientation must not be applied: so all formats but image folders.
	Stored bool

	// report is where a survey collects what is wrong; nil: the first is an error.
	report func(*Problem)
	// counted says that there are as many classes as labels were seen, maybe too few.
	counted bool
}

// BoxesOf are the true boxes of a class, in pixels of the original image.
func (s *Sample) BoxesOf(label int) []box.Box {
	if s.BoxLabels == nil {
		if label == s.Label {
			return s.Boxes
		}
		return nil
	}
	var out []box.Box
	for i, b := range s.Boxes {
		if s.BoxLabels[i] == label {
			out = append(out, b)
		}
	}
	return out
}

// splitNames are the choices of a SplitName, in the order in which classes are looked for.
var splitNames = []string{"train", "val", "test"}

// SplitName is the role of a split, whatever its folder is called.
type SplitName string

// Choices are the names of all splits: train, val and test.
func (SplitName) Choices() []string { return slices.Clone(splitNames) }

// Named are the splits that the configuration has a place for, of those asked for; nil asks
// for all.
func (c Config) Named(wanted []string) ([]string, error) {
	for _, w := range wanted {
		if _, folder, err := c.folderOf(w); err != nil {
			return nil, err
		} else if folder == "" {
			return nil, fmt.Errorf("data.%s: is empty: name the split to read", w)
		}
	}
	var names []string
	for _, name := range splitNames {
		_, folder, _ := c.folderOf(name)
		if folder != "" && (wanted == nil || slices.Contains(wanted, name)) {
			names = append(names, name)
		}
	}
	return names, nil
}

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
	return "", "", fmt.Errorf("split %w", choice.Check(SplitName(split)))
}

// Open reads the lists of a split (train, val or test, mapped to a place by the
// configuration) without decoding images. An error names the configuration's
// key, the path and, for a line of a file, its number.
func Open(cfg Config, split string) (*Split, error) { return open(cfg, split, nil) }

// Survey is Open for a data set that may be wrong in many places: a line that
// cannot be read is reported and passed over, and so is an image without a
// label. It fails where nothing can be read at all.
func Survey(cfg Config, split string, report func(*Problem)) (*Split, error) {
	return open(cfg, split, report)
}

func open(cfg Config, split string, report func(*Problem)) (*Split, error) {
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
	f, err := formatOf(cfg.Format)
	if err != nil {
		return nil, err
	}
	s := &Split{Name: split, Stored: true, report: report}
	if err := f.open(s, cfg, key, folder); err != nil {
		return nil, fmt.Errorf("opening split %s: %w", split, err)
	}
	if err := s.finish(cfg, key, folder); err != nil {
		return nil, fmt.Errorf("opening split %s: %w", split, err)
	}
	s.report, s.counted = nil, false
	return s, nil
}

// finish applies what all formats share: names, several labels, the class filter.
func (s *Split) finish(cfg Config, key, folder string) error {
	if err := s.nameClasses(cfg.ClassNames); err != nil {
		return err
	}
	s.dropUnlabelled()
	if err := s.filter(cfg.Classes); err != nil {
		return err
	}
	s.alignLabels()
	if len(s.Samples) == 0 {
		return fmt.Errorf("%s: %q has no images", key, folder)
	}
	if s.report == nil {
		if err := s.anyImage(); err != nil {
			return err
		}
	}
	for i := range s.Samples {
		s.HasBoxes = s.HasBoxes || len(s.Samples[i].Boxes) > 0
		s.HasMasks = s.HasMasks || len(s.Samples[i].Masks) > 0
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
// headers, and gives the places of those samples. A file that cannot be read stays unknown: to
// decode it is the place where the configuration says what becomes of it.
func (s *Split) measure() []int {
	var unknown []int
	for i := range s.Samples {
		if len(s.Samples[i].Boxes) > 0 && s.Samples[i].Width == 0 {
			unknown = append(unknown, i)
		}
	}
	parallel.Each(runtime.GOMAXPROCS(0), len(unknown), func(i int) {
		sample := &s.Samples[unknown[i]]
		if w, h, err := pixels.Size(sample.Path, !s.Stored); err == nil {
			sample.Width, sample.Height = w, h
		}
	})
	return unknown
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

// newSample places an id below the root; ids come from files of others. The label is
// to come. Where the path ends in the id the two share their memory.
func newSample(root, id string) (Sample, error) {
	local := filepath.FromSlash(id)
	if !filepath.IsLocal(local) {
		return Sample{}, fmt.Errorf("image id %q leaves the data root", id)
	}
	p := filepath.Join(root, local)
	if strings.HasSuffix(p, id) {
		id = p[len(p)-len(id):]
	}
	return Sample{ID: id, Path: p, Label: -1}, nil
}
