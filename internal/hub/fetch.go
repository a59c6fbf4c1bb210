package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// attempts is how often a file is asked for before Get gives up.
	attempts = 4
	// stall is how long a connection may be silent.
	stall = 60 * time.Second
	// orphanAge is how long a partial file may be untouched before it counts as left behind by a
	// program that was killed.
	orphanAge = 2 * time.Minute
)

// pause is the time between two attempts, times the number of attempts before.
var pause = 2 * time.Second

var (
	errHash  = errors.New("wrong hash")
	errLarge = errors.New("more than is published")
)

// Get returns the path of a file in the cache, and fetches it first if it is not there. It goes on
// with what a broken download has left. The file at that path is always whole and has the published
// hash. An error of the network is a *FetchError.
func (c *Cache) Get(ctx context.Context, f File) (string, error) {
	path := c.Path(f)
	if c.Has(f) {
		return path, check(path, f)
	}
	address, err := c.URL(f)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(c.Dir, 0o777); err != nil {
		return "", fmt.Errorf("making the folder for weights: %w", err)
	}
	part, err := c.adopt(path)
	if err != nil {
		return "", err
	}
	if err := c.download(ctx, address, part, f); err != nil {
		keep(part, path)
		if ctx.Err() != nil {
			return "", fmt.Errorf("fetching %s: %w; what has come is kept, "+
				"and gone on with next time", f.Name, ctx.Err())
		}
		return "", &FetchError{File: f, URL: address, Path: path, Err: err}
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("keeping weights: %w", err)
	}
	return path, nil
}

// check compares a file that is in the cache already with its published hash.
func check(path string, f File) error {
	sum, err := hashOf(path)
	if err != nil {
		return fmt.Errorf("checking weights: %w", err)
	}
	if !strings.HasPrefix(sum, f.Hash()) {
		return fmt.Errorf("%s is not the file that torchvision publishes: "+
			"its SHA-256 begins with %s, want %s; remove it to fetch it anew",
			path, sum[:len(f.Hash())], f.Hash())
	}
	return nil
}

// hashOf returns the SHA-256 of a file in hexadecimal digits.
func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// adopt makes a partial file beside path that belongs to this download alone, since several
// programs may fetch the same file at once. It takes over what an earlier download has left, where
// there is such a file, and returns its path.
func (c *Cache) adopt(path string) (string, error) {
	own := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	if err := os.Rename(path+".part", own); err == nil {
		return own, nil
	}
	old, _ := filepath.Glob(path + ".*.part")
	for _, p := range old {
		st, err := os.Stat(p)
		if err == nil && time.Since(st.ModTime()) > orphanAge && os.Rename(p, own) == nil {
			return own, nil
		}
	}
	f, err := os.OpenFile(own, os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return "", fmt.Errorf("keeping weights: %w", err)
	}
	return own, f.Close()
}

// keep leaves a partial file for the next download to adopt.
func keep(part, path string) {
	st, err := os.Stat(part)
	if err == nil && st.Size() == 0 || os.Rename(part, path+".part") != nil {
		_ = os.Remove(part)
	}
}

// download fills a partial file, in several attempts, and checks it.
func (c *Cache) download(ctx context.Context, address, part string, f File) (err error) {
	for n := range attempts {
		if n > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(n) * pause):
			}
		}
		var final bool
		if final, err = c.attempt(ctx, address, part, f); err == nil || final || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// attempt goes on with a partial file. final says that another attempt would not help.
func (c *Cache) attempt(
	ctx context.Context, address, part string, f File,
) (final bool, err error) {
	out, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return true, err
	}
	defer func() { _ = out.Close() }()
	resumed, err := c.receive(ctx, address, out, f)
	if err != nil {
		return hopeless(err), err
	}
	if err := out.Sync(); err != nil {
		return true, err
	}
	sum, err := hashOf(part)
	if err != nil || strings.HasPrefix(sum, f.Hash()) {
		return true, err
	}
	if err := out.Truncate(0); err != nil {
		return true, err
	}
	return !resumed, fmt.Errorf("%w: SHA-256 %s, want it to begin with %s: "+
		"not the file that torchvision publishes", errHash, sum, f.Hash())
}

// hopeless reports whether an error would come again: there is no way to the server, the server
// refuses, or the file has another size.
func hopeless(err error) bool {
	var status statusError
	if errors.As(err, &status) && !status.passing() {
		return true
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op != "read" {
		return true
	}
	return errors.Is(err, errLarge) || errors.Is(err, fs.ErrPermission)
}

// statusError is the HTTP status of an answer that is not the file.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("the server says %d %s", int(s), http.StatusText(int(s)))
}

// passing reports whether the same request may succeed later.
func (s statusError) passing() bool {
	switch s {
	case http.StatusTooManyRequests, http.StatusRequestTimeout,
		http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return s >= 500
}

// receive asks the server for what out lacks and appends it. resumed says that out had a part of
// the file before, which is still in it.
func (c *Cache) receive(
	ctx context.Context, address string, out *os.File, f File,
) (resumed bool, err error) {
	have, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stall, func() { cancel(fmt.Errorf("no data for %v", stall)) })
	defer watch.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Accept-Encoding", "identity")
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, causeOf(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusPartialContent && rangeStart(resp) == have:
	case resp.StatusCode == http.StatusOK: // the server sends all of it anew
		if have, err = 0, restart(out); err != nil {
			return false, err
		}
	default:
		if resp.StatusCode == http.StatusPartialContent ||
			resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
			if err := restart(out); err != nil {
				return false, err
			}
			return false, statusError(http.StatusRequestedRangeNotSatisfiable)
		}
		return false, statusError(resp.StatusCode)
	}
	total := int64(0)
	if resp.ContentLength >= 0 {
		total = have + resp.ContentLength
	}
	if total > f.most() {
		return false, fmt.Errorf("%w: the server offers %d bytes, the published file has %.3f MiB",
			errLarge, total, f.MiB)
	}
	w := &meter{
		w: out, done: have, total: total, most: f.most(),
		tell: c.Progress, alive: func() { watch.Reset(stall) },
	}
	_, err = io.Copy(w, resp.Body)
	return have > 0, causeOf(ctx, err)
}

// restart empties a file.
func restart(out *os.File) error {
	if err := out.Truncate(0); err != nil {
		return err
	}
	_, err := out.Seek(0, io.SeekStart)
	return err
}

// causeOf returns the reason for which a context was canceled in place of "context canceled".
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// rangeStart returns the offset of a partial answer's first byte, -1 where the answer does not say.
func rangeStart(resp *http.Response) int64 {
	from, _, _ := strings.Cut(strings.TrimPrefix(resp.Header.Get("Content-Range"), "bytes "), "-")
	n, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// meter counts the bytes that are written, and ends with errLarge a file that is too large.
type meter struct {
	w           io.Writer
	done, total int64
	most        int64
	tell        func(done, total int64)
	alive       func()
}

func (m *meter) Write(b []byte) (int, error) {
	m.alive()
	if m.done+int64(len(b)) > m.most {
		return 0, fmt.Errorf("%w: the server sends over %d bytes", errLarge, m.most)
	}
	n, err := m.w.Write(b)
	m.done += int64(n)
	if m.tell != nil {
		m.tell(m.done, m.total)
	}
	return n, err
}
