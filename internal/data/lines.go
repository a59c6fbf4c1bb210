package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
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
