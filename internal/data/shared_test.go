package data

import (
	"os"
	"path/filepath"
	"testing"
)

// shared is the folder of the data sets that tests use where it is there.
func shared(t testing.TB) string {
	dir := os.Getenv("ACOL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err != nil {
		t.Skipf("no shared data at %s; ACOL_SHARED names another place", dir)
	}
	return dir
}

// put writes files below dir, by path.
func put(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), text); err != nil {
			t.Fatal(err)
		}
	}
}
