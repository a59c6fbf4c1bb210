package data

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"acol/internal/box"
	"acol/internal/nearest"
)

// maxClasses bounds what a label in a file can make us allocate.
const maxClasses = 1 << 20

// nameClasses replaces the format's names by those of a file with one a line. Where
// classes are counted from labels alone there may be names of classes without images.
func (s *Split) nameClasses(file string) error {
	if file == "" {
		return nil
	}
	var names []string
	err := eachLine(file, nil, func(line string) error {
		names = append(names, strings.TrimSpace(line))
		return nil
	})
	if err != nil {
		return fmt.Errorf("data.class_names: %w", err)
	}
	if len(names) == len(s.Classes) || s.counted && len(names) > len(s.Classes) {
		s.Classes = names
		return nil
	}
	reason := fmt.Errorf("has %d names, want %d (one a class)", len(names), len(s.Classes))
	if err := s.problem(&Problem{File: file, Err: reason}); err != nil {
		return fmt.Errorf("data.class_names: %w", err)
	}
	for i := range s.Samples {
		if sample := &s.Samples[i]; sample.Label >= len(names) {
			s.remark(&Problem{File: file, Image: sample.ID, Err: fmt.Errorf("label %d of %q %w the %d names", sample.Label, sample.ID, ErrLabel, len(names))})
		}
	}
	return nil
}

// filter keeps the samples of the wanted classes and renumbers their labels.
func (s *Split) filter(want []string) error {
	if len(want) == 0 {
		return nil
	}
	keep := make([]bool, len(s.Classes))
	for _, w := range want {
		label, err := s.label(w)
		if err != nil {
			return err
		}
		keep[label] = true
	}
	renumbered := make([]int, len(s.Classes))
	var names []string
	for label, name := range s.Classes {
		renumbered[label] = -1
		if keep[label] {
			renumbered[label] = len(names)
			names = append(names, name)
		}
	}
	var kept []Sample
	for _, sample := range s.Samples {
		if sample.renumber(renumbered); sample.Label >= 0 {
			kept = append(kept, sample)
		}
	}
	s.Classes, s.Samples = names, kept
	return nil
}

// renumber gives a sample its new labels; those that are -1 go, with their boxes.
// The label is -1 if none is left.
func (s *Sample) renumber(to []int) {
	if s.Labels == nil {
		s.Label = to[s.Label]
		return
	}
	var labels []int
	for _, l := range s.Labels {
		if to[l] >= 0 {
			labels = append(labels, to[l])
		}
	}
	before := s.BoxLabels
	if before == nil {
		before = slices.Repeat([]int{s.Label}, len(s.Boxes))
	}
	var boxes []box.Box
	var boxLabels []int
	for i, b := range s.Boxes {
		if l := to[before[i]]; l >= 0 {
			boxes, boxLabels = append(boxes, b), append(boxLabels, l)
		}
	}
	s.setTruth(labels, boxes, boxLabels)
}

// dropUnlabelled leaves out what has no label.
func (s *Split) dropUnlabelled() {
	s.Samples = slices.DeleteFunc(s.Samples, func(sample Sample) bool { return sample.Label < 0 })
}

// alignLabels makes Labels either nil in the whole split, if no image has several, or
// set in the whole.
func (s *Split) alignLabels() {
	several := slices.ContainsFunc(s.Samples, func(sample Sample) bool { return len(sample.Labels) > 1 })
	for i := range s.Samples {
		switch sample := &s.Samples[i]; {
		case !several:
			sample.Labels = nil
		case sample.Labels == nil:
			sample.Labels = []int{sample.Label}
		}
	}
}

// label finds a class by its name or, where no name matches, its number.
func (s *Split) label(name string) (int, error) {
	for label, have := range s.Classes {
		if have == name {
			return label, nil
		}
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n >= 0 && n < len(s.Classes) {
			return n, nil
		}
		return 0, fmt.Errorf("data.classes: %q is not a label in 0 to %d", name, len(s.Classes)-1)
	}
	return 0, fmt.Errorf("data.classes: no class %q among %d; the nearest is %q", name, len(s.Classes), nearest.Name(name, s.Classes))
}

// census counts and names the classes of all splits of a data set from the labels of
// its images.
type census struct {
	n int
	// names are those of the first split in which the folder that holds an image
	// tells its class.
	names map[int]string
	now   naming
	order synsetOrder
}

// naming holds while every class of a split has one folder of its own.
type naming struct {
	folders map[int]string
	owner   map[string]int
	broken  bool
}

// begin starts with the images of another split.
func (c *census) begin(split string) {
	c.settle()
	c.now = naming{folders: map[int]string{}, owner: map[string]int{}}
	c.order.begin(split)
}

func (c *census) settle() {
	if c.names == nil && !c.now.broken && len(c.now.folders) > 0 {
		c.names = c.now.folders
	}
}

// add counts an image with its labels. One of several tells no name.
func (c *census) add(id string, labels ...int) {
	for _, label := range labels {
		c.n = max(c.n, label+1)
	}
	if len(labels) != 1 {
		c.now.broken = true
		return
	}
	label := labels[0]
	c.order.add(id, label)
	if c.now.broken || c.names != nil {
		return
	}
	parent := path.Base(path.Dir(id))
	have, seen := c.now.folders[label]
	holder, taken := c.now.owner[parent]
	c.now.broken = parent == "." || parent == "/" || seen && have != parent || taken && holder != label
	c.now.folders[label], c.now.owner[parent] = parent, label
}

// classes are the names by label: by folder, else by number.
func (c *census) classes(s *Split) ([]string, error) {
	s.counted = true
	c.settle()
	if err := c.order.mixed(); err != nil && s.report == nil {
		return nil, err
	}
	names := make([]string, c.n)
	for label := range names {
		names[label] = strconv.Itoa(label)
	}
	for label, name := range c.names {
		names[label] = name
	}
	return names, nil
}

// indexOf gives the place of each name.
func indexOf(names []string) map[string]int {
	index := make(map[string]int, len(names))
	for i, name := range names {
		index[name] = i
	}
	return index
}
