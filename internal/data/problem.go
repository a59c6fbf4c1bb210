package data

import (
	"errors"
	"fmt"
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
	ErrBoxClipped = errors.New("is clipped to the image")
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

// checkBoxes measures images and refuses boxes that are outside of theirs; it clips those that
// stick out if asked to. file is where they came from.
func (s *Split) checkBoxes(file string, clip bool) error {
	s.measure()
	for i := range s.Samples {
		if err := s.checkBoxesOf(&s.Samples[i], file, clip); err != nil {
			return err
		}
	}
	return nil
}

// checkMeasured is checkBoxes for a format that told most sizes before, so that boxes
// were compared with them.
func (s *Split) checkMeasured(file string, clip bool) error {
	for _, i := range s.measure() {
		if err := s.checkBoxesOf(&s.Samples[i], file, clip); err != nil {
			return err
		}
	}
	return nil
}

func (s *Split) checkBoxesOf(sample *Sample, file string, clip bool) error {
	for i := 0; sample.Width > 0 && i < len(sample.Boxes); i++ {
		b, err := sample.fit(sample.Boxes[i], clip)
		if err != nil {
			p := &Problem{File: file, Image: sample.ID, Err: fmt.Errorf("box %v of %q %w", sample.Boxes[i], sample.ID, err)}
			if !errors.Is(err, ErrBoxOutside) {
				s.remark(p)
			} else if err := s.problem(p); err != nil {
				return err
			} else {
				sample.dropBox(i)
				i--
				continue
			}
		}
		sample.Boxes[i] = b
	}
	return nil
}
