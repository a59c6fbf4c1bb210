package weights

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"
)

// shared returns the path of a file of the shared data, and skips the test where it is not there.
func shared(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(cmp.Or(os.Getenv("ACOL_SHARED"), filepath.Join("..", "..", "..", "shared")), "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no shared data: %v", err)
	}
	return path
}

// addFiles starts a fuzz test from files of testdata.
func addFiles(f *testing.F, names ...string) {
	f.Helper()
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func TestSqueezeNetIsTheSameInBothFormats(t *testing.T) {
	a, _, err := Open(shared(t, "weights/squeezenet1_1.pth"))
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := Open(shared(t, "weights/squeezenet1_1.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Len() != 52 {
		t.Errorf("got %d tensors, want 52", a.Len())
	}
	if first := a.Names()[0]; first != "features.0.weight" {
		t.Errorf("first tensor %s", first)
	}
	assertEqual(t, a, b)
}
