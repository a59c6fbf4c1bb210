package hub

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// orphanAge is how long a partial file may be untouched before it counts as left behind by a
// program that was killed.
const orphanAge = 2 * time.Minute

// part is an open partial file beside a place of the cache. All reading and writing goes through
// the file that was opened, whatever becomes of its name.
type part struct {
	*os.File
	path  string // the place of the whole file
	large int64  // the most bytes that the file has had
}

// newPart makes a partial file that belongs to this download alone, since several programs may
// fetch the same file at once. It takes over what an earlier download has left, where there is such
// a file.
func newPart(path string) (*part, error) {
	left := []string{path + ".part"}
	orphans, _ := filepath.Glob(escapeGlob(path) + ".*.part")
	for _, p := range orphans {
		if st, err := os.Lstat(p); err == nil && time.Since(st.ModTime()) > orphanAge {
			left = append(left, p)
		}
	}
	for _, p := range left {
		if f := adopt(p, path); f != nil {
			return &part{File: f, path: path}, nil
		}
	}
	f, err := fresh(path)
	if err != nil {
		return nil, err
	}
	return &part{File: f, path: path}, nil
}

// fresh creates a partial file under a name that nobody can have foreseen. Creating fails where the
// name exists, even as a link.
func fresh(path string) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return nil, err
	}
	const readable = 0o644
	if err := f.Chmod(readable); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

// adopt takes over a file that an earlier download has left, under a name of its own. It returns
// nil where there is none that may be written to: a link could lead to any file of the user's.
func adopt(left, path string) *os.File {
	if st, err := os.Lstat(left); err != nil || !st.Mode().IsRegular() {
		return nil
	}
	own, err := fresh(path)
	if err != nil {
		return nil
	}
	_ = own.Close()
	if os.Rename(left, own.Name()) != nil {
		_ = os.Remove(own.Name())
		return nil
	}
	f, err := os.OpenFile(own.Name(), os.O_RDWR|noFollow, 0)
	if err != nil {
		_ = os.Remove(own.Name())
		return nil
	}
	if !solelyOurs(f) {
		_ = f.Close()
		_ = os.Remove(own.Name())
		return nil
	}
	return f
}

// keep leaves a partial file for the next download to adopt.
func (p *part) keep() {
	st, err := p.Stat()
	_ = p.Close()
	if err != nil || st.Size() == 0 || os.Rename(p.Name(), p.path+".part") != nil {
		_ = os.Remove(p.Name())
	}
}

// finish gives the whole file its name, which may be that of a link: the link is replaced.
func (p *part) finish() error {
	st, err := p.Stat()
	if err != nil {
		return err
	}
	if err := errors.Join(p.Close(), os.Rename(p.Name(), p.path)); err != nil {
		return err
	}
	if now, err := os.Lstat(p.path); err != nil || !os.SameFile(st, now) {
		return fmt.Errorf("another program has replaced %s", p.path)
	}
	return nil
}

// restart empties the file.
func (p *part) restart() error {
	if err := p.Truncate(0); err != nil {
		return err
	}
	_, err := p.Seek(0, 0)
	return err
}

// escapeGlob makes a path fit for a pattern that means it alone.
func escapeGlob(path string) string {
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		switch path[i] {
		case '*', '?', '[', '\\':
			if os.PathSeparator != path[i] {
				out = append(out, '[', path[i], ']')
				continue
			}
		}
		out = append(out, path[i])
	}
	return string(out)
}
