package data

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"acol/internal/box"
)

// maxElement bounds the length of one element of a JSON file, in bytes. The masks of crowds are the
// longest.
const maxElement = 16 << 20

// cocoImage is an element of a file's images; at is the offset in the file at which it ends.
type cocoImage struct {
	ID       int64  `json:"id"`
	FileName string `json:"file_name"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	at       int64
}

// cocoCategory is an element of a file's categories.
type cocoCategory struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// cocoObject is an element of a file's annotations. bbox is x, y, width, height in pixels, and at
// the offset in the file at which the element ends.
type cocoObject struct {
	image, category int64
	bbox            [4]float64
	hasBox          bool
	at              int64
}

// cocoSet is what is read of a file.
type cocoSet struct {
	file       string
	images     []cocoImage
	objects    []cocoObject
	categories []cocoCategory
	lines      *lineReader
}

// line gives the line, from 1, of an offset in the file.
func (c *cocoSet) line(at int64) int { return c.lines.line(at) }

// readCOCO reads a file. Elements of no use go to report; if it is nil, the first is an error.
func readCOCO(file string, report func(*Problem)) (*cocoSet, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseCOCO(f, file, report)
}

// parseCOCO is readCOCO for a reader. It reads in one pass, element by element, so that what is not
// kept needs no memory.
func parseCOCO(r io.Reader, file string, report func(*Problem)) (*cocoSet, error) {
	p := cocoParser{set: &cocoSet{file: file, lines: &lineReader{r: r, file: file}}, report: report}
	p.d = json.NewDecoder(p.set.lines)
	if err := p.object(); err != nil {
		var bad *Problem
		if errors.As(err, &bad) {
			return nil, err
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, &Problem{File: file, Line: p.set.line(p.d.InputOffset()), Err: err}
	}
	return p.set, nil
}

// cocoParser reads the tokens of a file into set.
type cocoParser struct {
	d      *json.Decoder
	set    *cocoSet
	report func(*Problem)
}

// token gives the next token, which must come within maxElement bytes.
func (p *cocoParser) token() (json.Token, error) {
	p.set.lines.left = maxElement
	return p.d.Token()
}

// object reads the outermost value of the file.
func (p *cocoParser) object() error {
	if t, err := p.token(); t != json.Delim('{') {
		return cmp.Or(err, errors.New("is no JSON object with images, annotations and categories"))
	}
	have := map[string]bool{}
	for {
		t, err := p.token()
		if err != nil {
			return err
		}
		name, isName := t.(string)
		if !isName { // the closing brace
			break
		}
		have[name] = true
		switch name {
		case "images":
			err = p.each(name, p.image)
		case "annotations":
			err = p.each(name, p.annotation)
		case "categories":
			err = p.each(name, p.category)
		default:
			err = p.skip()
		}
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"images", "annotations", "categories"} {
		if !have[name] {
			return fmt.Errorf("has no %q", name)
		}
	}
	return nil
}

// each calls take for every element of the array called name. An element that take refuses is a
// problem, and reading goes on if problems are reported; an error in the JSON itself ends it.
func (p *cocoParser) each(name string, take func() error) error {
	if t, err := p.token(); t != json.Delim('[') {
		return cmp.Or(err, fmt.Errorf("%q is no array", name))
	}
	for i := 0; p.more(); i++ {
		err := take()
		var wrong *json.UnmarshalTypeError
		var refused refusal
		switch {
		case err == nil:
			continue
		case errors.As(err, &wrong):
			err = fmt.Errorf("%s is a %s, not %s", cmp.Or(wrong.Field, "it"), wrong.Value, wrong.Type)
		case !errors.As(err, &refused):
			return fmt.Errorf("%s[%d], after this line: %w", name, i, err)
		}
		bad := &Problem{
			File: p.set.file, Line: p.set.line(p.d.InputOffset()),
			Err: fmt.Errorf("%s[%d]: %w", name, i, err),
		}
		if p.report == nil {
			return bad
		}
		p.report(bad)
	}
	_, err := p.token()
	return err
}

// more says whether the array has a further element.
func (p *cocoParser) more() bool {
	p.set.lines.left = maxElement
	return p.d.More()
}

// decode reads the next value, which may have up to maxElement bytes, into v.
func (p *cocoParser) decode(v any) error {
	p.set.lines.left = maxElement
	return p.d.Decode(v)
}

// skip reads a value token by token and drops it.
func (p *cocoParser) skip() error {
	for depth := 0; ; {
		t, err := p.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// refusal is the error of an element that is good JSON but cannot be used.
type refusal struct{ error }

// image reads an element of images.
func (p *cocoParser) image() error {
	im := cocoImage{ID: absent}
	if err := p.decode(&im); err != nil {
		return err
	}
	switch {
	case im.ID == absent:
		return refusal{errors.New("image has no id")}
	case im.FileName == "":
		return refusal{fmt.Errorf("image %d has no file_name", im.ID)}
	case im.Width < 0 || im.Height < 0 || im.Width > maxSide || im.Height > maxSide:
		return refusal{fmt.Errorf("image %d has the size %dx%d, want at most %d",
			im.ID, im.Width, im.Height, maxSide)}
	}
	im.at = p.d.InputOffset()
	p.set.images = append(p.set.images, im)
	return nil
}

// absent stands for the id of an element that has none.
const absent = math.MinInt64

// annotation reads an element of annotations.
func (p *cocoParser) annotation() error {
	raw := struct {
		Image    int64     `json:"image_id"`
		Category int64     `json:"category_id"`
		BBox     []float64 `json:"bbox"`
		Crowd    any       `json:"iscrowd"`
	}{Image: absent, Category: absent}
	if err := p.decode(&raw); err != nil {
		return err
	}
	o := cocoObject{image: raw.Image, category: raw.Category, at: p.d.InputOffset()}
	crowd := raw.Crowd == float64(1) || raw.Crowd == true
	switch {
	case o.image == absent || o.category == absent:
		return refusal{errors.New("annotation lacks image_id or category_id")}
	case len(raw.BBox) == 0 || crowd:
	case len(raw.BBox) != len(o.bbox):
		return refusal{fmt.Errorf("bbox has %d numbers, want x, y, width, height", len(raw.BBox))}
	default:
		o.bbox, o.hasBox = [4]float64(raw.BBox), true
	}
	p.set.objects = append(p.set.objects, o)
	return nil
}

// category reads an element of categories.
func (p *cocoParser) category() error {
	c := cocoCategory{ID: absent}
	if err := p.decode(&c); err != nil {
		return err
	}
	if c.ID == absent || c.Name == "" {
		return refusal{errors.New("category has no id or no name")}
	}
	if len(p.set.categories) == maxClasses {
		return refusal{fmt.Errorf("more than %d categories", maxClasses)}
	}
	p.set.categories = append(p.set.categories, c)
	return nil
}

// cocoBox turns x, y, width and height into the box of the pixels that they touch.
func cocoBox(v [4]float64) (box.Box, error) {
	for _, x := range v {
		if !(x >= -maxSide && x <= maxSide) {
			return box.Box{}, fmt.Errorf("%g is not a number within %d", x, maxSide)
		}
	}
	if v[2] < 0 || v[3] < 0 {
		return box.Box{}, ErrBoxOrder
	}
	const rounding = 1e-6 // of files that keep a few decimals
	pixels := func(from, length float64) (int, int) {
		first := int(math.Floor(from + rounding))
		return first, max(first, int(math.Ceil(from+length-rounding))-1)
	}
	var b box.Box
	b.X0, b.X1 = pixels(v[0], v[2])
	b.Y0, b.Y1 = pixels(v[1], v[3])
	return b, nil
}

// lineReader counts the lines of what it reads, so that the line of any offset can be found later.
// It keeps the number of lines before each block and the bytes of the last block alone.
type lineReader struct {
	r     io.Reader
	file  string // to read a block again
	left  int64  // bytes that may still be read
	at    int64  // offset of the next byte
	lines int    // line ends so far
	marks []int  // line ends before each block
	block []byte // the last block so far
}

// lineBlock is the length of a block of a lineReader in bytes.
const lineBlock = 1 << 16

// Read reads up to the end of a block. It is an error if nothing may be read any more.
func (l *lineReader) Read(b []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("an element is longer than %d bytes", maxElement)
	}
	b = b[:min(int64(len(b)), l.left, lineBlock-l.at%lineBlock)]
	n, err := l.r.Read(b)
	if n > 0 {
		if l.at%lineBlock == 0 {
			l.marks, l.block = append(l.marks, l.lines), l.block[:0]
		}
		l.block = append(l.block, b[:n]...)
		l.lines += bytes.Count(b[:n], []byte("\n"))
		l.at += int64(n)
		l.left -= int64(n)
	}
	return n, err
}

// line gives the line, from 1, of an offset that was read. It is 0 if the file cannot be read
// again.
func (l *lineReader) line(at int64) int {
	i := int(at / lineBlock)
	if i >= len(l.marks) {
		return l.lines + 1
	}
	rest := at - int64(i)*lineBlock
	block := l.block
	if i != len(l.marks)-1 {
		f, err := os.Open(l.file)
		if err != nil {
			return 0
		}
		defer f.Close()
		block = make([]byte, rest)
		if _, err := f.ReadAt(block, int64(i)*lineBlock); err != nil {
			return 0
		}
	}
	return l.marks[i] + bytes.Count(block[:rest], []byte("\n")) + 1
}
