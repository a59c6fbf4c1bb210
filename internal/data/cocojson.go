package data

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"acol/internal/brief"
	"acol/internal/regular"
)

// Bounds of a JSON file: the length of one element in bytes, of which the masks of crowds are the
// longest, and the depth of values that nobody reads. encoding/json has the same depth for others.
const (
	maxElement   = 16 << 20
	maxJSONDepth = 10_000
)

// cocoSet is what is read of a file.
type cocoSet struct {
	file       string
	ids        cocoIDs
	images     []cocoImage
	objects    []cocoObject
	categories []cocoCategory
}

// readCOCO reads a file. Elements of no use go to report; if it is nil, the first is an error.
func readCOCO(file string, report func(*Problem)) (*cocoSet, error) {
	f, err := regular.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseCOCO(f, file, report)
}

// parseCOCO is readCOCO for a reader. It reads in one pass, element by element, so that what is not
// kept needs no memory.
func parseCOCO(r io.Reader, file string, report func(*Problem)) (*cocoSet, error) {
	text, err := startText(r)
	if err != nil {
		return nil, &Problem{File: file, Err: err}
	}
	p := cocoParser{set: &cocoSet{file: file}, lines: &lineReader{r: text}, report: report}
	p.d = json.NewDecoder(p.lines)
	if err := p.object(); err != nil {
		var bad *Problem
		if errors.As(err, &bad) {
			return nil, err
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if text := err.Error(); strings.Contains(text, "'N'") || strings.Contains(text, "'I'") {
			err = fmt.Errorf("%w; JSON has no NaN and no Infinity", err)
		}
		return nil, &Problem{File: file, Line: p.line(), Err: err}
	}
	return p.set, nil
}

// cocoParser reads the tokens of a file into set.
type cocoParser struct {
	d      *json.Decoder
	lines  *lineReader
	set    *cocoSet
	report func(*Problem)
	raw    json.RawMessage // the element at hand
}

// line gives the line at which the last token or element ends.
func (p *cocoParser) line() int { return p.lines.line(p.d.InputOffset()) }

// token gives the next token, which must come within maxElement bytes.
func (p *cocoParser) token() (json.Token, error) {
	p.lines.left = maxElement
	return p.d.Token()
}

// object reads the outermost value of the file.
func (p *cocoParser) object() error {
	if t, err := p.token(); t != json.Delim('{') {
		return cmp.Or(err, errors.New("is no JSON object with images, annotations and categories"))
	}
	take := map[string]func() error{
		"images": p.image, "annotations": p.annotation, "categories": p.category,
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
		element, wanted := take[name]
		switch {
		case !wanted:
			err = p.skip()
		case have[name]:
			err = fmt.Errorf("%q %w", name, ErrTwice)
		default:
			have[name] = true
			err = p.each(name, element)
		}
		if err != nil {
			return err
		}
	}
	if _, err := p.token(); !errors.Is(err, io.EOF) {
		return cmp.Or(err, errors.New("goes on behind the closing brace"))
	}
	for _, name := range []string{"images", "annotations", "categories"} {
		if !have[name] {
			return fmt.Errorf("has no %q", name)
		}
	}
	return nil
}

// each calls take for every element of the array called name, which is then in p.raw. What take
// refuses is a problem, and reading goes on if problems are reported; an error in the JSON itself
// ends it.
func (p *cocoParser) each(name string, take func() error) error {
	if t, err := p.token(); t != json.Delim('[') {
		return cmp.Or(err, fmt.Errorf("%q is no array", name))
	}
	for i := 0; p.more(); i++ {
		p.lines.left = maxElement
		if err := p.d.Decode(&p.raw); err != nil {
			return fmt.Errorf("%s[%d], after this line: %w", name, i, err)
		}
		err := take()
		if err == nil {
			continue
		}
		bad := &Problem{
			File: p.set.file, Line: p.line(), Err: fmt.Errorf("%s[%d]: %w", name, i, err),
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
	p.lines.left = maxElement
	return p.d.More()
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
		if depth > maxJSONDepth {
			return fmt.Errorf("values are nested deeper than %d", maxJSONDepth)
		}
	}
}

// members calls read with the value of each wanted member of the element at hand. A member that is
// there twice is an error, because readers disagree about which of them counts.
func (p *cocoParser) members(wanted []string, read func(name string, value []byte) error) error {
	var seen uint
	return eachMember(p.raw, func(name, value []byte) error {
		for i, w := range wanted {
			if w != string(name) {
				continue
			}
			if seen&(1<<i) != 0 {
				return fmt.Errorf("%q %w", w, ErrTwice)
			}
			seen |= 1 << i
			if err := read(w, value); err != nil {
				return fmt.Errorf("%s %w", w, err)
			}
		}
		return nil
	})
}

// describeID gives an id of the file as messages show it.
func (c *cocoSet) describeID(id int64) string {
	if text, isText := c.ids.text(id); isText {
		return brief.Quote(text)
	}
	return fmt.Sprint(id)
}
