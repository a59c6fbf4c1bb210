package data

import (
	"fmt"
	"strconv"
	"strings"

	"acol/internal/nearest"
)

// maxClasses bounds what a label in a file can make us allocate.
const maxClasses = 1 << 20

// nameClasses replaces the format's names by those of a file with one a line.
func (s *Split) nameClasses(file string) error {
	if file == "" {
		return nil
	}
	var names []string
	err := eachLine(file, func(line string) error {
		names = append(names, strings.TrimSpace(line))
		return nil
	})
	if err != nil {
		return fmt.Errorf("data.class_names: %w", err)
	}
	if len(names) != len(s.Classes) {
		return fmt.Errorf("data.class_names: %s: has %d names, want %d (one a class)", file, len(names), len(s.Classes))
	}
	s.Classes = names
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
		if sample.Label = renumbered[sample.Label]; sample.Label >= 0 {
			kept = append(kept, sample)
		}
	}
	s.Classes, s.Samples = names, kept
	return nil
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

// numberNames names n classes by their labels.
func numberNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
