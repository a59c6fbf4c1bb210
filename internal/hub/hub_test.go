package hub_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"acol/internal/hub"
)

// content is a file of 300 kB, and what the table would say of it.
func content() ([]byte, hub.File) {
	b := make([]byte, 300_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	sum := sha256.Sum256(b)
	return b, hub.File{Name: "tiny-" + hex.EncodeToString(sum[:4]) + ".pth", MiB: float64(len(b)) / (1 << 20)}
}

// server answers with what each request is to get, the last for all further ones, and notes the
// ranges asked for.
type server struct {
	mu     sync.Mutex
	answer []http.HandlerFunc
	ranges []string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	i := min(len(s.ranges), len(s.answer)-1)
	s.ranges = append(s.ranges, r.Header.Get("Range"))
	s.mu.Unlock()
	s.answer[i](w, r)
}

// asked returns the ranges of the requests so far.
func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ranges)
}

func start(t *testing.T, answer ...http.HandlerFunc) (*server, *hub.Cache) {
	t.Helper()
	t.Cleanup(hub.SetPause())
	s := &server{answer: answer}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, &hub.Cache{Dir: filepath.Join(t.TempDir(), "cache"), Mirror: h.URL + "/mirror"}
}

// whole serves b as a file server does.
func whole(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x", time.Time{}, bytes.NewReader(b))
	}
}

// broken sends the first n bytes and hangs up.
func broken(b []byte, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		_, _ = w.Write(b[:n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func assertFetched(t *testing.T, c *hub.Cache, f hub.File, want []byte) {
	t.Helper()
	got, err := c.Get(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	read, err := os.ReadFile(got.Path)
	if err != nil || !bytes.Equal(read, want) {
		t.Errorf("%d bytes, error %v, want %d", len(read), err, len(want))
	}
	if sum := sha256.Sum256(want); got.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the hash is %s", got.SHA256)
	}
	if names, _ := filepath.Glob(filepath.Join(c.Dir, "*")); len(names) != 1 {
		t.Errorf("the cache has %q", names)
	}
}

func TestGetFetchesOnceAndTellsHowFarItIs(t *testing.T) {
	b, f := content()
	s, c := start(t, whole(b))
	var last, total int64
	c.Progress = func(d, n int64) {
		if d < last {
			t.Errorf("progress went from %d to %d", last, d)
		}
		last, total = d, n
	}
	assertFetched(t, c, f, b)
	assertFetched(t, c, f, b)
	if len(s.asked()) != 1 || last != int64(len(b)) || total != last {
		t.Errorf("%d requests, progress %d of %d", len(s.asked()), last, total)
	}
}

func TestGetGoesOnWhereAConnectionBroke(t *testing.T) {
	b, f := content()
	s, c := start(t, broken(b, 100_000), status(503), whole(b))
	assertFetched(t, c, f, b)
	if want := []string{"", "bytes=100000-", "bytes=100000-"}; !slices.Equal(s.asked(), want) {
		t.Errorf("asked for %q, want %q", s.asked(), want)
	}
}

func TestGetGoesOnAfterAnInterrupt(t *testing.T) {
	b, f := content()
	ctx, cancel := context.WithCancel(t.Context())
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(b[:120_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, whole(b))
	c.Progress = func(done, _ int64) {
		if done == 120_000 {
			cancel()
		}
	}
	_, err := c.Get(ctx, f)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "gone on with next time") {
		t.Fatalf("error %v", err)
	}
	assertFetched(t, c, f, b)
	if s.asked()[1] != "bytes=120000-" {
		t.Errorf("asked for %q", s.asked())
	}
}

func TestGetStartsAnewWhereAServerCannotGoOn(t *testing.T) {
	b, f := content()
	plain := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
	lying := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(b)-1, len(b)))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(b)
	}
	for name, answers := range map[string][]http.HandlerFunc{
		"whole":   {broken(b, 1000), plain},
		"another": {broken(b, 1000), lying, whole(b)},
		"416":     {broken(b, 1000), status(416), whole(b)},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := start(t, answers...)
			assertFetched(t, c, f, b)
		})
	}
}

// What an earlier program left may be of another file.
func TestGetStartsAnewWhereTheKeptPartIsWrong(t *testing.T) {
	b, f := content()
	s, c := start(t, whole(b))
	if err := os.MkdirAll(c.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.Path(f)+".part", make([]byte, 500), 0o666); err != nil {
		t.Fatal(err)
	}
	assertFetched(t, c, f, b)
	if want := []string{"bytes=500-", ""}; !slices.Equal(s.asked(), want) {
		t.Errorf("asked for %q, want %q", s.asked(), want)
	}
}

func TestGetAdoptsWhatAKilledProgramLeft(t *testing.T) {
	b, f := content()
	s, c := start(t, whole(b))
	if err := os.MkdirAll(c.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	left := c.Path(f) + ".1.part"
	if err := os.WriteFile(left, b[:700], 0o666); err != nil {
		t.Fatal(err)
	}
	hourAgo := time.Now().Add(-time.Hour)
	if err := os.Chtimes(left, hourAgo, hourAgo); err != nil {
		t.Fatal(err)
	}
	assertFetched(t, c, f, b)
	if s.asked()[0] != "bytes=700-" {
		t.Errorf("asked for %q", s.asked())
	}
}

func TestGetSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	b, f := content()
	bad := slices.Clone(b)
	bad[7]++
	for _, c := range []struct {
		name     string
		answer   http.HandlerFunc
		requests int
		want     string
	}{
		{"missing", status(404), 1, "the server says 404 Not Found"},
		{"forbidden", status(403), 1, "the server says 403 Forbidden"},
		{"overloaded", status(503), 4, "the server says 503 Service Unavailable"},
		{"another file", whole(bad), 1, "not the file that torchvision publishes"},
		{"large", whole(make([]byte, 1<<20)), 1, "the server offers 1048576 bytes, the published file has 0.286 MiB"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			for range 1 << 10 {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, 1, "the server sends over"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, cache := start(t, c.answer)
			_, err := cache.Get(t.Context(), f)
			var fetch *hub.FetchError
			if !errors.As(err, &fetch) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %s", err, c.want)
			}
			if hint := fetch.Hint(); !strings.Contains(hint, hub.Server+"/"+f.Name) || !strings.Contains(hint, cache.Path(f)) {
				t.Errorf("hint %s", hint)
			}
			if len(s.asked()) != c.requests {
				t.Errorf("%d requests, want %d", len(s.asked()), c.requests)
			}
			if cache.Has(f) {
				t.Error("the file is in the cache")
			}
		})
	}
}

func TestGetChecksAFileThatWasPutThere(t *testing.T) {
	b, f := content()
	_, c := start(t, status(500))
	if err := os.MkdirAll(c.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.Path(f), b, 0o666); err != nil {
		t.Fatal(err)
	}
	assertFetched(t, c, f, b)
	if err := os.WriteFile(c.Path(f), b[1:], 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), f); err == nil || !strings.Contains(err.Error(), "is not the file that torchvision publishes") {
		t.Errorf("error %v", err)
	}
}

// The environment's proxy is read once a process, so that the request comes from another one.
func TestGetGoesThroughAProxy(t *testing.T) {
	b, f := content()
	if dir := os.Getenv("HUB_TEST_DIR"); dir != "" {
		if _, err := (&hub.Cache{Dir: dir, Mirror: "http://weights.example"}).Get(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		return
	}
	asked := ""
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		_, _ = w.Write(b)
	}))
	defer proxy.Close()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestGetGoesThroughAProxy")
	cmd.Env = append(os.Environ(), "HTTP_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=", "HUB_TEST_DIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if asked != "http://weights.example/"+f.Name {
		t.Errorf("the proxy was asked for %q", asked)
	}
	if got, err := os.ReadFile(filepath.Join(dir, f.Name)); err != nil || !bytes.Equal(got, b) {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
}

func TestMirrorsMustBeAddresses(t *testing.T) {
	_, f := content()
	for _, m := range []string{"ftp://x", "/folder", "http://", "file:///etc", ":"} {
		if _, err := (&hub.Cache{Dir: t.TempDir(), Mirror: m}).Get(t.Context(), f); err == nil || !strings.Contains(err.Error(), "is not an http or https address") {
			t.Errorf("%s: error %v", m, err)
		}
	}
	c := &hub.Cache{Mirror: "https://user:secret@host/a/"}
	if u, err := c.URL(f); err != nil || u != "https://user:secret@host/a/"+f.Name {
		t.Errorf("%s, error %v", u, err)
	}
}

func TestErrorsHideAMirrorsPassword(t *testing.T) {
	_, f := content()
	c := &hub.Cache{Dir: t.TempDir(), Mirror: "http://user:secret@127.0.0.1:1"}
	if _, err := c.Get(t.Context(), f); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}

func TestOpenFollowsTheEnvironment(t *testing.T) {
	c, err := hub.Open([]string{"ACOL_CACHE=/a", "ACOL_MIRROR=https://m/x", "ACOL_CACHE=/b"})
	if err != nil || c.Dir != "/b" || c.Mirror != "https://m/x" {
		t.Errorf("%+v, error %v", c, err)
	}
	t.Setenv("XDG_CACHE_HOME", "/xdg")
	t.Setenv("HOME", "/home/u")
	if c, err := hub.Open(nil); err != nil || !strings.HasSuffix(c.Dir, filepath.Join("acol", "weights")) {
		t.Errorf("%+v, error %v", c, err)
	}
}
