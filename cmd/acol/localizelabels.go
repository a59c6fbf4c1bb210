package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"acol/internal/choice"
	"acol/internal/data/pixels"
	"acol/internal/labels"
	"acol/internal/localize"
	"acol/internal/regular"
	"acol/internal/sources"
)

// boxOptions are what localize makes of boxes besides pictures with maps.
type boxOptions struct {
	Labels []string // formats of package labels
	Crops  bool
	Mask   bool
}

// addBoxFlags adds the flags for what is kept of boxes and written of them.
func addBoxFlags(c *cobra.Command, o *localizeOptions) {
	f := c.Flags()
	formats := labels.Format("").Choices()
	f.StringSliceVar(&o.Boxes.Labels, "labels", nil,
		"write the boxes as labels too, as a `FORMAT`: yolo, coco, voc, labelme")
	f.BoolVar(&o.Boxes.Crops, "crops", false, "also cut the boxes out of the picture")
	f.BoolVar(&o.Boxes.Mask, "mask", false, "also write which pixels belong to the object")
	addKeyFlag(c, &o.Set, "refine", "", "localize.refine", "", "")
	addKeyFlag(c, &o.Set, "min-prob", "", "localize.min_prob", "P", "")
	addKeyFlag(c, &o.Set, "min-area", "", "localize.min_area", "SHARE", "")
	_ = c.RegisterFlagCompletionFunc("labels",
		cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses formats that there are not, and takes each once.
func (o *boxOptions) check() error {
	var once []string
	for _, format := range o.Labels {
		if err := choice.Check(labels.Format(format)); err != nil {
			return usagef("--labels: %w", err)
		}
		if !slices.Contains(once, format) {
			once = append(once, format)
		}
	}
	o.Labels = once
	return nil
}

// labelFolder is where the labels of a format go.
func (o *localizeOptions) labelFolder(format string) string {
	return filepath.Join(o.Out, format)
}

// checkLabels refuses folders that hold labels already, before there is much to lose.
func (o *localizeOptions) checkLabels() error {
	for _, format := range o.Boxes.Labels {
		err := labels.Check(o.labelFolder(format))
		if errors.Is(err, labels.ErrTaken) {
			return hinted{err, "labels may have been corrected by hand: remove the folder, " +
				"or name another with --out"}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// labelSets are the data sets that a command writes, one for each format.
type labelSets struct {
	o    *localizeOptions
	sets []*labels.Writer // as the options have them
}

func newLabelSets(o *localizeOptions, classes []string) (*labelSets, error) {
	s := &labelSets{o: o}
	for _, format := range o.Boxes.Labels {
		w, err := labels.Create(labels.Format(format), o.labelFolder(format), classes)
		if err != nil {
			return nil, err
		}
		s.sets = append(s.sets, w)
	}
	return s, nil
}

// add puts an image into each data set.
func (s *labelSets) add(ctx context.Context, in *sources.Image, objects []labels.Object) error {
	if len(s.sets) == 0 {
		return nil
	}
	file, err := in.File(ctx)
	if err != nil {
		return err
	}
	info, err := pixels.Header(file)
	if err != nil {
		return err
	}
	p := &labels.Picture{
		Name: filepath.ToSlash(filepath.Join(in.Sub, filepath.Base(in.Path))), Info: info,
		Open:    func() (io.ReadCloser, error) { return regular.Open(file) },
		Objects: objects,
	}
	for _, w := range s.sets {
		if err := w.Add(p); err != nil {
			return err
		}
	}
	return nil
}

// objectsOf lists the boxes of an image as objects.
func objectsOf(r *localize.Result) (objects []labels.Object) {
	for _, m := range r.Maps {
		for _, found := range m.Boxes {
			objects = append(objects, labels.Object{
				Class: m.Class, Box: found.Box, Probability: r.Probabilities[m.Class],
			})
		}
	}
	return objects
}

// close ends the data sets and says what they hold.
func (s *labelSets) close() error {
	for i, w := range s.sets {
		if err := w.Close(); err != nil {
			return err
		}
		dir := s.o.labelFolder(s.o.Boxes.Labels[i])
		if w.Pictures == 0 {
			s.o.streams.say("no labels in %s: there is no box", dir)
			continue
		}
		left := ""
		if w.LeftOut > 0 {
			left = fmt.Sprintf("; left out without a box: %d", w.LeftOut)
		}
		s.o.streams.say("labels in %s: boxes %d, images %d%s", dir, w.Objects, w.Pictures, left)
		switch labels.Format(s.o.Boxes.Labels[i]) {
		case labels.YOLO:
			s.o.streams.hint("yolo detect train model=yolo11n.pt data=%s",
				shellWord(filepath.Join(dir, "data.yaml")))
		case labels.Labelme:
			s.o.streams.hint("labelme %s", shellWord(dir))
		}
	}
	return nil
}
