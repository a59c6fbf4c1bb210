package sources

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"acol/internal/regular"
)

// maxList bounds the length of a list in bytes: a million paths of a hundred characters.
const maxList = 100 << 20

// list reads the list of the options.
func (s *Set) list(ctx context.Context) ([]byte, error) {
	if s.opt.List != Stdin {
		f, err := regular.Open(s.opt.List)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readList(f)
	}
	if s.read {
		return nil, errTwice
	}
	s.read = true
	var text []byte
	err := patiently(ctx, func() (err error) { text, err = readList(s.opt.In); return err })
	return text, err
}

func readList(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxList+1))
	if err == nil && len(text) > maxList {
		err = fmt.Errorf("it has more than %d bytes", maxList)
	}
	return text, err
}

// parseList gives the entries of a list, one a line. Where the text has a NUL, they end in NULs
// instead, as find -print0 writes them: names may hold line ends. Lines lose a carriage return at
// their end. Empty lines, and those that begin with #, are left out.
func parseList(text []byte) []string {
	var entries []string
	if bytes.IndexByte(text, 0) >= 0 {
		for entry := range strings.SplitSeq(string(text), "\x00") {
			if entry != "" {
				entries = append(entries, entry)
			}
		}
		return entries
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for line := range strings.SplitSeq(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) != "" && line[0] != '#' {
			entries = append(entries, line)
		}
	}
	return entries
}

// patiently calls read, which may wait for somebody else, and returns early when ctx is done.
func patiently(ctx context.Context, read func() error) error {
	done := make(chan error, 1)
	go func() { done <- read() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// copyStdin copies standard input to a file.
func (s *Set) copyStdin(ctx context.Context, f *os.File) error {
	return patiently(ctx, func() error {
		n, err := io.Copy(f, io.LimitReader(s.opt.In, maxBytes+1))
		if err == nil && n > maxBytes {
			err = fmt.Errorf("it has more than %d bytes", maxBytes)
		}
		return err
	})
}
