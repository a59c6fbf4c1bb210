package tiff

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// FuzzDecode looks for panics, and for pages that take more memory than Memory says.
func FuzzDecode(f *testing.F) {
	names, err := filepath.Glob("../testdata/variants/*.tif")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		w, h := p.Size()
		if w > 1<<20/h {
			return // keep the fuzzer fast
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := p.Decode()
		runtime.ReadMemStats(&after)
		// Each block has a decoder, one after the other, and the fuzzer takes some memory itself.
		blocks := int64(w/p.blockW+h/p.blockH+2) * int64(h/p.blockH+w/p.blockW+2) * int64(p.samples)
		rest := 64<<20 + blocks<<17
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > p.Memory()+rest {
			t.Errorf("%dx%d pixels took %d bytes, want %d at most", w, h, took, p.Memory())
		}
		if err == nil && m.Bounds() != image.Rect(0, 0, w, h) {
			t.Errorf("bounds %v, want %dx%d", m.Bounds(), w, h)
		}
	})
}
