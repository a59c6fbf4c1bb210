package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptServe is "serve DIR": a server of the files in DIR, whose address is $URL from then on, and
// its host and port $HOST.
func scriptServe(ts *testscript.TestScript, _ bool, args []string) {
	s := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[0]))))
	ts.Defer(s.Close)
	ts.Setenv("URL", s.URL)
	ts.Setenv("HOST", strings.TrimPrefix(s.URL, "http://"))
}

// Thousands of addresses must not fill the disk.
func TestImagesFromAddressesAreRemovedBatchByBatch(t *testing.T) {
	good := place(t)
	raw, err := os.ReadFile(good[0])
	check(t, err)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var mu sync.Mutex
	most := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		files, _ := filepath.Glob(filepath.Join(temp, "acol-*", "*"))
		mu.Lock()
		most = max(most, len(files))
		mu.Unlock()
		_, _ = w.Write(raw)
	}))
	defer server.Close()
	args := []string{"--set", "localize.batch_size=1"}
	for i := range 8 {
		args = append(args, fmt.Sprintf("%s/%d.png", server.URL, i))
	}
	got, code := localizeJSON(t, args...)
	if code != exitOK || len(got) != 8 {
		t.Errorf("exit code %d, %d images", code, len(got))
	}
	const batches = 3 // the one at hand, the one ahead, and the one that begins
	if most < 1 || most > batches {
		t.Errorf("%d files at once", most)
	}
}
