package data

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"acol/internal/box"
	"acol/internal/brief"
	"acol/internal/regular"
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
	f, err := regular.Open(file)
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
	d, err := xmlDecoder(r)
	if err != nil {
		return nil, 1, err
	}
	p := annotationParser{a: &annotation{}}
	for {
		token, err := d.Token()
		line, _ = d.InputPos()
		switch {
		case errors.Is(err, io.EOF) && p.root:
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
	a    *annotation
	path []string        // of the open elements, such as annotation, object, name
	text []byte          // of the innermost of them
	root bool            // the element annotation was there
	size map[string]bool // the elements of the size that were there
	seen map[string]bool // the elements of the last object that were there
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
			if p.root {
				return errors.New("has more than one <annotation>")
			}
			p.root, p.size = true, map[string]bool{}
		}
		if p.at("annotation", "object") {
			if len(p.a.objects) == maxXMLObjects {
				return fmt.Errorf("has more than %d objects", maxXMLObjects)
			}
			p.a.objects, p.seen = append(p.a.objects, object{line: line}), map[string]bool{}
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

// end takes the text of the element that is about to close. What an annotation says twice is an
// error, because readers disagree about which of the two counts.
func (p *annotationParser) end(text string) error {
	if len(p.path) < 2 || p.path[0] != "annotation" {
		return nil
	}
	name, depth := p.path[len(p.path)-1], len(p.path)
	switch {
	case p.at("annotation", "filename"):
		p.a.filename = text
	case depth == 3 && p.path[1] == "size":
		return p.side(name, text)
	case p.path[1] != "object":
	case depth == 2:
		return p.endObject()
	case depth == 3 && (name == "name" || name == "difficult"):
		return p.about(name, text)
	case depth == 4 && p.path[2] == "bndbox":
		return p.corner(name, text)
	}
	return nil
}

// once is an error if the element called name was there before.
func once(seen map[string]bool, name string) error {
	if seen[name] {
		return fmt.Errorf("<%s> %w", brief.Text(name, 100), ErrTwice)
	}
	seen[name] = true
	return nil
}

// side takes the width or height of the image; other elements of the size are of no use.
func (p *annotationParser) side(name, text string) error {
	to := map[string]*int{"width": &p.a.width, "height": &p.a.height}[name]
	if to == nil {
		return nil
	}
	if err := once(p.size, name); err != nil {
		return err
	}
	v, err := parseSide(text)
	if err != nil {
		return fmt.Errorf("<%s> %w", name, err)
	}
	*to = v
	return nil
}

// endObject checks that the last object is whole.
func (p *annotationParser) endObject() error {
	o := &p.a.objects[len(p.a.objects)-1]
	if o.name == "" {
		return errors.New("object has no <name>")
	}
	for _, corner := range []string{"xmin", "ymin", "xmax", "ymax"} {
		if !p.seen[corner] {
			return fmt.Errorf("object %q has no whole <bndbox>", o.name)
		}
	}
	return nil
}

// about takes the name of the last object, or whether it is difficult.
func (p *annotationParser) about(name, text string) error {
	if err := once(p.seen, name); err != nil {
		return err
	}
	o := &p.a.objects[len(p.a.objects)-1]
	if name == "name" {
		if len(text) > maxText {
			return fmt.Errorf("<name> is longer than %d bytes", maxText)
		}
		o.name = text
		return nil
	}
	switch strings.ToLower(text) {
	case "1", "true":
		o.difficult = true
	case "", "0", "false", "unspecified": // as some tools write what they do not know
	default:
		return fmt.Errorf("<difficult> %s is neither 0 nor 1", brief.Quote(text))
	}
	return nil
}

// corner takes one coordinate of a box, such as xmin. It is truncated to a whole number.
func (p *annotationParser) corner(name, text string) error {
	b := &p.a.objects[len(p.a.objects)-1].box
	to := map[string]*int{"xmin": &b.X0, "ymin": &b.Y0, "xmax": &b.X1, "ymax": &b.Y1}[name]
	if to == nil {
		return nil
	}
	if err := once(p.seen, name); err != nil {
		return err
	}
	v, err := parseNumber(text, maxSide)
	if err != nil {
		return fmt.Errorf("<%s> %w", name, err)
	}
	*to = int(v)
	return nil
}
