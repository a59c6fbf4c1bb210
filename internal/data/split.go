package data

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"

	"acol/internal/choice"
	"acol/internal/data/pixels"
	"acol/internal/parallel"
)

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

// splitNames are the choices of a SplitName, in the order in which classes are looked for.
var splitNames = []string{"train", "val", "test"}

// SplitName is the role of a split, whatever its folder is called.
type SplitName string

// Choices are the names of all splits: train, val and test.
func (SplitName) Choices() []string { return slices.Clone(splitNames) }

// Named gives those of the wanted splits that the configuration names; nil asks for all that the
// data set has.
func (c Config) Named(wanted []string) ([]string, error) {
	if _, err := formatOf(c.Format); err != nil {
		return nil, err
	}
	for _, w := range wanted {
		if _, folder, err := c.folderOf(w); err != nil {
			return nil, err
		} else if folder == "" {
			return nil, fmt.Errorf("data.%s: is empty: name the split to read", w)
		}
	}
	var names []string
	for _, name := range splitNames {
		if slices.Contains(wanted, name) || wanted == nil && c.Has(name) {
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
