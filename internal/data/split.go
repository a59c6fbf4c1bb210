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

// Split is one part of a data set: its images in the order of the lists.
type Split struct {
	// Name is the role of the split, train, val or test, whatever its folder is called.
	Name string
	// Classes are the names of the classes by label. All splits of a data set have the same.
	Classes []string
	Samples []Sample
	// HasBoxes says that at least one sample has a ground-truth box.
	HasBoxes bool
	// HasMasks says that at least one sample has a mask.
	HasMasks bool
	// Stored says that boxes and sizes refer to the pixels as the file stores them, so that EXIF
	// orientation must not be applied. That holds for all formats but folder, csv and yolo.
	Stored bool
	// LeftOut counts the images that are not among Samples because they have no annotation and
	// Config.OnError is Skip.
	LeftOut int
	// WhyLeftOut is a *Problem that names the first of them, or nil.
	WhyLeftOut error

	// report takes the problems that a survey finds; if it is nil, the first problem is an error.
	report func(*Problem)
	// counted says that the number of classes is that of the labels seen, and so may be too low.
	counted bool
}

// splitNames are the choices of a SplitName. Formats look for the classes in this order.
var splitNames = []string{"train", "val", "test"}

// SplitName is the role of a split, whatever its folder is called: train, val or test.
type SplitName string

// Choices lists the names of all splits.
func (SplitName) Choices() []string { return slices.Clone(splitNames) }

// Named checks that the configuration names all wanted splits and gives them in the order train,
// val, test. If wanted is nil, it gives all splits that the data set has.
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

// folderOf gives the key that names a split, and the folder or file that it names, "" for none. A
// share of the training images is where these are.
func (c Config) folderOf(split string) (key, folder string, err error) {
	switch split {
	case "train":
		return "data.train", c.Train, nil
	case "val":
		if c.ValShare > 0 {
			return "data.val_share", c.Train, nil
		}
		return "data.val", c.Val, nil
	case "test":
		if c.TestShare > 0 {
			return "data.test_share", c.Train, nil
		}
		return "data.test", c.Test, nil
	}
	return "", "", fmt.Errorf("split %w", choice.Check(SplitName(split)))
}

// Open reads the lists of a split (train, val or test), from the place that the configuration
// names, without decoding images. An error names the key of the configuration, the path and, for
// a line of a file, its number.
func Open(cfg Config, split string) (*Split, error) { return open(cfg, split, nil) }

// Survey is Open for a data set that may be wrong in many places: it reports each line that
// cannot be read and each image without a label, and goes on without it. It is an error if
// nothing can be read at all.
func Survey(cfg Config, split string, report func(*Problem)) (*Split, error) {
	return open(cfg, split, report)
}

func open(cfg Config, split string, report func(*Problem)) (*Split, error) {
	if cfg.ValShare > 0 || cfg.TestShare > 0 {
		return openShare(cfg, split, report)
	}
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

// finish does what all formats share: it names the classes, drops images without a label, applies
// the class filter and looks for the images.
func (s *Split) finish(cfg Config, key, folder string) error {
	if err := s.nameClasses(cfg.ClassNames); err != nil {
		return err
	}
	s.sameNames()
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
	s.look()
	return nil
}

// look finds out whether any sample has boxes or masks.
func (s *Split) look() {
	s.HasBoxes, s.HasMasks = false, false
	for i := range s.Samples {
		s.HasBoxes = s.HasBoxes || len(s.Samples[i].Boxes) > 0
		s.HasMasks = s.HasMasks || len(s.Samples[i].Masks) > 0
	}
}

// anyImage looks for the first images, so that a wrong root is an error at once.
func (s *Split) anyImage() error {
	const tries = 10
	for _, sample := range s.Samples[:min(tries, len(s.Samples))] {
		if _, err := os.Stat(sample.Path); !errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	var near NearMisses
	first := s.Samples[0].Path
	return fmt.Errorf("data.root: no image at %s, nor at the next ones of the list%s",
		first, near.Of(first))
}

// measure reads the sizes of images that have boxes but no size from their headers, and gives the
// places of these samples. The size of a file that cannot be read stays unknown: decoding the file
// fails later, and on_error says what happens then.
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
