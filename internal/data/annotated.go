package data

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"

	"acol/internal/box"
	"acol/internal/parallel"
)

// corners says what the coordinates in the XML files of a format mean.
type corners struct {
	// origin is the number of the first pixel.
	origin int
	// clip says that boxes that stick out of their images are clipped.
	clip bool
}

// annotated gives a sample the size, labels and boxes of its annotation, which was read from file.
// index has the labels by the names of the classes, and c says what coordinates mean. Objects that
// are marked as difficult count only if the image has no others. An object that cannot be used is a
// problem of the split.
func (s *Split) annotated(
	sample *Sample, a *annotation, file string, index map[string]int, c corners,
) error {
	sample.Width, sample.Height = a.width, a.height
	if a.width == 0 || a.height == 0 {
		sample.Width, sample.Height = 0, 0
	}
	easy := 0
	for _, o := range a.objects {
		if !o.difficult {
			easy++
		}
	}
	var labels []int
	var boxes []box.Box
	for _, o := range a.objects {
		if o.difficult && easy > 0 {
			continue
		}
		p := &Problem{File: file, Line: o.line, Image: sample.ID}
		label, known := index[o.name]
		b, reason := sample.place(o.box, c)
		switch {
		case !known:
			p.Err = fmt.Errorf("class %q %w the %d classes", o.name, ErrLabel, len(index))
		case reason != nil:
			p.Err = fmt.Errorf("box %v of %q %w", o.box, o.name, reason)
		}
		if errors.Is(p.Err, ErrBoxBeyond) || errors.Is(p.Err, ErrBoxClipped) {
			s.remark(p)
		} else if p.Err != nil {
			if err := s.problem(p); err != nil {
				return err
			}
			continue
		}
		labels, boxes = append(labels, label), append(boxes, b)
	}
	sample.setTruth(append([]int(nil), labels...), boxes, labels)
	if sample.Label < 0 {
		s.remark(&Problem{File: file, Image: sample.ID, Err: noObject(sample.ID, "object")})
	}
	return nil
}

// place gives the box in pixels from 0 of a box as the file has it, and what fit says of it.
func (s *Sample) place(b box.Box, c corners) (box.Box, error) {
	if b.X1 < b.X0 || b.Y1 < b.Y0 || !c.clip && !b.Valid() {
		return b, ErrBoxOrder
	}
	b = box.Box{
		X0: b.X0 - c.origin, Y0: b.Y0 - c.origin, X1: b.X1 - c.origin, Y1: b.Y1 - c.origin,
	}
	return s.fit(b, c.clip)
}

// readAnnotations reads the XML files of the images with the ids on all processors. The annotation
// of a file that cannot be read is nil, and the file is a problem of the split. Where there is no
// file, onError decides whether that is a problem, or the image is left out.
func (s *Split) readAnnotations(onError OnError, ids, files []string) ([]*annotation, error) {
	all, errs := make([]*annotation, len(files)), make([]error, len(files))
	parallel.Each(runtime.GOMAXPROCS(0), len(files), func(i int) {
		all[i], errs[i] = readAnnotation(files[i])
	})
	for i, err := range errs {
		if err == nil {
			continue
		}
		var p *Problem
		switch {
		case errors.As(err, &p):
		case errors.Is(err, fs.ErrNotExist) && onError == Skip:
			reason := fmt.Errorf("%w for image %q: it has no annotation", ErrNoLabel, ids[i])
			s.leaveOut(&Problem{File: files[i], Image: ids[i], Err: reason})
			continue
		case errors.Is(err, fs.ErrNotExist):
			err = fmt.Errorf("%w: image %q has no annotation; data.on_error: skip leaves it out",
				fs.ErrNotExist, ids[i])
			p = &Problem{File: files[i], Image: ids[i], Err: err}
		default:
			p = &Problem{File: files[i], Image: ids[i], Err: err}
		}
		if err := s.problem(p); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// xmlName gives the name of the XML file of an image.
func xmlName(image string) string {
	base := filepath.Base(image)
	return strings.TrimSuffix(base, filepath.Ext(base)) + ".xml"
}
