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

// maxLine bounds one line of a list file in bytes.
const maxLine = 1 << 16

// eachLine calls do for every line of a text file that is not blank, without its
// ending and without a byte order mark. A line that do refuses is a *Problem:
// where report is nil it ends the reading, else it is reported and passed over.
func eachLine(path string, report func(*Problem), do func(line string) error) error {
	return eachNumberedLine(path, report, func(_ int, line string) error { return do(line) })
}

// eachNumberedLine is eachLine with the line's number, from 1.
func eachNumberedLine(path string, report func(*Problem), do func(number int, line string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return scanLines(f, path, report, do)
}

// eachLine is the function of this name with the split's way of reporting.
func (s *Split) eachLine(path string, do func(line string) error) error {
	return eachLine(path, s.report, do)
}

func scanLines(r io.Reader, name string, report func(*Problem), do func(number int, line string) error) error {
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
		return &Problem{File: name, Line: number + 1, Err: fmt.Errorf("line is longer than %d bytes", maxLine)}
	} else if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

func doLine(raw []byte, number int, do func(number int, line string) error) error {
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return errors.New("is not UTF-8 text")
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	return do(number, string(bytes.TrimSuffix(raw, []byte("\r"))))
}

// lineCount is about how many lines of a file are not blank, to make room for what they hold
// at once; 0 where it cannot be read.
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

// maxSide bounds sides and coordinates in list files, in pixels, so that products of two fit.
const maxSide = 1 << 24

// parseBox reads an `id,x0,y0,x1,y1` line, ends inclusive.
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

// parseInts splits a line of an id and as many whole numbers as form has.
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
