package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"acol/internal/box"
	"acol/internal/brief"
	"acol/internal/regular"
)

// maxLine bounds the length of a line of a list, in bytes.
const maxLine = 1 << 16

// eachLine calls do for every line of a text file that is not blank, without its end, without
// blanks before the end, and without a byte order mark. Lines end in LF, CR LF or, as on old
// Macs, CR. An error of do becomes a *Problem with the number of the line: if report is nil, it
// ends the reading; otherwise it is reported and the reading goes on.
func eachLine(path string, report func(*Problem), do func(line string) error) error {
	return eachNumberedLine(path, report, func(_ int, line string) error { return do(line) })
}

// lineFunc takes a line of a text file and its number, from 1.
type lineFunc func(number int, line string) error

// eachNumberedLine is eachLine for a function that wants the number of the line too.
func eachNumberedLine(path string, report func(*Problem), do lineFunc) error {
	f, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return scanLines(f, path, report, do)
}

// eachLine calls the function eachLine with the split's way of reporting problems.
func (s *Split) eachLine(path string, do func(line string) error) error {
	return eachLine(path, s.report, do)
}

// scanLines is eachNumberedLine for a reader; name is that of the file in problems.
func scanLines(r io.Reader, name string, report func(*Problem), do lineFunc) error {
	text, err := startText(r)
	switch {
	case errors.Is(err, errUTF16):
		return &Problem{File: name, Err: err}
	case err != nil:
		return fmt.Errorf("reading %s: %w", name, err)
	}
	scan := bufio.NewScanner(text)
	scan.Buffer(make([]byte, 0, 4096), maxLine)
	scan.Split(splitLines)
	number := 0
	for scan.Scan() {
		number++
		if err := doLine(scan.Bytes(), number, do); err != nil {
			p := &Problem{File: name, Line: number, Err: err}
			if report == nil {
				return p
			}
			report(p)
		}
	}
	if err := scan.Err(); errors.Is(err, bufio.ErrTooLong) {
		reason := fmt.Errorf("line is longer than %d bytes", maxLine)
		return &Problem{File: name, Line: number + 1, Err: reason}
	} else if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// splitLines is a bufio.SplitFunc for lines that end in LF, CR LF or CR.
func splitLines(raw []byte, atEOF bool) (advance int, line []byte, err error) {
	end := bytes.IndexAny(raw, "\r\n")
	switch {
	case end < 0 && atEOF && len(raw) > 0:
		return len(raw), raw, nil
	case end < 0:
		return 0, nil, nil
	case raw[end] == '\n':
		return end + 1, raw[:end], nil
	case end+1 < len(raw) && raw[end+1] == '\n':
		return end + 2, raw[:end], nil
	case end+1 == len(raw) && !atEOF: // a line feed may follow
		return 0, nil, nil
	}
	return end + 1, raw[:end], nil
}

// doLine checks the bytes of a line and calls do unless it is blank.
func doLine(raw []byte, number int, do lineFunc) error {
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return errors.New("is not UTF-8 text")
	}
	raw = bytes.TrimRight(raw, " \t")
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	return do(number, string(raw))
}

// lineCount counts the lines of a file that are not empty, so that a reader can allocate once. It
// is 0 for a file that cannot be read.
func lineCount(path string) int {
	f, err := regular.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	n := 0
	buf := make([]byte, 1<<16)
	last := byte('\n')
	for {
		k, err := f.Read(buf)
		for _, c := range buf[:k] {
			if c != '\n' && c != '\r' && (last == '\n' || last == '\r') {
				n++
			}
			last = c
		}
		if err != nil {
			return n
		}
	}
}

// boxForm is the form of a line that parseBox reads.
const boxForm = "id,x0,y0,x1,y1"

// parseBox reads a line `id,x0,y0,x1,y1`, both corners inclusive.
func parseBox(line string) (string, box.Box, error) {
	id, v, err := parseInts(line, boxForm)
	if err != nil {
		return "", box.Box{}, err
	}
	b := box.Box{X0: v[0], Y0: v[1], X1: v[2], Y1: v[3]}
	if !b.Valid() {
		return "", box.Box{}, fmt.Errorf("box %s %w", b, ErrBoxOrder)
	}
	return id, b, nil
}

// parseInts splits a line into an id and whole numbers. form, such as `id,width,height`, says how
// many numbers there must be.
func parseInts(line, form string) (string, []int, error) {
	fields := strings.Split(line, ",")
	if want := strings.Count(form, ",") + 1; len(fields) != want {
		return "", nil, fmt.Errorf("%s has %d fields, want %d: %s",
			brief.Quote(line), len(fields), want, form)
	}
	values := make([]int, len(fields)-1)
	for i, f := range fields[1:] {
		v, err := parseWhole(f, maxSide)
		if err != nil {
			return "", nil, fmt.Errorf("%w in %s", err, form)
		}
		values[i] = int(v)
	}
	return fields[0], values, nil
}
