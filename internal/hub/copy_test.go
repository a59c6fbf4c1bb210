package hub_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acol/internal/hub"
)

// bounds are far from what the tests send.
var bounds = hub.Bounds{Bytes: 1 << 20, Time: time.Minute}

// copied gives what Copy writes of an address.
func copied(t *testing.T, address string, b hub.Bounds) ([]byte, error) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = hub.Copy(t.Context(), address, f, b)
	var got bytes.Buffer
	if _, e := got.ReadFrom(f); e != nil {
		t.Fatal(e)
	}
	return got.Bytes(), err
}

func TestCopyBringsWhatAnAddressGives(t *testing.T) {
	b, _ := content()
	s, c := start(t, whole(b))
	got, err := copied(t, c.Mirror+"/a.jpg?size=9", bounds)
	if err != nil || !bytes.Equal(got, b) || len(s.asked()) != 1 {
		t.Errorf("%d bytes in %d requests, error %v", len(got), len(s.asked()), err)
	}
}

// Nothing tells whether the rest is of the same picture, unless the server names its version.
func TestCopyGoesOnOnlyWithTheSameVersion(t *testing.T) {
	b, _ := content()
	named := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			h(w, r)
		}
	}
	for name, c := range map[string]struct {
		answers []http.HandlerFunc
		asked   []string
	}{
		"unnamed": {[]http.HandlerFunc{broken(b, 100_000), whole(b)}, []string{"", ""}},
		"named": {
			[]http.HandlerFunc{named(broken(b, 100_000)), named(whole(b))},
			[]string{"", "bytes=100000-"},
		},
		"busy": {[]http.HandlerFunc{status(503), status(429), whole(b)}, []string{"", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			s, cache := start(t, c.answers...)
			got, err := copied(t, cache.Mirror, bounds)
			if err != nil || !bytes.Equal(got, b) || !slices.Equal(s.asked(), c.asked) {
				t.Errorf("%d bytes, asked for %q, error %v", len(got), s.asked(), err)
			}
		})
	}
}

func TestCopyIsBounded(t *testing.T) {
	b, _ := content()
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	loop := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	}
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write([]byte("<!DOCTYPE html><html>log in</html>"))
	}
	small := hub.Bounds{Bytes: 1000, Time: time.Minute}
	for _, c := range []struct {
		name     string
		answer   http.HandlerFunc
		bounds   hub.Bounds
		requests int
		want     string
	}{
		{"large", whole(b), small, 1, "the server offers 300000 bytes, at most 1000 are taken"},
		{"endless", endless, small, 1, "the server sends over 1000 bytes"},
		{"silent", silent, hub.Bounds{Bytes: 1, Time: 50 * time.Millisecond}, 1,
			"it was not there after 50ms"},
		{"loop", loop, bounds, 6, "from one address to the next without end"},
		{"missing", status(404), bounds, 1, "the server says 404 Not Found"},
		{"down", status(500), bounds, 4, "the server says 500"},
		{"page", page, bounds, 1, "a page, not the file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, cache := start(t, c.answer)
			_, err := copied(t, strings.Replace(cache.Mirror, "//", "//user:secret@", 1), c.bounds)
			if err == nil || !strings.Contains(err.Error(), c.want) ||
				strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if len(s.asked()) != c.requests {
				t.Errorf("%d requests, want %d", len(s.asked()), c.requests)
			}
		})
	}
	if _, err := copied(t, "file:///etc/passwd", bounds); err == nil ||
		!strings.Contains(err.Error(), "is not an http") {
		t.Errorf("error %v", err)
	}
}

func TestCopyNeverFallsFromHTTPSToHTTP(t *testing.T) {
	b, _ := content()
	s, c := start(t, whole(b))
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, c.Mirror, http.StatusFound)
	}))
	defer secure.Close()
	old := http.DefaultTransport
	http.DefaultTransport = secure.Client().Transport // which trusts the test's own server
	defer func() { http.DefaultTransport = old }()
	_, err := copied(t, secure.URL, bounds)
	if err == nil || !strings.Contains(err.Error(), "from https to http") || len(s.asked()) != 0 {
		t.Errorf("%d requests, error %v", len(s.asked()), err)
	}
}

func TestCopyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, c := start(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := hub.Copy(ctx, c.Mirror, f, bounds); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// archived is what a table would say of b.
func archived(b []byte, sum string) hub.Archive {
	a := hub.Archive{Name: "set.tgz", Address: "https://example.org/set.tgz", Owner: "Somebody",
		SHA256: sum, Most: 1 << 20}
	if sum != "" {
		a.Bytes = int64(len(b))
	}
	return a
}

func TestArchivesAreCheckedByWhatIsKnownOfThem(t *testing.T) {
	b, _ := content()
	sum := sumOf(b)
	for name, c := range map[string]struct {
		answers []http.HandlerFunc
		sum     string
		asked   []string
		want    string
	}{
		"known": {[]http.HandlerFunc{broken(b, 1000), whole(b)}, sum,
			[]string{"", "bytes=1000-"}, ""},
		"unknown": {[]http.HandlerFunc{broken(b, 1000), whole(b)}, "", []string{"", ""}, ""},
		"another": {[]http.HandlerFunc{whole(b)}, strings.Repeat("0", 64), []string{""},
			"not the file that Somebody publishes"},
		"short": {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(b[1:])
		}}, sum, []string{"", "bytes=299999-", "bytes=299999-", "bytes=299999-"},
			"the published file has 300000"},
		"large, unknown": {[]http.HandlerFunc{whole(make([]byte, 2<<20))}, "", []string{""},
			"at most 1048576 are taken"},
		"page, unknown": {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-gzip")
			_, _ = w.Write([]byte("<html>quota</html>"))
		}}, "", []string{""}, "a page, not the file"},
	} {
		t.Run(name, func(t *testing.T) {
			s, cache := start(t, c.answers...)
			a := archived(b, c.sum)
			got, err := cache.GetArchive(t.Context(), a)
			if c.want == "" && (err != nil || got.SHA256 != sum || got.Found ||
				got.Path != cache.ArchivePath(a)) {
				t.Errorf("%+v, error %v", got, err)
			}
			var fetch *hub.FetchError
			if c.want != "" && (!errors.As(err, &fetch) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if fetch != nil && !strings.Contains(fetch.Hint(),
				"fetch https://example.org/set.tgz elsewhere and put it at "+
					cache.ArchivePath(a)+"; ACOL_MIRROR_DATA") {
				t.Errorf("hint %s", fetch.Hint())
			}
			if !slices.Equal(s.asked(), c.asked) {
				t.Errorf("asked for %q, want %q", s.asked(), c.asked)
			}
			if c.want != "" {
				return
			}
			if again, err := cache.GetArchive(t.Context(), a); err != nil || !again.Found ||
				again.SHA256 != sum {
				t.Errorf("again: %+v, error %v", again, err)
			}
		})
	}
}

// What is left of an archive whose hash nobody knows may be of another version.
func TestAnArchiveWithoutAHashIsBegunAnew(t *testing.T) {
	b, _ := content()
	s, c := start(t, whole(b))
	a := archived(b, "")
	if err := os.MkdirAll(c.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.ArchivePath(a)+".part", b[:500], 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetArchive(t.Context(), a)
	if err != nil || got.SHA256 != sumOf(b) || !slices.Equal(s.asked(), []string{""}) {
		t.Errorf("asked for %q, error %v", s.asked(), err)
	}
}

func sumOf(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }
