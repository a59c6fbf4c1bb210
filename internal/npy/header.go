package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	magic     = "\x93NUMPY"
	align     = 64
	maxHeader = 10_000 // as NumPy
	maxRank   = 64     // as NumPy 2
)

// header is the dict at the start of a file.
type header struct {
	descr   string // "<f4"
	fortran bool
	shape   []int
}

// readHeader reads the magic, the version and the dict.
func readHeader(r io.Reader) (header, error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:]); err != nil || string(b[:6]) != magic {
		return header{}, errors.New("not a .npy file")
	}
	var length [4]byte
	switch major, minor := b[6], b[7]; {
	case minor != 0 || major < 1 || major > 3:
		return header{}, fmt.Errorf(".npy version %d.%d not supported: want 1.0, 2.0 or 3.0", major, minor)
	case major == 1:
		if _, err := io.ReadFull(r, length[:2]); err != nil {
			return header{}, truncated(err)
		}
	default:
		if _, err := io.ReadFull(r, length[:]); err != nil {
			return header{}, truncated(err)
		}
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > maxHeader {
		return header{}, fmt.Errorf(".npy header of %d bytes, want at most %d", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return header{}, truncated(err)
	}
	h, err := parseHeader(string(text))
	if err != nil {
		return header{}, fmt.Errorf(".npy header: %w", err)
	}
	return h, nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf(".npy file is truncated: %w", err)
}

// parseHeader reads {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }: a Python dict of
// just these keys, in any order, of plain literals.
func parseHeader(text string) (header, error) {
	p := &parser{text: strings.TrimRight(text, " \t\r\n")}
	var h header
	seen := map[string]bool{}
	p.want("{")
	for p.err == nil && !p.accept("}") {
		key := p.quoted()
		p.want(":")
		if seen[key] {
			p.fail("%q comes twice", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			h.descr = p.descr()
		case "fortran_order":
			h.fortran = p.boolean()
		case "shape":
			h.shape = p.tuple()
		default:
			p.fail("unknown key %q", key)
		}
		if !p.accept(",") && !p.peek("}") {
			p.fail("want a comma or }")
		}
	}
	if p.err == nil && p.at != len(p.text) {
		p.fail("text after }")
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("want descr, fortran_order and shape")
	}
	return h, p.err
}

// parser walks a header; err is the first error, and everything after it is without effect.
type parser struct {
	text string
	at   int
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("at byte %d: "+format, append([]any{p.at}, args...)...)
	}
}

func (p *parser) peek(token string) bool {
	for p.at < len(p.text) && strings.ContainsRune(" \t\r\n", rune(p.text[p.at])) {
		p.at++
	}
	return p.err == nil && strings.HasPrefix(p.text[p.at:], token)
}

func (p *parser) accept(token string) bool {
	if !p.peek(token) {
		return false
	}
	p.at += len(token)
	return true
}

func (p *parser) want(token string) {
	if !p.accept(token) {
		p.fail("want %s", token)
	}
}

// quoted reads a Python string without escapes.
func (p *parser) quoted() string {
	mark := "'"
	if p.peek(`"`) {
		mark = `"`
	}
	p.want(mark)
	s, _, ok := strings.Cut(p.text[p.at:], mark)
	if p.err != nil || !ok || strings.Contains(s, `\`) {
		p.fail("want a plain string")
		return ""
	}
	p.at += len(s) + 1
	return s
}

func (p *parser) descr() string {
	if p.peek("[") {
		p.fail("structured dtypes are not supported")
	}
	return p.quoted()
}

func (p *parser) boolean() bool {
	if p.accept("True") {
		return true
	}
	p.want("False")
	return false
}

// tuple reads (), (3,), (2, 3) or (2, 3,). Python 2 wrote 3L for some of these numbers.
func (p *parser) tuple() []int {
	shape := []int{}
	p.want("(")
	for p.err == nil && !p.accept(")") {
		p.peek("")
		digits := p.text[p.at : len(p.text)-len(strings.TrimLeft(p.text[p.at:], "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil || len(shape) == maxRank {
			p.fail("want a tuple of at most %d lengths", maxRank)
		}
		p.at += len(digits)
		if p.at < len(p.text) && p.text[p.at] == 'L' {
			p.at++
		}
		shape = append(shape, n)
		comma := p.accept(",")
		if !comma && (len(shape) == 1 || !p.peek(")")) {
			p.fail("want a comma")
		}
	}
	return shape
}

// appendHeader writes what numpy.save writes: keys sorted, spaces for the first length to grow to
// 21 digits, then up to a multiple of 64 bytes.
func appendHeader(b []byte, descr string, shape []int) []byte {
	var tuple strings.Builder
	for i, n := range shape {
		if i > 0 {
			tuple.WriteString(", ")
		}
		tuple.WriteString(strconv.Itoa(n))
	}
	if len(shape) == 1 {
		tuple.WriteString(",")
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, tuple.String())
	if len(shape) > 0 {
		text += strings.Repeat(" ", 21-len(strconv.Itoa(shape[0])))
	}
	before := len(magic) + 4
	text += strings.Repeat(" ", align-(before+len(text)+1)%align) + "\n"
	b = append(b, magic+"\x01\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(b, text...)
}
