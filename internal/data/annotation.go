package data

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"acol/internal/box"
	"acol/internal/parallel"
)

// Bounds of an XML annotation: its length in bytes, the depth of its elements, and its objects.
const (
	maxXML        = 4 << 20
	maxXMLDepth   = 16
	maxXMLObjects = 1 << 16
)

// annotation is the XML file of an image, as Pascal VOC and ImageNet write it.
type annotation struct {
	filename      string
	width, height int // in pixels, 0 where the file does not say
	objects       []object
}

// object is an annotated object of an image.
type object struct {
	name      string  // of its class
	box       box.Box // as the file has it, both corners inclusive
	difficult bool
	line      int // of the file, from 1
}

// readAnnotation reads an XML file. An error is a *Problem unless the file cannot be opened.
func readAnnotation(file string) (*annotation, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, line, err := parseAnnotation(f)
	if err != nil {
		return nil, &Problem{File: file, Line: line, Err: err}
	}
	return a, nil
}

// parseAnnotation reads an annotation token by token, so that elements of no use cost no memory.
// Entities other than XML's own five are an error; none is expanded. line is that of the error.
func parseAnnotation(r io.Reader) (a *annotation, line int, err error) {
	limited := &io.LimitedReader{R: r, N: maxXML}
	p := annotationParser{d: xml.NewDecoder(limited), a: &annotation{}}
	for {
		token, err := p.d.Token()
		line, _ = p.d.InputPos()
		switch {
		case limited.N <= 0:
			return nil, line, fmt.Errorf("is longer than %d bytes", maxXML)
		case errors.Is(err, io.EOF) && p.seen:
			return p.a, 0, nil
		case errors.Is(err, io.EOF):
			return nil, line, errors.New("has no <annotation>")
		case err != nil:
			return nil, line, err
		}
		if err := p.take(token, line); err != nil {
			return nil, line, err
		}
	}
}

// annotationParser builds an annotation from tokens.
type annotationParser struct {
	d     *xml.Decoder
	a     *annotation
	path  []string // of the open elements, such as annotation, object, name
	text  []byte   // of the innermost of them
	seen  bool     // the element annotation was there
	found uint     // a bit for each coordinate that the object's box has
}

// take takes the next token, which begins on the given line.
func (p *annotationParser) take(token xml.Token, line int) error {
	switch t := token.(type) {
	case xml.StartElement:
		if len(p.path) == maxXMLDepth {
			return fmt.Errorf("elements are nested deeper than %d", maxXMLDepth)
		}
		p.path = append(p.path, t.Name.Local)
		p.text = p.text[:0]
		if p.at("annotation") {
			p.seen = true
		}
		if p.at("annotation", "object") {
			if len(p.a.objects) == maxXMLObjects {
				return fmt.Errorf("has more than %d objects", maxXMLObjects)
			}
			p.a.objects, p.found = append(p.a.objects, object{line: line}), 0
		}
	case xml.CharData:
		p.text = append(p.text, t...)
	case xml.EndElement:
		err := p.end(strings.TrimSpace(string(p.text)))
		p.path, p.text = p.path[:len(p.path)-1], p.text[:0]
		return err
	}
	return nil
}

// at says whether the open elements are these.
func (p *annotationParser) at(path ...string) bool {
	if len(p.path) != len(path) {
		return false
	}
	for i, name := range path {
		if p.path[i] != name {
			return false
		}
	}
	return true
}

// end takes the text of the element that is about to close.
func (p *annotationParser) end(text string) error {
	switch {
	case p.at("annotation", "filename"):
		p.a.filename = text
	case p.at("annotation", "size", "width"):
		return side(&p.a.width, text)
	case p.at("annotation", "size", "height"):
		return side(&p.a.height, text)
	case len(p.path) < 2 || p.path[0] != "annotation" || p.path[1] != "object":
	case p.at("annotation", "object"):
		o := p.a.objects[len(p.a.objects)-1]
		if o.name == "" {
			return errors.New("object has no <name>")
		}
		if p.found != 0b1111 {
			return fmt.Errorf("object %q has no whole <bndbox>", o.name)
		}
	case p.at("annotation", "object", "name"):
		p.a.objects[len(p.a.objects)-1].name = text
	case p.at("annotation", "object", "difficult"):
		p.a.objects[len(p.a.objects)-1].difficult = text == "1"
	case len(p.path) == 4 && p.path[2] == "bndbox":
		return p.corner(p.path[3], text)
	}
	return nil
}

// corner takes one coordinate of a box, such as xmin. It is truncated to a whole number.
func (p *annotationParser) corner(name, text string) error {
	b := &p.a.objects[len(p.a.objects)-1].box
	for i, c := range []struct {
		name string
		to   *int
	}{{"xmin", &b.X0}, {"ymin", &b.Y0}, {"xmax", &b.X1}, {"ymax", &b.Y1}} {
		if c.name != name {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v >= -maxSide && v <= maxSide) {
			return fmt.Errorf("<%s> %q is not a number within %d", name, text, maxSide)
		}
		*c.to = int(v)
		p.found |= 1 << i
	}
	return nil
}

// side takes a width or height. It may be 0, which some tools write for a size they do not know.
func side(to *int, text string) error {
	v, err := strconv.Atoi(text)
	if err != nil || v < 0 || v > maxSide {
		return fmt.Errorf("size %q is not a whole number in 0 to %d", text, maxSide)
	}
	*to = v
	return nil
}

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
		b := box.Box{
			X0: max(o.box.X0-c.origin, 0), Y0: max(o.box.Y0-c.origin, 0),
			X1: o.box.X1 - c.origin, Y1: o.box.Y1 - c.origin,
		}
		switch {
		case !known:
			p.Err = fmt.Errorf("class %q %w the %d classes", o.name, ErrLabel, len(index))
		case o.box.X0 < 0 || o.box.Y0 < 0 || !b.Valid():
			p.Err = fmt.Errorf("box %v of %q %w", o.box, o.name, ErrBoxOrder)
		case sample.Width > 0:
			var reason error
			if b, reason = sample.fit(b, c.clip); reason != nil {
				p.Err = fmt.Errorf("box %v of %q %w", o.box, o.name, reason)
			}
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

// readAnnotations reads XML files on all processors; "" stands for no file. The annotation of a
// file that cannot be read is nil, and the file is a problem of the split.
func (s *Split) readAnnotations(files []string) ([]*annotation, error) {
	all, errs := make([]*annotation, len(files)), make([]error, len(files))
	parallel.Each(runtime.GOMAXPROCS(0), len(files), func(i int) {
		if files[i] != "" {
			all[i], errs[i] = readAnnotation(files[i])
		}
	})
	for i, err := range errs {
		if err == nil {
			continue
		}
		var p *Problem
		if !errors.As(err, &p) {
			p = &Problem{File: files[i], Err: err}
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
