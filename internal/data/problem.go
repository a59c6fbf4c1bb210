package data

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Problem is a place in the lists of a data set that is wrong.
type Problem struct {
	// File is the list, and Line its 1-based line; 0 where the file as a whole is meant.
	File string
	Line int
	// Image is the id of the image that it is about; "" where the line names none that is known.
	Image string
	Err   error
}

// Error is `file:line: reason`, as far as they are known.
func (p *Problem) Error() string {
	where := p.File
	if p.Line > 0 {
		where += ":" + strconv.Itoa(p.Line)
	}
	if where == "" {
		return p.Err.Error()
	}
	return where + ": " + p.Err.Error()
}

// Unwrap gives the reason.
func (p *Problem) Unwrap() error { return p.Err }

// Reasons of a Problem that readers tell apart with errors.Is; what is none of them is a line that cannot be read.
var (
	ErrBoxOrder   = errors.New("has a negative corner, or its corners in the wrong order")
	ErrBoxOutside = errors.New("is outside of the image")
	ErrBoxBeyond  = errors.New("sticks out of the image")
	ErrLabel      = errors.New("is not in") // the range or list that follows
	ErrNoLabel    = errors.New("no label")
	ErrTwice      = errors.New("is there twice")
)

// problem hands on what is wrong with a sample or a file: to the survey, which goes
// on, or as the error that ends the reading.
func (s *Split) problem(p *Problem) error {
	if s.report == nil {
		return p
	}
	s.report(p)
	return nil
}

// remark tells a survey what reading puts right by itself.
func (s *Split) remark(p *Problem) {
	if s.report != nil {
		s.report(p)
	}
}

// quiet is for what a survey reads again, or only for the sake of another list: its
// problems are passed over, for they are reported elsewhere.
func (s *Split) quiet() func(*Problem) {
	if s.report == nil {
		return nil
	}
	return func(*Problem) {}
}

// checkBoxes refuses boxes that are outside of their images; file is where they came from.
func (s *Split) checkBoxes(file string) error {
	for i := range s.Samples {
		sample := &s.Samples[i]
		for j := 0; j < len(sample.Boxes); j++ {
			b := sample.Boxes[j]
			p := &Problem{File: file, Image: sample.ID}
			switch {
			case sample.Width == 0:
			case b.X0 >= sample.Width || b.Y0 >= sample.Height:
				p.Err = fmt.Errorf("box %v of %q %w of %dx%d pixels", b, sample.ID, ErrBoxOutside, sample.Width, sample.Height)
				if err := s.problem(p); err != nil {
					return err
				}
				sample.dropBox(j)
				j--
			case b.X1 >= sample.Width || b.Y1 >= sample.Height:
				p.Err = fmt.Errorf("box %v of %q %w of %dx%d pixels", b, sample.ID, ErrBoxBeyond, sample.Width, sample.Height)
				s.remark(p)
			}
		}
	}
	return nil
}

// dropBox leaves box i out.
func (s *Sample) dropBox(i int) {
	s.Boxes = slices.Delete(slices.Clone(s.Boxes), i, i+1)
	if s.BoxLabels != nil {
		s.BoxLabels = slices.Delete(slices.Clone(s.BoxLabels), i, i+1)
	}
}

// clipBoxes limits the boxes to the image where its size is known.
func (s *Sample) clipBoxes() {
	if s.Width > 0 {
		for i, b := range s.Boxes {
			s.Boxes[i] = b.Clip(s.Width, s.Height)
		}
	}
}
