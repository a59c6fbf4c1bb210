package datacheck

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"acol/internal/brief"
	"acol/internal/data"
	"acol/internal/data/pixels"
)

// Options say what is checked, and who is told.
type Options struct {
	// Quick reads only the headers and ends of images. That finds files that are missing, no
	// images, or truncated in most cases, but no damage inside and no two files with the same
	// content.
	Quick bool
	// Splits are the names of the splits to check; nil checks all that the data set has.
	Splits []string
	// Workers is the number of goroutines that decode images; 0 means one for each processor. The
	// findings do not depend on it.
	Workers int
	// Report is called for each finding, in an order that depends on the data alone. An error of it
	// ends the check.
	Report func(Finding) error
	// Progress is called after each batch of images.
	Progress func(done, total int)
}

// Summary counts what was found.
type Summary struct {
	Splits   []SplitSummary `json:"splits"`
	Quick    bool           `json:"quick"`
	Images   int            `json:"images"`
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Notes    int            `json:"notes"`
	// Counts has the findings by kind.
	Counts map[Kind]int `json:"counts"`
}

// SplitSummary counts what a split holds.
type SplitSummary struct {
	Name    string `json:"name"`
	Images  int    `json:"images"`
	Classes int    `json:"classes"`
	Boxed   int    `json:"boxed"`          // images with ground-truth boxes
	Masked  int    `json:"masked"`         // images with masks
	Boxes   int    `json:"boxes"`          // in all images
	Several int    `json:"several_labels"` // images with several labels
}

// checker is a run over a data set.
type checker struct {
	cfg     data.Config
	opt     Options
	room    *pixels.Room
	splits  []*data.Split
	sum     Summary
	failed  error              // of Report
	content map[[16]byte]place // the first image of each content
	near    data.NearMisses    // of files that are not there
}

// place is an image: the places of its split and of its sample there.
type place struct{ split, index int32 }

// Run checks the splits of a data set: first the lists, then the splits against each other, then
// the images. What is wrong with the data is a finding. The error is that of a cancelled context,
// of Report, or of a configuration that does not name a wanted split.
func Run(ctx context.Context, cfg data.Config, opt Options) (*Summary, error) {
	c := &checker{cfg: cfg, opt: opt, room: cfg.Room(), content: map[[16]byte]place{}}
	c.sum.Counts, c.sum.Quick = map[Kind]int{}, opt.Quick
	if c.opt.Workers <= 0 {
		c.opt.Workers = runtime.GOMAXPROCS(0)
	}
	names, err := cfg.Named(opt.Splits)
	if err != nil {
		return nil, err
	}
	c.readLists(names)
	if c.failed == nil {
		c.compareSplits()
	}
	if c.failed == nil {
		if err := c.readImages(ctx); err != nil {
			return nil, err
		}
	}
	return &c.sum, c.failed
}

// found counts and reports a finding.
func (c *checker) found(f Finding) {
	f.Severity = severityOf(f.Kind)
	c.sum.Counts[f.Kind]++
	switch f.Severity {
	case Error:
		c.sum.Errors++
	case Warning:
		c.sum.Warnings++
	default:
		c.sum.Notes++
	}
	if c.failed == nil && c.opt.Report != nil {
		c.failed = c.opt.Report(f)
	}
}

// readLists reads the lists of the splits, reports their problems, and counts what they hold.
func (c *checker) readLists(names []string) {
	for _, name := range names {
		s, err := data.Survey(c.cfg, name, func(p *data.Problem) { c.found(ofProblem(name, p)) })
		if err != nil {
			c.found(Finding{Kind: List, Split: name, Message: err.Error()})
			continue
		}
		c.splits = append(c.splits, s)
		sum := SplitSummary{Name: name, Images: len(s.Samples), Classes: len(s.Classes)}
		for i := range s.Samples {
			x := &s.Samples[i]
			sum.Boxes += len(x.Boxes)
			if len(x.Boxes) > 0 {
				sum.Boxed++
			}
			if len(x.Masks) > 0 {
				sum.Masked++
			}
			if len(x.Labels) > 1 {
				sum.Several++
			}
		}
		c.sum.Splits = append(c.sum.Splits, sum)
		c.sum.Images += sum.Images
	}
}

// compareSplits compares the classes and files of the splits, and the order of ImageNet's classes.
func (c *checker) compareSplits() {
	for i, s := range c.splits {
		if i > 0 && !slices.Equal(s.Classes, c.splits[0].Classes) {
			text := fmt.Sprintf("%s has %d classes and %s %d, or their names differ",
				s.Name, len(s.Classes), c.splits[0].Name, len(c.splits[0].Classes))
			c.found(Finding{Kind: Classes, Split: s.Name, Message: text})
		}
		if s.Name == "train" {
			c.classesWithout(s)
		}
	}
	order, err := data.LabelOrder(c.splits...)
	switch {
	case err != nil:
		c.found(Finding{Kind: LabelMixed, Message: err.Error()})
	case order == data.DevkitOrder:
		c.found(Finding{Kind: LabelOrder, Message: "labels are in the order of the ILSVRC devkit, " +
			"as the ACoL authors' lists are; torchvision's weights have the sorted synsets"})
	case order == data.OtherOrder:
		c.found(Finding{Kind: LabelOrder, Message: "labels are in an order of ImageNet's classes " +
			"that is neither torchvision's nor the devkit's"})
	}
	c.sharedFiles()
}

// classesWithout reports the classes of which a split has no image.
func (c *checker) classesWithout(s *data.Split) {
	have := make([]bool, len(s.Classes))
	for i := range s.Samples {
		x := &s.Samples[i]
		have[x.Label] = true
		for _, l := range x.Labels {
			have[l] = true
		}
	}
	var empty []string
	for label, name := range s.Classes {
		if !have[label] {
			empty = append(empty, name)
		}
	}
	if len(empty) == 0 {
		return
	}
	const most = 10
	some := slices.Clone(empty[:min(most, len(empty))])
	for i, name := range some {
		some[i] = brief.Text(name, 60)
	}
	names := strings.Join(some, ", ")
	if len(empty) > most {
		names += " …"
	}
	text := fmt.Sprintf("%d of %d classes have no image: %s", len(empty), len(s.Classes), names)
	c.found(Finding{Kind: NoImages, Split: s.Name, Message: text})
}

// sharedFiles reports files that are in two splits. It compares paths; two links to one file are
// found by their content.
func (c *checker) sharedFiles() {
	if len(c.splits) < 2 {
		return
	}
	owner := make(map[string]int32, c.sum.Images)
	for i, s := range c.splits {
		for j := range s.Samples {
			p := s.Samples[j].Path
			if first, ok := owner[p]; !ok {
				owner[p] = int32(i)
			} else if first != int32(i) {
				c.found(Finding{Kind: SharedFile, Split: s.Name, Image: s.Samples[j].ID, File: p,
					Message: fmt.Sprintf("is in %s too", c.splits[first].Name)})
			}
		}
	}
}
