package data

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"acol/internal/box"
	"acol/internal/brief"
	"acol/internal/nearest"
)

// maxClasses bounds the labels in lists, and with them the memory that a list can ask for.
const maxClasses = 1 << 20

// nameClasses replaces the format's names of the classes by those of a file with one name a line,
// "" for none. The file must have as many names as there are classes. It may have more where the
// classes are counted from labels alone, because the last of them may have no image.
func (s *Split) nameClasses(file string) error {
	if file == "" {
		return nil
	}
	var names []string
	err := eachNumberedLine(file, nil, func(number int, line string) error {
		if number != len(names)+1 {
			return errors.New("a blank line before it would shift the names of the labels")
		}
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
		if x := &s.Samples[i]; x.Label >= len(names) {
			reason := fmt.Errorf("label %d of %q %w the %d names", x.Label, x.ID, ErrLabel, len(names))
			s.remark(&Problem{File: file, Image: x.ID, Err: reason})
		}
	}
	return nil
}

// sameNames remarks on names that several classes have.
func (s *Split) sameNames() {
	first := make(map[string]int, len(s.Classes))
	for label, name := range s.Classes {
		if other, taken := first[name]; taken {
			s.remark(&Problem{Err: fmt.Errorf("%s %w, %d and %d",
				brief.Quote(name), ErrSameName, other, label)})
			continue
		}
		first[name] = label
	}
}

// filter keeps the samples of the wanted classes, given by name or number, and renumbers their
// labels in the order of the labels before. An empty list keeps all.
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

// renumber replaces each label l of a sample by to[l]. Labels that become -1 are removed with their
// boxes; Label is -1 if none is left.
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

// dropUnlabelled removes the samples without a label.
func (s *Split) dropUnlabelled() {
	s.Samples = slices.DeleteFunc(s.Samples, func(sample Sample) bool { return sample.Label < 0 })
}

// alignLabels makes Labels the same kind of thing in the whole split: nil if no image has several
// labels, otherwise set for every image.
func (s *Split) alignLabels() {
	several := slices.ContainsFunc(s.Samples, func(x Sample) bool { return len(x.Labels) > 1 })
	for i := range s.Samples {
		switch sample := &s.Samples[i]; {
		case !several:
			sample.Labels = nil
		case sample.Labels == nil:
			sample.Labels = []int{sample.Label}
		}
	}
}

// label finds the label of a class by its name or, if no name matches, by its number.
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
		return 0, fmt.Errorf("data.classes: %s is not a label in 0 to %d",
			brief.Quote(name), len(s.Classes)-1)
	}
	return 0, fmt.Errorf("data.classes: no class %s among %d; the nearest is %s",
		brief.Quote(name), len(s.Classes), brief.Quote(nearest.Name(name, s.Classes)))
}

// census counts and names the classes of a data set that has no list of them, from the labels of
// the images of all splits.
type census struct {
	// n is the number of classes: one more than the largest label.
	n int
	// names are the names by label, from the first split whose folders tell the classes; see
	// naming.
	names map[int]string
	now   naming
	order synsetOrder
}

// naming finds the names of the classes in the folders of a split's images. It works as long as
// every class has one folder of its own.
type naming struct {
	folders map[int]string // by label
	owner   map[string]int // the label of each folder
	broken  bool           // a class has two folders, or a folder two classes
}

// begin starts with the images of the next split.
func (c *census) begin(split string) {
	c.settle()
	c.now = naming{folders: map[int]string{}, owner: map[string]int{}}
	c.order.begin(split)
}

// settle takes the names of the split that ends, if its folders tell the classes.
func (c *census) settle() {
	if c.names == nil && !c.now.broken && len(c.now.folders) > 0 {
		c.names = c.now.folders
	}
}

// add counts an image with its labels. Its folder tells a name only if it has one label.
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

// classes gives the names by label: those of the folders if they tell the classes, else numbers. It
// is an error if splits number the classes of ImageNet in different orders.
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

// indexOf gives the place of each name in a list.
func indexOf(names []string) map[string]int {
	index := make(map[string]int, len(names))
	for i, name := range names {
		index[name] = i
	}
	return index
}
