package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
)

// request is a file that is asked for, perhaps several times.
type request struct {
	address string
	file    wanted
	tell    func(done, total int64) // Cache.Progress
	client  *http.Client
	// etag names the version of the file that the partial file was begun with, where the server
	// says so.
	etag string
}

var (
	errPlain = errors.New("the server leads from https to http, " +
		"where anybody on the way could change the file")
	errRedirects = errors.New("the server leads from one address to the next without end")
	errPage      = errors.New("the server sends a page, not the file: it may want a login")
	errEncoded   = errors.New("the server sends another encoding than the file's own")
)

// client makes requests that are led at most a few times to another address, and never from https
// to http.
func client() *http.Client {
	const most = 5
	return &http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch last := via[len(via)-1]; {
		case last.URL.Scheme == "https" && r.URL.Scheme != "https":
			return errPlain
		case len(via) > most:
			return errRedirects
		}
		return nil
	}}
}

// localError is an error of this machine, such as that of a full disk.
type localError struct{ error }

func (e localError) Unwrap() error { return e.error }

// hopeless reports whether an error would come again: there is no way to the server, it is not the
// server that it should be, it refuses, or the file has another size or no place.
func hopeless(err error) bool {
	var status statusError
	if errors.As(err, &status) && !status.passing() {
		return true
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op != "read" {
		return true
	}
	for _, e := range []error{errLarge, errPlain, errRedirects, errPage, errEncoded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return errors.As(err, new(localError)) || untrusted(err)
}

// untrusted reports whether an error says that the server is not who it claims to be.
func untrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) ||
		errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) ||
		errors.As(err, new(x509.CertificateInvalidError)) ||
		errors.As(err, new(tls.RecordHeaderError))
}

// statusError is the HTTP status of an answer that is not the file.
type statusError int

func (s statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the server says %d %s", int(s), http.StatusText(int(s))))
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

// receive asks the server for what the partial file lacks and appends it. resumed says that it had
// a part of the file before, which is still in it.
func (r *request) receive(ctx context.Context, p *part) (resumed bool, err error) {
	have, err := p.Seek(0, io.SeekEnd)
	if err != nil {
		return false, localError{err}
	}
	if have > 0 && r.file.sum == "" && !r.strong() { // nothing tells whether the rest is of this version
		if have, err = 0, p.restart(); err != nil {
			return false, localError{err}
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var came atomic.Int64
	go usual.watch(ctx, &came, cancel)
	resp, err := r.send(ctx, have)
	if err != nil {
		return false, r.causeOf(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	have, total, err := r.begin(resp, p, have)
	if err != nil {
		return false, err
	}
	w := &meter{
		w: p, done: have, total: total, most: r.file.most, tell: r.tell, came: &came,
	}
	if _, err = io.Copy(w, resp.Body); err != nil {
		return have > 0, r.causeOf(ctx, err)
	}
	if w.done < r.file.least && !isPage(p) {
		return have > 0, fmt.Errorf("%w: the connection ended after %d bytes, %s",
			errShort, w.done, r.file.size)
	}
	return have > 0, nil
}

// strong reports whether the server has named the version. A weak name, W/"…", does not stand for
// the bytes.
func (r *request) strong() bool { return strings.HasPrefix(r.etag, `"`) }

// send asks for the file from its byte have on.
func (r *request) send(ctx context.Context, have int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", "acol") // some servers refuse Go's own
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		if r.strong() {
			req.Header.Set("If-Range", r.etag)
		}
	}
	return r.client.Do(req)
}

// begin looks at an answer and makes the partial file ready for it. It returns the number of bytes
// that stay in the file, and the size of the whole one, 0 where it is not known.
func (r *request) begin(resp *http.Response, p *part, have int64) (kept, total int64, err error) {
	etag := resp.Header.Get("ETag")
	start, whole := contentRange(resp)
	switch {
	case resp.StatusCode == http.StatusPartialContent && have > 0 && start == have &&
		(r.etag == "" || r.etag == etag):
	case resp.StatusCode == http.StatusOK: // the server sends all of it anew
		have, whole = 0, -1
		if err := p.restart(); err != nil {
			return 0, 0, localError{err}
		}
	case resp.StatusCode == http.StatusPartialContent,
		resp.StatusCode == http.StatusRequestedRangeNotSatisfiable: // not the part that is missing
		r.etag = ""
		if err := p.restart(); err != nil {
			return 0, 0, localError{err}
		}
		return 0, 0, statusError(http.StatusRequestedRangeNotSatisfiable)
	default:
		return 0, 0, statusError(resp.StatusCode)
	}
	r.etag = etag
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		return 0, 0, errPage
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return 0, 0, fmt.Errorf("%w: %q", errEncoded, e)
	}
	if resp.ContentLength >= 0 {
		total = have + resp.ContentLength
	}
	if offered := max(total, whole); offered > r.file.most {
		return 0, 0, fmt.Errorf("%w: the server offers %d bytes, %s", errLarge, offered, r.file.size)
	}
	return have, total, nil
}

// contentRange returns the offset of a partial answer's first byte and the size of the whole file,
// each -1 where the answer does not say it.
func contentRange(resp *http.Response) (start, whole int64) {
	text := strings.TrimPrefix(resp.Header.Get("Content-Range"), "bytes ")
	place, size, _ := strings.Cut(text, "/")
	from, _, _ := strings.Cut(place, "-")
	return number(from), number(size)
}

func number(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// causeOf returns the reason for which a context was canceled in place of "context canceled", and
// leaves out an address that the error of the whole download has too.
func (r *request) causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var at *url.Error
	if !errors.As(err, &at) {
		return err
	}
	if there := shown(at.URL); there != shown(r.address) {
		return fmt.Errorf("led to %s: %w", there, at.Err)
	}
	return at.Err
}

// meter counts the bytes that are written, and ends with errLarge a file that is too large.
type meter struct {
	w           io.Writer
	done, total int64
	most        int64
	tell        func(done, total int64)
	came        *atomic.Int64
}

func (m *meter) Write(b []byte) (int, error) {
	if m.done+int64(len(b)) > m.most {
		return 0, fmt.Errorf("%w: the server sends over %d bytes", errLarge, m.most)
	}
	n, err := m.w.Write(b)
	m.done += int64(n)
	m.came.Add(int64(n))
	if m.tell != nil {
		m.tell(m.done, m.total)
	}
	if err != nil {
		return n, localError{err}
	}
	return n, nil
}
