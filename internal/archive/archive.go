// Package archive unpacks zip, tar, tar.gz and tar.bz2 files that nobody has to trust. It writes
// files and folders alone, below one folder, and bounds what they take.
package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"acol/internal/brief"
	"acol/internal/regular"
)

// Limits bound what an archive may unpack to.
type Limits struct {
	// Files bounds the entries of the archive, folders included.
	Files int
	// Bytes bounds the bytes of all files together.
	Bytes int64
}

// Options say what to unpack.
type Options struct {
	Limits
	// Place returns where a file goes, a path with slashes below the folder; ok is false for a file
	// that is left out. The name is the entry's, clean, local and with slashes. nil keeps the name.
	Place func(name string) (to string, ok bool)
	// Programs keeps it that the owner of a file may run it. Nobody may run what comes without.
	Programs bool
	// Progress, where it is not nil, is called with the bytes of the archive that have been read
	// and with its size.
	Progress func(done, total int64)
}

// Unpacked counts what an archive held.
type Unpacked struct {
	// Files were written, and have Bytes together.
	Files int
	Bytes int64
	// LeftOut are files that Place did not want. Links are links and devices, which are never made.
	LeftOut, Links int
}

var (
	errName   = errors.New("its name leads out of the folder")
	errMany   = errors.New("the archive holds more files than it should")
	errLarge  = errors.New("the archive unpacks to more bytes than it should")
	errTwice  = errors.New("the archive holds it twice")
	errSecret = errors.New("it is encrypted")
)

// ErrKind is of a file that is no archive of a kind that Unpack reads.
var ErrKind = errors.New("not a zip, tar, tar.gz or tar.bz2 file")

// Unpack unpacks the archive at file into the folder dir, which exists. What a file of the folder
// has the name of is an error. After an error the folder has a part of the files. When ctx is done
// the error is its cause.
func Unpack(ctx context.Context, file, dir string, o Options) (*Unpacked, error) {
	f, err := regular.Open(file)
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("unpacking into %s: %w", dir, err)
	}
	defer func() { _ = root.Close() }()
	w := &writer{
		ctx: ctx, root: root, o: o, size: info.Size(), left: o.Bytes,
		made: map[string]bool{".": true}, room: make([]byte, 1<<18),
	}
	if err := w.unpack(f); err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", file, err)
	}
	return &w.done, nil
}

// unpack finds out the archive's kind by its first bytes.
func (w *writer) unpack(f *os.File) error {
	const tarMagicAt, headSize = 257, 512
	head := make([]byte, headSize)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	head = head[:n]
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case begins("PK\x03\x04"), begins("PK\x05\x06"):
		return w.zip(f)
	case begins("\x1f\x8b"):
		return w.gzip(f)
	case begins("BZh"):
		return w.bzip2(f)
	case n == headSize && (string(head[tarMagicAt:][:5]) == "ustar" || oldTar(head)):
		return w.tar(f)
	}
	return ErrKind
}

// writer writes the entries of an archive.
type writer struct {
	ctx     context.Context
	root    *os.Root
	o       Options
	size    int64 // of the archive
	left    int64 // bytes that files may still take
	entries int
	done    Unpacked
	made    map[string]bool // folders
	room    []byte          // for copying
}

// The longest name of an entry in bytes, and the most folders in it.
const (
	longest = 4096
	deepest = 64
)

// clean returns an entry's name as a local path with slashes, "." for the folder itself. A name
// that leads out of the folder, or would do so on another system, is an error.
func clean(name string) (string, error) {
	slashed := strings.TrimSuffix(name, "/")
	bad := strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\\\x00") || slashed == "" ||
		len(name) > longest || strings.Count(slashed, "/") > deepest
	for part := range strings.SplitSeq(slashed, "/") {
		bad = bad || part == ".."
	}
	if slashed = path.Clean(slashed); bad || !filepath.IsLocal(filepath.FromSlash(slashed)) {
		return "", fmt.Errorf("entry %s: %w", brief.Quote(name), errName)
	}
	return slashed, nil
}

// count counts an entry.
func (w *writer) count() error {
	if w.entries++; w.entries > w.o.Files {
		return fmt.Errorf("%w: over %d", errMany, w.o.Files)
	}
	return context.Cause(w.ctx)
}

// place returns where a file of the archive goes; ok is false where it is left out.
func (w *writer) place(name string) (to string, ok bool, err error) {
	if to, err = clean(name); err != nil {
		return "", false, err
	}
	if w.o.Place != nil {
		if to, ok = w.o.Place(to); !ok {
			w.done.LeftOut++
			return "", false, nil
		}
		if to, err = clean(to); err != nil {
			return "", false, err
		}
	}
	return to, true, nil
}

// file writes a file of the archive, whose mode is as the archive says.
func (w *writer) file(name string, mode fs.FileMode, content io.Reader) (err error) {
	to, ok, err := w.place(name)
	if err != nil || !ok {
		return err
	}
	failed := func(err error) error { return fmt.Errorf("entry %s: %w", brief.Quote(name), err) }
	if err := w.folder(path.Dir(to)); err != nil {
		return failed(err)
	}
	const usual, runByAll, runByOwner = 0o666, 0o111, 0o100
	perm := fs.FileMode(usual)
	if w.o.Programs && mode&runByOwner != 0 {
		perm |= runByAll
	}
	f, err := w.root.OpenFile(filepath.FromSlash(to), os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if errors.Is(err, os.ErrExist) {
		err = errTwice
	}
	if err != nil {
		return failed(err)
	}
	n, err := io.CopyBuffer(onlyWriter{f}, &bounded{w.ctx, content, &w.left, w.o.Bytes}, w.room)
	w.done.Bytes += n
	w.done.Files++
	if err = errors.Join(err, f.Close()); err != nil {
		return failed(err)
	}
	return nil
}

// folder makes a folder and those above it.
func (w *writer) folder(name string) error {
	if w.made[name] {
		return nil
	}
	if err := w.root.MkdirAll(filepath.FromSlash(name), 0o777); err != nil {
		return err
	}
	w.made[name] = true
	return nil
}

// onlyWriter hides ReadFrom, which would take another way than the buffer's.
type onlyWriter struct{ io.Writer }

// bounded reads until what is left of a number of bytes has been read, or the context is done.
type bounded struct {
	ctx  context.Context
	r    io.Reader
	left *int64
	most int64 // what there was to begin with
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, context.Cause(b.ctx)
	}
	n, err := b.r.Read(p)
	if *b.left -= int64(n); *b.left < 0 {
		return 0, fmt.Errorf("%w: over %d", errLarge, b.most)
	}
	return n, err
}
