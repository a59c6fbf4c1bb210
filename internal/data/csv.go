package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"acol/internal/box"
	"acol/internal/data/pixels"
)

// csvLine is a line of a table: an image with one of its labels and, if hasBox is true, the box of
// the object.
type csvLine struct {
	number int
	id     string
	class  string
	box    box.Box
	hasBox bool
	split  string // "" where the table does not say
}

// openCSV reads a table of comma-separated values, one file for each split, with a line for each
// image or for each object. The first line names the columns; see csvColumns. The classes are the
// labels of all splits in the order of their names, or of their numbers if all are numbers. Paths
// start from the root; one without an ending gets that which the files there have.
func (s *Split) openCSV(cfg Config, key, folder string) error {
	s.Stored = false
	file, err := csvFile(cfg, folder)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	var own []csvLine
	classes, tells := map[string]bool{}, false
	err = readCSV(file, s.report, func(l csvLine) error {
		classes[l.class] = true
		tells = tells || l.split != ""
		if l.split == "" || l.split == s.Name {
			own = append(own, l)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if err := s.csvClasses(cfg, file, tells, classes); err != nil {
		return err
	}
	if err := s.joinCSV(cfg.Root, file, own); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	const clip = true
	if err := s.checkBoxes(file, clip); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// csvFile finds the table of a split.
func csvFile(cfg Config, folder string) (string, error) {
	return findFile(cfg.listDir(), folder, "", ".csv", ".tsv", ".txt")
}

// csvClasses names the classes: those seen in the table of this split, own, and those of the
// others. It is an error if another split is in the same table, unless that tells which image is in
// which split.
func (s *Split) csvClasses(cfg Config, own string, tells bool, seen map[string]bool) error {
	read := []string{own}
	for _, split := range splitNames {
		key, folder, err := cfg.folderOf(split)
		if err != nil {
			return err
		}
		file, err := csvFile(cfg, folder)
		if err == nil && folder != "" && file == own && split != s.Name && !tells {
			return fmt.Errorf("%s: %s is the table of %s too, and has no column split", key, file, s.Name)
		}
		if folder == "" || errors.Is(err, fs.ErrNotExist) || slices.Contains(read, file) {
			continue
		}
		if err != nil {
			return err
		}
		read = append(read, file)
		err = readCSV(file, s.quiet(), func(l csvLine) error {
			seen[l.class] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	delete(seen, "")
	if len(seen) > maxClasses {
		return fmt.Errorf("%s: %d classes, at most %d", own, len(seen), maxClasses)
	}
	s.Classes = make([]string, 0, len(seen))
	numbers := true
	for name := range seen {
		s.Classes = append(s.Classes, name)
		_, err := strconv.Atoi(name)
		numbers = numbers && err == nil
	}
	slices.SortFunc(s.Classes, func(a, b string) int {
		if numbers {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			if x != y {
				return x - y
			}
		}
		return strings.Compare(a, b)
	})
	return nil
}

// joinCSV makes the samples, in the order in which the table first names the images.
func (s *Split) joinCSV(root, file string, lines []csvLine) error {
	label, place := indexOf(s.Classes), map[string]int{}
	ending := csvEnding(root, lines)
	type truth struct {
		labels, boxLabels []int
		boxes             []box.Box
	}
	var truths []truth
	for _, l := range lines {
		if !pixels.IsImageName(l.id) {
			l.id += ending
		}
		i, known := place[l.id]
		if !known {
			sample, err := newSample(root, l.id)
			if err != nil {
				if err := s.problem(&Problem{File: file, Line: l.number, Err: err}); err != nil {
					return err
				}
				continue
			}
			i = len(s.Samples)
			place[l.id] = i
			s.Samples, truths = append(s.Samples, sample), append(truths, truth{})
		}
		if l.class == "" {
			p := unlabelled(file, l.id)
			p.Line = l.number
			s.remark(p)
			continue
		}
		t := &truths[i]
		t.labels = append(t.labels, label[l.class])
		if l.hasBox {
			t.boxes, t.boxLabels = append(t.boxes, l.box), append(t.boxLabels, label[l.class])
		}
	}
	for i, t := range truths {
		s.Samples[i].setTruth(t.labels, t.boxes, t.boxLabels)
	}
	return nil
}

// csvEnding gives the ending of the files that the first lines name without one.
func csvEnding(root string, lines []csvLine) string {
	const tries = 10
	for _, l := range lines[:min(tries, len(lines))] {
		for _, ending := range []string{"", ".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"} {
			local := filepath.FromSlash(l.id + ending)
			if !filepath.IsLocal(local) {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, local)); err == nil {
				return ending
			}
		}
	}
	return ""
}
