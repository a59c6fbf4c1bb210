package data

import (
	"bytes"
	"fmt"
	"io"
)

// lineReader counts the lines of what it reads, so that a parser that reads ahead can ask for the
// line of a place that it has come to. It keeps no more than what was read since the last place.
type lineReader struct {
	r      io.Reader
	left   int64  // bytes that may still be read
	at     int64  // the last place that somebody asked for
	lines  int    // line ends before it
	buffer []byte // of which the bytes from start on were read behind that place
	start  int
}

// Read is an error if nothing may be read any more.
func (l *lineReader) Read(b []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("an element is longer than %d bytes", maxElement)
	}
	n, err := l.r.Read(b[:min(int64(len(b)), l.left)])
	l.buffer = append(l.buffer[:copy(l.buffer, l.buffer[l.start:])], b[:n]...)
	l.start = 0
	l.left -= int64(n)
	return n, err
}

// line gives the line, from 1, of an offset that was read. Offsets may not fall.
func (l *lineReader) line(offset int64) int {
	passed := l.buffer[l.start:][:min(max(offset-l.at, 0), int64(len(l.buffer)-l.start))]
	l.lines += bytes.Count(passed, []byte("\n"))
	l.start += len(passed)
	l.at += int64(len(passed))
	return l.lines + 1
}
