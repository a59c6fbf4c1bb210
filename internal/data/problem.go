package data

import (
	"errors"
	"fmt"
	"strconv"

	"acol/internal/brief"
)

// Problem is a place in the lists of a data set that is wrong, and the reason.
type Problem struct {
	// File is the list that is wrong, "" if there is none.
	File string
	// Line is the line of the file, from 1; 0 means the file as a whole.
	Line int
	// Image is the id of the image that the problem is about, "" if no image is known.
	Image string
	// Err is the reason.
	Err error
}

// Error is `file:line: reason`, as far as file and line are known.
func (p *Problem) Error() string {
	where := p.File
	if p.Line > 0 {
		where += ":" + strconv.Itoa(p.Line)
	}
	if where == "" {
		return p.Reason()
	}
	return where + ": " + p.Reason()
}

// Reason is the text of Err, shortened where it quotes much of the list.
func (p *Problem) Reason() string { return brief.Text(p.Err.Error(), 500) }

// Unwrap gives the reason.
func (p *Problem) Unwrap() error { return p.Err }

// Reasons of a Problem that callers tell apart with errors.Is. A problem with another reason is a
// line that cannot be read.
var (
	ErrBoxOrder   = errors.New("has a negative corner, or its corners in the wrong order")
	ErrBoxOutside = errors.New("is outside of the image")
	ErrBoxBeyond  = errors.New("sticks out of the image")
	ErrBoxClipped = errors.New("is clipped to the image")
	ErrBoxEmpty   = errors.New("has no area and is left out")
	ErrNoImage    = errors.New("describes no image of the split")
	ErrSeveral    = errors.New("fits several files")
	ErrSameName   = errors.New("is the name of several labels")
	ErrForeign    = errors.New("acol does not read such pictures, and leaves it out")
	ErrLabel      = errors.New("is not in") // the text that follows names the range or the list
	ErrNoLabel    = errors.New("no label")
	ErrTwice      = errors.New("is there twice")
)

// problem reports a problem to the survey, and then gives nil so that reading goes on. Without a
// survey it gives the problem as the error that ends the reading.
func (s *Split) problem(p *Problem) error {
	if s.report == nil {
		return p
	}
	s.report(p)
	return nil
}

// unlabelled is the problem of an image that a list gives no label.
func unlabelled(file, id string) *Problem {
	return &Problem{File: file, Image: id, Err: fmt.Errorf("%w for image %q", ErrNoLabel, id)}
}

// noObject is the reason why an image has no label, for a list of objects that may have none of it.
func noObject(id, what string) error {
	return fmt.Errorf("%w for image %q: it has no %s", ErrNoLabel, id, what)
}

// leaveOut counts an image that the configuration lets training do without. A survey gets the
// problem too.
func (s *Split) leaveOut(p *Problem) {
	if s.LeftOut++; s.LeftOut == 1 {
		s.WhyLeftOut = p
	}
	s.remark(p)
}

// remark reports a problem to a survey that reading corrects by itself. Without a survey it does
// nothing.
func (s *Split) remark(p *Problem) {
	if s.report != nil {
		s.report(p)
	}
}

// quiet gives a way of reporting for lists that a survey reads a second time: it drops the
// problems, which are reported elsewhere. Without a survey it is nil.
func (s *Split) quiet() func(*Problem) {
	if s.report == nil {
		return nil
	}
	return func(*Problem) {}
}

// checkBoxes measures the images and removes or refuses boxes that lie outside of them. If clip is
// true, it clips boxes that stick out. file is the list that the boxes came from.
func (s *Split) checkBoxes(file string, clip bool) error {
	s.measure()
	for i := range s.Samples {
		if err := s.checkBoxesOf(&s.Samples[i], file, clip); err != nil {
			return err
		}
	}
	return nil
}

// checkMeasured is checkBoxes for the images that had no size before; boxes of the others were
// compared with their sizes already.
func (s *Split) checkMeasured(file string, clip bool) error {
	for _, i := range s.measure() {
		if err := s.checkBoxesOf(&s.Samples[i], file, clip); err != nil {
			return err
		}
	}
	return nil
}

// checkBoxesOf is checkBoxes for one sample, whose size may be unknown.
func (s *Split) checkBoxesOf(sample *Sample, file string, clip bool) error {
	for i := 0; sample.Width > 0 && i < len(sample.Boxes); i++ {
		b, err := sample.fit(sample.Boxes[i], clip)
		if err != nil {
			reason := fmt.Errorf("box %v of %q %w", sample.Boxes[i], sample.ID, err)
			p := &Problem{File: file, Image: sample.ID, Err: reason}
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
