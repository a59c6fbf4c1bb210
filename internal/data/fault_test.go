package data

import (
	"strings"
	"testing"
)

// wantError opens a split that something is wrong with and wants an error with all of the texts.
func wantError(t *testing.T, cfg Config, split string, texts ...string) {
	t.Helper()
	_, err := Open(cfg, split)
	if err == nil {
		t.Errorf("split %s: no error, want …%s…", split, strings.Join(texts, "…"))
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("split %s: got %v, want …%s…", split, err, text)
		}
	}
}
