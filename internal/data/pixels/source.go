package pixels

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"acol/internal/regular"
)

// maxFile bounds the length of image files, in bytes.
const maxFile = 1 << 29

// source is an image file that is being read.
type source struct {
	*io.SectionReader
	file *os.File // nil for bytes in memory
	raw  []byte   // all bytes; nil where they have not been read
	// format and info are what header found out.
	format *format
	info   *Info
}

// openImage opens an image file. What is no regular file, is empty or longer than maxFile is an
// error.
func openImage(path string) (*source, error) { return openNamed(path, path) }

// openNamed is openImage of a file that errors call name.
func openNamed(path, name string) (*source, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading image: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("reading image: %w", err)
	case info.Size() == 0:
		err = fmt.Errorf("reading image %s: %w: it is empty", name, ErrTruncated)
	case info.Size() > maxFile:
		err = fmt.Errorf("reading image %s: has %d bytes, more than %d", name, info.Size(), maxFile)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &source{SectionReader: io.NewSectionReader(f, 0, info.Size()), file: f}, nil
}

// inMemory is the source of a file's bytes.
func inMemory(raw []byte) *source {
	return &source{
		SectionReader: io.NewSectionReader(bytes.NewReader(raw), 0, int64(len(raw))), raw: raw,
	}
}

// sized is header, with a size of more than MaxPixels as an error.
func (s *source) sized() (*Info, error) {
	in, err := s.header()
	if err == nil {
		err = checkSize(in)
	}
	return in, err
}

// preload reads a file that is not large at once: a picture is about to be decoded.
func (s *source) preload() error {
	const large = 4 << 20
	if s.Size() > large {
		return nil
	}
	_, err := s.bytes()
	return err
}

// Close closes the file.
func (s *source) Close() {
	if s.file != nil {
		_ = s.file.Close() // it was only read
	}
}

// stream reads the file from its beginning.
func (s *source) stream() io.Reader {
	if s.raw != nil {
		return bytes.NewReader(s.raw)
	}
	const room = 1 << 16
	return bufio.NewReaderSize(io.NewSectionReader(s, 0, s.Size()), room)
}

// bytes reads the whole file, once. Callers must not write into it.
func (s *source) bytes() ([]byte, error) {
	if s.raw == nil {
		raw := make([]byte, s.Size())
		if _, err := s.ReadAt(raw, 0); err != nil {
			return nil, err
		}
		s.raw = raw
	}
	return s.raw, nil
}

// part reads n bytes from an offset on; fewer at the end of the file.
func (s *source) part(offset int64, n int) []byte {
	if offset < 0 || offset >= s.Size() || n <= 0 {
		return nil
	}
	n = int(min(int64(n), s.Size()-offset))
	if s.raw != nil {
		return s.raw[offset:][:n]
	}
	b := make([]byte, n)
	got, _ := s.ReadAt(b, offset) // what cannot be read is missed by who wants it
	return b[:got]
}
