package datacheck

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"

	"acol/internal/brief"
	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/regular"
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

// looked is what inspecting an image and its masks gave.
type looked struct {
	info  *pixels.Info // nil if the header cannot be read
	err   error        // of the image
	masks []error      // of its masks
}

// look inspects an image and its masks.
func (c *checker) look(ctx context.Context, x *data.Sample) (l looked) {
	whole := !c.opt.Quick
	l.info, l.err = c.room.Inspect(ctx, x.Path, whole)
	masks := x.Masks
	if x.Ignore != "" {
		masks = append(slices.Clone(masks), x.Ignore)
	}
	for _, m := range masks {
		if _, err := c.room.Inspect(ctx, m, whole); err != nil {
			l.masks = append(l.masks, err)
		}
	}
	return l
}

// readImages inspects all images. The workers share a batch at a time, so that memory is bounded
// and findings come in order.
func (c *checker) readImages(ctx context.Context) error {
	const batch = 256
	results := make([]looked, batch)
	done := 0
	for i, s := range c.splits {
		for from := 0; from < len(s.Samples); from += batch {
			part := s.Samples[from:min(from+batch, len(s.Samples))]
			if err := c.inspect(ctx, part, results); err != nil {
				return err
			}
			for j := range part {
				c.judge(place{int32(i), int32(from + j)}, results[j])
			}
			if c.failed != nil {
				return nil
			}
			done += len(part)
			if c.opt.Progress != nil {
				c.opt.Progress(done, c.sum.Images)
			}
		}
	}
	return nil
}

// inspect inspects the images of a batch on all workers.
func (c *checker) inspect(ctx context.Context, part []data.Sample, results []looked) error {
	var wg sync.WaitGroup
	next := make(chan int)
	for range c.opt.Workers {
		wg.Go(func() {
			for i := range next {
				results[i] = c.look(ctx, &part[i])
			}
		})
	}
	for i := range part {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	for _, l := range results[:len(part)] {
		if err := errors.Join(append(l.masks, l.err)...); regular.Lacking(err) {
			return fmt.Errorf("inspecting the images: %w", err) // no finding about an image
		}
	}
	return ctx.Err()
}

// judge reports the findings about one image.
func (c *checker) judge(at place, l looked) {
	s := c.splits[at.split]
	x := &s.Samples[at.index]
	say := func(k Kind, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		c.found(Finding{Kind: k, Split: s.Name, Image: x.ID, File: x.Path, Message: text})
	}
	switch {
	case l.err == nil:
	case errors.Is(l.err, fs.ErrNotExist):
		say(Missing, "no such file%s", c.near.Of(x.Path))
	case errors.Is(l.err, pixels.ErrUnsupported):
		say(Unsupported, "%s", reason(l.err, x.Path))
	case errors.Is(l.err, pixels.ErrTruncated):
		say(Truncated, "%s", reason(l.err, x.Path))
	default:
		say(Unreadable, "%s", reason(l.err, x.Path))
	}
	for _, err := range l.masks {
		say(Mask, "%v", err)
	}
	in := l.info
	if in == nil {
		return
	}
	c.judgeSize(s, x, in, say)
	switch {
	case in.CMYK:
		say(CMYK, "has the colours of print, CMYK")
	case in.Deep:
		say(Deep, "has 16 bits a channel")
	case in.Grey:
		say(Grey, "is greyscale")
	}
	if in.Turned() && s.Stored {
		say(Turned, "EXIF orientation %d turns it; boxes and sizes are taken to mean "+
			"the stored %dx%d pixels", in.Orientation, in.Width, in.Height)
	}
	if l.err == nil && in.Sum != [16]byte{} {
		c.judgeContent(at, in.Sum, say)
	}
}

// reason gives the text of an error without the part that names the file, which the finding names.
func reason(err error, path string) string {
	if _, after, ok := strings.Cut(err.Error(), path+": "); ok {
		return after
	}
	return err.Error()
}

// judgeSize compares the size of an image with the listed one, and looks whether the image can be
// resized as the configuration says.
func (c *checker) judgeSize(
	s *data.Split, x *data.Sample, in *pixels.Info, say func(Kind, string, ...any),
) {
	w, h := in.Width, in.Height
	if !s.Stored {
		w, h = in.Oriented()
	}
	if x.Width > 0 && (x.Width != w || x.Height != h) {
		hint := ""
		if x.Width == h && x.Height == w {
			hint = ": width and height are swapped"
			if in.Turned() {
				hint = ": the list has the size of the picture that EXIF turns"
			}
		}
		say(Size, "is listed with %dx%d pixels and has %dx%d%s", x.Width, x.Height, w, h, hint)
	}
	if _, err := c.cfg.Input.TestGeometry(w, h); err != nil {
		say(Shape, "%v", err)
	}
}

// judgeContent reports an image whose bytes are those of an image before.
func (c *checker) judgeContent(at place, sum [16]byte, say func(Kind, string, ...any)) {
	before, met := c.content[sum]
	if !met {
		c.content[sum] = at
		return
	}
	other := c.splits[before.split]
	y := &other.Samples[before.index]
	x := &c.splits[at.split].Samples[at.index]
	switch {
	case before.split != at.split && x.Path == y.Path: // a shared file, reported already
	case before.split != at.split:
		say(SharedImage, "has the content of %s of %s", y.ID, other.Name)
	case x.Label != y.Label || !slices.Equal(x.Labels, y.Labels):
		say(Contradicted, "has the content of %s, which is %s, while it is %s",
			y.ID, other.Classes[y.Label], other.Classes[x.Label])
	default:
		say(RepeatedFile, "has the content of %s", y.ID)
	}
}
