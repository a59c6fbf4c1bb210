package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"acol/internal/box"
)

// maxLine bounds the length of a line of a list, in bytes.
const maxLine = 1 << 16

// eachLine calls do for every line of a text file that is not blank, without its end and without
// a byte order mark. An error of do becomes a *Problem with the number of the line: if report is
// nil, it ends the reading; otherwise it is reported and the reading goes on.
func eachLine(path string, report func(*Problem), do func(line string) error) error {
	return eachNumberedLine(path, report, func(_ int, line string) error { return do(line) })
}

// lineFunc takes a line of a text file and its number, from 1.
type lineFunc func(number int, line string) error

// eachNumberedLine is eachLine for a function that wants the number of the line too.
func eachNumberedLine(path string, report func(*Problem), do lineFunc) error {
	f, err := os.Open(path)
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
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 0, 4096), maxLine)
	number := 0
	for scan.Scan() {
		number++
		raw := scan.Bytes()
		if number == 1 {
			raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
		}
		if err := doLine(raw, number, do); err != nil {
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

// doLine checks the bytes of a line and calls do unless it is blank.
func doLine(raw []byte, number int, do lineFunc) error {
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return errors.New("is not UTF-8 text")
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	return do(number, string(bytes.TrimSuffix(raw, []byte("\r"))))
}

// lineCount counts the lines of a file that are not empty, so that a reader can allocate once. It
// is 0 for a file that cannot be read.
func lineCount(path string) int {
	f, err := os.Open(path)
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
			if c != '\n' && c != '\r' && last == '\n' {
				n++
			}
			last = c
		}
		if err != nil {
			return n
		}
	}
}

// parseBox reads a line `id,x0,y0,x1,y1`, both corners inclusive.
func parseBox(line string) (string, box.Box, error) {
	id, v, err := parseInts(line, "id,x0,y0,x1,y1")
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
		return "", nil, fmt.Errorf("%q has %d fields, want %d: %s", line, len(fields), want, form)
	}
	values := make([]int, len(fields)-1)
	for i, f := range fields[1:] {
		v, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || v > maxSide || v < -maxSide {
			return "", nil, fmt.Errorf("%q is not a whole number within %d in %s", f, maxSide, form)
		}
		values[i] = v
	}
	return fields[0], values, nil
}
