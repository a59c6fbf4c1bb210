package data

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"acol/internal/brief"
)

// openList reads the lists of xiaomengyc/ACoL (its utils/mydataset.py), one file for each split,
// with lines of the forms
//
//	path;label
//	path label          .jpg is added to a path without a dot
//	path label label …  several labels
//	path 0 1 0 …        a 0 or 1 for each class
//
// Labels are counted from 0, and paths start from the root. The last two forms are told apart by
// the whole file; see hotList.
func (s *Split) openList(cfg Config, key, folder string) error {
	dir := cfg.listDir()
	file, err := findFile(dir, folder, "", ".txt", "_list.txt")
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	n := lineCount(file)
	s.Samples = make([]Sample, 0, n)
	seen := make(map[string]struct{}, n)
	err = readList(file, s.report, func(line int, id string, labels []int) error {
		sample, err := newSample(cfg.Root, id)
		if err != nil {
			return err
		}
		if _, twice := seen[sample.ID]; twice {
			return fmt.Errorf("image %q %w", id, ErrTwice)
		}
		seen[sample.ID] = struct{}{}
		if len(labels) == 1 {
			sample.Label = labels[0]
		} else {
			sample.setTruth(slices.Clone(labels), nil, nil)
		}
		if sample.Label < 0 {
			p := unlabelled(file, sample.ID)
			p.Line = line
			s.remark(p)
			return nil
		}
		s.Samples = append(s.Samples, sample)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	s.Classes, err = s.listClasses(cfg)
	return err
}

// listClasses names the classes from the labels of all splits, so that each split gets the same
// list.
func (s *Split) listClasses(cfg Config) ([]string, error) {
	var c census
	for _, split := range splitNames {
		_, folder, err := cfg.folderOf(split)
		if err != nil {
			return nil, err
		}
		file, err := findFile(cfg.listDir(), folder, "", ".txt", "_list.txt")
		if folder == "" || errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c.begin(split)
		err = readList(file, s.quiet(), func(_ int, id string, labels []int) error {
			c.add(id, labels...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return c.classes(s)
}

// readList calls visit for every line of a list. visit must not keep labels.
func readList(
	file string, report func(*Problem), visit func(line int, id string, labels []int) error,
) error {
	hot, err := hotList(file)
	if err != nil {
		return err
	}
	return eachNumberedLine(file, report, func(number int, line string) error {
		id, labels, err := parseListLine(line)
		if err != nil {
			return err
		}
		if hot {
			labels = ones(labels)
		}
		for _, l := range labels {
			if l < 0 || l >= maxClasses {
				return fmt.Errorf("label %d %w 0 to %d", l, ErrLabel, maxClasses-1)
			}
		}
		return visit(number, id, labels)
	})
}

// errStop ends the reading of a file whose first lines tell enough.
var errStop = errors.New("seen enough")

// hotList says whether a list has vectors of 0 and 1 instead of labels: every line has the same
// number of values, two or more, all of them 0 or 1, and some line repeats a value, as labels
// never do.
func hotList(file string) (bool, error) {
	width, twice := 0, false
	err := eachLine(file, nil, func(line string) error {
		_, labels, err := parseListLine(line)
		if err != nil || len(labels) < 2 || width > 0 && len(labels) != width {
			return errStop
		}
		width = len(labels)
		zeros := 0
		for _, l := range labels {
			if l != 0 && l != 1 {
				return errStop
			}
			if l == 0 {
				zeros++
			}
		}
		twice = twice || zeros > 1 || len(labels)-zeros > 1
		return nil
	})
	if bad := (*Problem)(nil); errors.As(err, &bad) {
		return false, nil
	}
	return twice, err
}

// ones gives the places of the ones in a vector.
func ones(vector []int) []int {
	var labels []int
	for i, v := range vector {
		if v == 1 {
			labels = append(labels, i)
		}
	}
	return labels
}

// parseListLine splits a line into the image's path and the numbers after it.
func parseListLine(line string) (id string, labels []int, err error) {
	id, rest, semicolon := strings.Cut(line, ";")
	fields := strings.Fields(rest)
	if !semicolon {
		fields = strings.Fields(line)
		id, fields = fields[0], fields[1:]
		if !strings.Contains(id, ".") {
			id += ".jpg"
		}
	}
	if id = strings.TrimSpace(id); id == "" {
		return "", nil, fmt.Errorf("%q has no path before the label", line)
	}
	if len(fields) == 0 {
		return "", nil, fmt.Errorf("%q has no label: want path;label or path label", line)
	}
	labels = make([]int, len(fields))
	for i, f := range fields {
		label, err := parseWhole(f, math.MaxInt32)
		if err != nil {
			hint := ""
			if !semicolon && i < len(fields)-1 {
				hint = "; a path with blanks is written path;label"
			}
			return "", nil, fmt.Errorf("label %s of %q is not a whole number%s",
				brief.Quote(f), id, hint)
		}
		labels[i] = int(label)
	}
	return id, labels, nil
}
