package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"acol/internal/hub"
)

// The digits in a file's name are few: what comes from a mirror may be forged.
func TestOfAMirrorsFileItIsSaidWhatWasNotChecked(t *testing.T) {
	content := []byte(strings.Repeat("weights ", 1000))
	sum := sha256.Sum256(content)
	whole := hex.EncodeToString(sum[:])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(content)
	}))
	defer server.Close()
	f := hub.File{Name: "tiny-" + whole[:8] + ".pth", MiB: float64(len(content)) / (1 << 20)}
	s, _, messages := memoryIO()
	cache := &hub.Cache{Dir: t.TempDir(), Mirror: strings.Replace(server.URL, "//", "//user:secret@", 1)}
	for range 2 { // once fetched, once found
		messages.Reset()
		got, err := fetch(t.Context(), s, cache, f)
		check(t, err)
		for _, want := range []string{"only the 8 digits in its name were checked", whole} {
			if text := messages.String(); got.SHA256 != whole || !strings.Contains(text, want) || strings.Contains(text, "secret") {
				t.Errorf("%s\nwant %s", text, want)
			}
		}
	}
	messages.Reset()
	f.SHA256 = whole
	_, err := fetch(t.Context(), s, cache, f)
	check(t, err)
	cache.Mirror, f.SHA256 = "", ""
	_, err = fetch(t.Context(), s, cache, f)
	check(t, err)
	if messages.Len() > 0 {
		t.Errorf("%s", messages)
	}
	if runtime.GOOS == "windows" {
		return
	}
	check(t, os.Chmod(cache.Dir, 0o777))
	_, err = fetch(t.Context(), s, cache, f)
	check(t, err)
	if want := "which another user may have put there, only the 8 digits"; !strings.Contains(messages.String(), want) {
		t.Errorf("%s\nwant %s", messages, want)
	}
}
