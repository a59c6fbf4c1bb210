package hub_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"acol/internal/hub"
)

// assertFails expects that fetching ends with an error, and returns it.
func assertFails(t *testing.T, c *hub.Cache, f hub.File, want string) error {
	t.Helper()
	_, err := c.Get(t.Context(), f)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error %v, want %q", err, want)
	}
	if _, err := os.Lstat(c.Path(f)); err == nil {
		t.Error("something is in the file's place")
	}
	return err
}

func TestGetLeavesAServerThatSendsTooSlowly(t *testing.T) {
	b, f := content()
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(b[:1])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ticks, restore := hub.SetClock()
	defer restore()
	go func() {
		for {
			select {
			case ticks <- time.Time{}:
			case <-t.Context().Done():
				return
			}
		}
	}()
	assertFails(t, c, f, "bytes came in 30s, want at least 245760")
	if len(s.asked()) > 4 {
		t.Errorf("%d requests", len(s.asked()))
	}
}

func TestAttemptsThatBringTheFileFurtherDoNotCount(t *testing.T) {
	b, f := content()
	piece := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			from := 0
			_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(b)-1, len(b)))
			w.Header().Set("Content-Length", fmt.Sprint(len(b)-from))
			if from > 0 {
				w.WriteHeader(http.StatusPartialContent)
			}
			_, _ = w.Write(b[from:min(from+n, len(b))])
			w.(http.Flusher).Flush()
			if from+n >= len(b) {
				return
			}
			panic(http.ErrAbortHandler)
		}
	}
	s, c := start(t, piece(66_000))
	c.Progress = nil
	assertFetched(t, c, f, b)
	if len(s.asked()) != 5 {
		t.Errorf("%d requests", len(s.asked()))
	}
	s, c = start(t, piece(1000))
	assertFails(t, c, f, "unexpected EOF")
	if len(s.asked()) != 4 {
		t.Errorf("%d requests", len(s.asked()))
	}
}

func TestGetGivesUpAfterTheTotalTime(t *testing.T) {
	_, f := content()
	s, c := start(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	defer hub.SetTotal(30 * time.Millisecond)()
	assertFails(t, c, f, "it was not there after 30ms")
	if len(s.asked()) != 1 {
		t.Errorf("%d requests", len(s.asked()))
	}
}

func TestWhatWouldFailAgainIsNotTriedAgain(t *testing.T) {
	b, f := content()
	gzip := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b)
	}
	loop := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	}
	page := func(kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{kind}
			_, _ = w.Write([]byte("<!DOCTYPE html><html><body>Log in</body></html>"))
		}
	}
	for name, c := range map[string]struct {
		answer   http.HandlerFunc
		requests int
		want     string
	}{
		"redirects":            {loop, 6, "from one address to the next without end"},
		"page":                 {page("text/html; charset=utf-8"), 1, "sends a page, not the file"},
		"page of another type": {page("application/octet-stream"), 1, "sends a page, not the file"},
		"gzip":                 {gzip, 1, `another encoding than the file's own: "gzip"`},
	} {
		t.Run(name, func(t *testing.T) {
			s, cache := start(t, c.answer)
			assertFails(t, cache, f, c.want)
			if len(s.asked()) != c.requests {
				t.Errorf("%d requests, want %d", len(s.asked()), c.requests)
			}
		})
	}
}

// secure starts a server with a certificate that nobody knows, and counts its connections.
func secure(t *testing.T, h http.HandlerFunc) (s *httptest.Server, connections *atomic.Int64) {
	connections = new(atomic.Int64)
	s = httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, connections
}

func TestACertificateThatNobodyKnowsEndsIt(t *testing.T) {
	b, f := content()
	s, connections := secure(t, whole(b))
	assertFails(t, &hub.Cache{Dir: t.TempDir(), Mirror: s.URL}, f, "certificate")
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestHTTPSNeverLeadsToHTTP(t *testing.T) {
	b, f := content()
	asked := new(atomic.Bool)
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Store(true)
		_, _ = w.Write(b)
	}))
	t.Cleanup(plain.Close)
	s, _ := secure(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusFound)
	})
	old := http.DefaultTransport
	http.DefaultTransport = s.Client().Transport
	t.Cleanup(func() { http.DefaultTransport = old })
	assertFails(t, &hub.Cache{Dir: t.TempDir(), Mirror: s.URL}, f, "from https to http")
	if asked.Load() {
		t.Error("the http server was asked")
	}
}

func TestAFullDiskEndsIt(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here:", err)
	}
	defer full.Close()
	if err, final := hub.WritingFails(full); err == nil || !final {
		t.Errorf("error %v, final %v", err, final)
	}
}

// Whatever stands where partial files are looked for, nothing is written through it.
func TestPlantedLinksAreNotWrittenThrough(t *testing.T) {
	b, f := content()
	const precious = "precious"
	hourAgo := time.Now().Add(-time.Hour)
	for name, plant := range map[string]func(victim, place string) error{
		"symbolic link to a part": func(victim, place string) error {
			return os.Symlink(victim, place+".part")
		},
		"another name for a part": func(victim, place string) error {
			return os.Link(victim, place+".part")
		},
		"another name for an orphan": func(victim, place string) error {
			return errors.Join(os.Link(victim, place+".1.part"), os.Chtimes(victim, hourAgo, hourAgo))
		},
		"symbolic link to a part of this process": func(victim, place string) error {
			return os.Symlink(victim, fmt.Sprintf("%s.%d.part", place, os.Getpid()))
		},
		"a folder": func(_, place string) error { return os.Mkdir(place+".part", 0o777) },
	} {
		t.Run(name, func(t *testing.T) {
			_, c := start(t, whole(b))
			victim := filepath.Join(t.TempDir(), "victim")
			err := errors.Join(os.MkdirAll(c.Dir, 0o777), os.WriteFile(victim, []byte(precious), 0o600),
				plant(victim, c.Path(f)))
			if err != nil {
				t.Skip("cannot plant it here:", err)
			}
			got, err := c.Get(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			if read, err := os.ReadFile(got.Path); err != nil || !slices.Equal(read, b) {
				t.Errorf("%d bytes, error %v", len(read), err)
			}
			if text, err := os.ReadFile(victim); err != nil || string(text) != precious {
				t.Errorf("the file behind the link has %q, error %v", text, err)
			}
		})
	}
}

func TestALinkInTheFilesPlaceIsReplaced(t *testing.T) {
	b, f := content()
	_, c := start(t, whole(b))
	victim := filepath.Join(t.TempDir(), "not there")
	if err := errors.Join(os.MkdirAll(c.Dir, 0o777), os.Symlink(victim, c.Path(f))); err != nil {
		t.Skip("no links here:", err)
	}
	assertFetched(t, c, f, b)
	if st, err := os.Lstat(c.Path(f)); err != nil || !st.Mode().IsRegular() {
		t.Errorf("%v, error %v", st, err)
	}
	if _, err := os.Lstat(victim); err == nil {
		t.Error("the file behind the link was made")
	}
}

func TestGetGoesOnWhereAServerEndsEarlyWithoutASize(t *testing.T) {
	b, f := content()
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_, _ = w.Write(b[:200_000])
	}, whole(b))
	assertFetched(t, c, f, b)
	if want := []string{"", "bytes=200000-"}; !slices.Equal(s.asked(), want) {
		t.Errorf("asked for %q, want %q", s.asked(), want)
	}
}

func TestGetStartsAnewWhereTheServersFileHasChanged(t *testing.T) {
	b, f := content()
	other := slices.Clone(b)
	other[3]++
	asked := ""
	tagged := func(tag string, answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			asked = r.Header.Get("If-Range")
			w.Header().Set("ETag", tag)
			answer(w, r)
		}
	}
	part := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 1000-%d/%d", len(b)-1, len(b)))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(b[1000:])
	}
	for name, second := range map[string]http.HandlerFunc{"says so": whole(b), "goes on": part} {
		t.Run(name, func(t *testing.T) {
			s, c := start(t, tagged(`"a"`, broken(other, 1000)), tagged(`"b"`, second), tagged(`"b"`, whole(b)))
			assertFetched(t, c, f, b)
			if s.asked()[1] != "bytes=1000-" || name == "says so" && asked != `"a"` {
				t.Errorf("asked for %q if %q", s.asked(), asked)
			}
		})
	}
}

func TestAWholePartThatAKilledProgramLeftIsNotFetchedAgain(t *testing.T) {
	b, f := content()
	s, c := start(t, status(500))
	err := errors.Join(os.MkdirAll(c.Dir, 0o777), os.WriteFile(c.Path(f)+".part", b, 0o666))
	if err != nil {
		t.Fatal(err)
	}
	assertFetched(t, c, f, b)
	if len(s.asked()) != 0 {
		t.Errorf("asked for %q", s.asked())
	}
}

func TestAWholeHashIsCheckedWhole(t *testing.T) {
	b, f := content()
	_, c := start(t, whole(b))
	f.SHA256 = f.Hash() + strings.Repeat("0", 56)
	assertFails(t, c, f, "want it to begin with "+f.SHA256)
	f.SHA256 = ""
	assertFetched(t, c, f, b)
	got, err := c.Get(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	f.SHA256 = strings.ToUpper(got.SHA256)
	assertFetched(t, c, f, b)
	f.SHA256 = strings.Repeat("0", 64)
	if _, err := c.Get(t.Context(), f); err == nil || !strings.Contains(err.Error(), "want "+f.SHA256) {
		t.Errorf("error %v", err)
	}
}

func TestAMirrorsUserAndPasswordAreNeverShown(t *testing.T) {
	_, f := content()
	lead := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://token:secret@127.0.0.1:1/x")
		w.WriteHeader(http.StatusFound)
	}))
	t.Cleanup(lead.Close)
	_, answering := start(t, status(404))
	for _, mirror := range []string{
		"http://token:secret@127.0.0.1:1", "ftp://token:secret@host", "token:secret@host", "http://token:sec ret@host",
		"http://token:se%cret@host", "http://token:secret/@host", strings.Replace(answering.Mirror, "//", "//token:secret@", 1), lead.URL,
		"http://secret-token@127.0.0.1:1",
	} {
		c := &hub.Cache{Dir: t.TempDir(), Mirror: mirror}
		_, err := c.Get(t.Context(), f)
		shown, _ := c.Shown(f)
		text := fmt.Sprint(err, shown)
		var fetch *hub.FetchError
		if errors.As(err, &fetch) {
			text += fetch.Hint() + fetch.Err.Error()
		}
		if err == nil || strings.Contains(text, "sec") || strings.Contains(text, "token") {
			t.Errorf("%s: %s", mirror, text)
		}
	}
}
