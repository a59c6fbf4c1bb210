package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"acol/internal/regular"
)

var (
	errHash  = errors.New("wrong hash")
	errLarge = errors.New("more than is published")
	errShort = errors.New("less than is published")
)

// Fetched is a file that Get has found or fetched.
type Fetched struct {
	// Path is where the file is.
	Path string
	// SHA256 is the file's hash: 64 hexadecimal digits.
	SHA256 string
	// Foreign says that another user may have put the file there: it is another's, or everybody may
	// write into the cache.
	Foreign bool
	// Found says that the file was there before.
	Found bool
}

// Get returns the place of a file in the cache, and fetches it first if it is not there. It goes on
// with what a broken download has left. The file at that place is always whole and has the
// published hash, or as much of it as is known. An error of the network is a *FetchError.
func (c *Cache) Get(ctx context.Context, f File) (Fetched, error) { return c.get(ctx, f.wanted()) }

// get is Get of any file.
func (c *Cache) get(ctx context.Context, f wanted) (Fetched, error) {
	path := filepath.Join(c.Dir, f.name)
	if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
		return check(path, f)
	}
	address, err := c.address(f.name, f.home)
	if err != nil {
		return Fetched{}, err
	}
	const searchable = 0o755
	if err := os.MkdirAll(c.Dir, searchable); err != nil {
		return Fetched{}, fmt.Errorf("making the folder for %s: %w", f.kind, err)
	}
	p, err := newPart(path)
	if err != nil {
		return Fetched{}, fmt.Errorf("keeping %s: %w", f.kind, err)
	}
	limited, cancel := context.WithTimeoutCause(ctx, usual.total, lateError{usual.total})
	defer cancel()
	sum, err := c.download(limited, address, p, f)
	if err != nil {
		p.keep()
		if ctx.Err() != nil {
			return Fetched{}, fmt.Errorf("fetching %s: %w; what has come is kept, "+
				"and gone on with next time", f.name, ctx.Err())
		}
		return Fetched{}, &FetchError{
			Home: f.home, URL: address, Path: path, Mirror: f.mirror, Err: discreet{err},
		}
	}
	if err := p.finish(); err != nil {
		return Fetched{}, fmt.Errorf("keeping %s: %w", f.kind, err)
	}
	return Fetched{Path: path, SHA256: sum}, nil
}

// check compares a file that is in the cache already with what is known of it.
func check(path string, f wanted) (Fetched, error) {
	file, err := regular.Open(path)
	if err != nil {
		return Fetched{}, fmt.Errorf("checking %s: %w", f.kind, err)
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return Fetched{}, fmt.Errorf("checking %s: %w", f.kind, err)
	}
	sum, err := hashOf(file)
	if err != nil {
		return Fetched{}, fmt.Errorf("checking %s: %w", f.kind, err)
	}
	if want := f.sum; !strings.HasPrefix(sum, want) {
		return Fetched{}, fmt.Errorf("%s is not the file that %s: its SHA-256 begins with %s, want %s; "+
			"remove it to fetch it anew", path, f.published(), sum[:len(want)], want)
	}
	foreign := isForeign(st) || openToAll(filepath.Dir(path))
	return Fetched{Path: path, SHA256: sum, Foreign: foreign, Found: true}, nil
}

// openToAll reports whether everybody may write into a folder.
func openToAll(dir string) bool {
	const others = 0o002
	st, err := os.Stat(dir)
	return err == nil && runtime.GOOS != "windows" && st.Mode().Perm()&others != 0
}

// hashOf returns the SHA-256 of a file from its beginning, in hexadecimal digits.
func hashOf(f io.ReadSeeker) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// download fills a partial file, in several attempts, checks it, and returns its hash. Attempts
// that bring the file further do not count.
func (c *Cache) download(
	ctx context.Context, address string, p *part, f wanted,
) (sum string, err error) {
	r := request{tell: c.Progress, address: address, file: f, client: client()}
	defer r.client.CloseIdleConnections()
	for n := 0; n < usual.attempts; n++ {
		if n > 0 {
			if err := usual.wait(ctx, n); err != nil {
				return "", err
			}
		}
		before := p.large
		var final bool
		if sum, final, err = r.attempt(ctx, p); err == nil {
			return sum, nil
		}
		if final || ctx.Err() != nil {
			return "", err
		}
		if p.large-before >= usual.progress {
			n = 0
		}
	}
	return "", err
}

// attempt goes on with a partial file. final says that another attempt would not help.
func (r *request) attempt(ctx context.Context, p *part) (sum string, final bool, err error) {
	have, err := p.Seek(0, io.SeekEnd)
	if err != nil {
		return "", true, err
	}
	p.large = max(p.large, have)
	// An earlier program may have ended just before it kept the file.
	if r.file.sum != "" && have >= r.file.least {
		if sum, err := hashOf(p); err != nil || strings.HasPrefix(sum, r.file.sum) {
			return sum, true, err
		}
	}
	resumed, err := r.receive(ctx, p)
	if st, e := p.Stat(); e == nil {
		p.large = max(p.large, st.Size())
	}
	if err != nil {
		return "", hopeless(err), err
	}
	if err := p.Sync(); err != nil {
		return "", true, err
	}
	sum, err = hashOf(p)
	page := isPage(p)
	if err != nil || strings.HasPrefix(sum, r.file.sum) && (!page || r.file.sum != "") {
		return sum, true, err
	}
	if err := p.restart(); err != nil {
		return "", true, err
	}
	if page {
		return "", true, errPage
	}
	return "", !resumed, fmt.Errorf("%w: SHA-256 %s, want it to begin with %s: "+
		"not the file that %s", errHash, sum, r.file.sum, r.file.published())
}

// isPage reports whether a file is a page for people, such as that of a login.
func isPage(f io.ReaderAt) bool {
	const sniffed = 512
	head := make([]byte, sniffed)
	n, _ := f.ReadAt(head, 0)
	return strings.HasPrefix(http.DetectContentType(head[:n]), "text/html")
}
