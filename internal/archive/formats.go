package archive

import (
	"archive/tar"
	"archive/zip"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"acol/internal/brief"
)

// zip unpacks a zip file.
func (w *writer) zip(f *os.File) error {
	// The list of the files at the end is read as a whole, before anything can be counted.
	const perFile, least = 1 << 10, 1 << 20
	list := &budgeted{f, int64(w.o.Files)*perFile + least}
	z, err := zip.NewReader(list, w.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked one by one
		return err
	}
	list.left = -1
	var read int64
	for _, e := range z.File {
		if err := w.count(); err != nil {
			return err
		}
		if err := w.zipEntry(e); err != nil {
			return err
		}
		read += int64(e.CompressedSize64)
		w.tell(read)
	}
	return nil
}

func (w *writer) zipEntry(e *zip.File) error {
	const encrypted = 1
	switch mode := e.Mode(); {
	case mode.IsDir() || strings.HasSuffix(e.Name, "/"):
		_, err := clean(e.Name)
		return err
	case !mode.IsRegular():
		w.done.Links++
		return nil
	case e.Flags&encrypted != 0:
		return fmt.Errorf("entry %s: %w", brief.Quote(e.Name), errSecret)
	}
	r, err := e.Open()
	if err != nil {
		return fmt.Errorf("entry %s: %w", brief.Quote(e.Name), err)
	}
	return errors.Join(w.file(e.Name, e.Mode(), r), r.Close())
}

// budgeted is a file of which so many bytes may be read; a negative number is no bound.
type budgeted struct {
	f    *os.File
	left int64
}

func (b *budgeted) ReadAt(p []byte, at int64) (int, error) {
	if b.left >= 0 {
		if b.left -= int64(len(p)); b.left < 0 {
			b.left = 0
			return 0, errMany
		}
	}
	return b.f.ReadAt(p, at)
}

// gzip unpacks a tar file in gzip.
func (w *writer) gzip(f *os.File) error {
	z, err := gzip.NewReader(w.counted(f))
	if err != nil {
		return err
	}
	return w.compressed(z)
}

// bzip2 unpacks a tar file in bzip2.
func (w *writer) bzip2(f *os.File) error { return w.compressed(bzip2.NewReader(w.counted(f))) }

// compressed unpacks what a decompressor gives. Its last bytes are read too, since a checksum is
// behind them.
func (w *writer) compressed(z io.Reader) error {
	stream := w.stream(z)
	if err := w.entriesOf(tar.NewReader(stream)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, stream)
	return err
}

// tar unpacks a tar file.
func (w *writer) tar(f *os.File) error {
	return w.entriesOf(tar.NewReader(w.stream(w.counted(f))))
}

// stream bounds a tar file, with what it holds beside its files: headers, and files that are left
// out.
func (w *writer) stream(r io.Reader) io.Reader {
	const perFile, least = 4 << 10, 1 << 20
	most := w.o.Bytes + int64(w.o.Files)*perFile + least
	left := most
	return &bounded{w.ctx, r, &left, most}
}

// entriesOf unpacks the entries of a tar file.
func (w *writer) entriesOf(t *tar.Reader) error {
	for {
		e, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return err
		}
		if err := w.count(); err != nil {
			return err
		}
		switch e.Typeflag {
		case tar.TypeReg, tar.TypeGNUSparse:
			err = w.file(e.Name, e.FileInfo().Mode(), t)
		case tar.TypeDir:
			_, err = clean(e.Name)
		case tar.TypeXGlobalHeader:
			err = nil
		default:
			w.done.Links++
			err = nil
		}
		if err != nil {
			return err
		}
	}
}

// oldTar reports whether a block is the header of a tar file from before POSIX: its checksum, in
// octal digits, is the sum of its bytes with blanks in the checksum's place.
func oldTar(block []byte) bool {
	const at, digits = 148, 8
	want, err := strconv.ParseInt(strings.Trim(string(block[at:at+digits]), " \x00"), 8, 32)
	if err != nil {
		return false
	}
	sum := int64(digits * ' ')
	for i, b := range block {
		if i < at || i >= at+digits {
			sum += int64(b)
		}
	}
	return sum == want
}

// tell reports progress.
func (w *writer) tell(read int64) {
	if w.o.Progress != nil {
		w.o.Progress(min(read, w.size), w.size)
	}
}

// counted reports how much of the archive has been read.
func (w *writer) counted(r io.Reader) io.Reader { return &progress{r: r, w: w} }

type progress struct {
	r    io.Reader
	w    *writer
	read int64
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.read += int64(n)
	p.w.tell(p.read)
	return n, err
}
