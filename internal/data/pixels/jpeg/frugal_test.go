//go:build onednn && amd64 && cgo && linux

package jpeg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// frugally calls f once with coefficients that are given back as pixels are made of them, however
// few they are.
func frugally(f func()) {
	defer func(n int64) { frugalFrom = n }(frugalFrom)
	frugalFrom = 0
	f()
}

// blurred makes a progressive file of w x h pixels, three planes of them, whose only scan has the
// mean of each block of 8x8: libjpeg smooths it with the rows of blocks around.
func blurred(w, h int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := []byte(Magic + "\xff\xdb\x00\x43\x00" + strings.Repeat("\x01", 64))
	b = append(b, "\xff\xc2\x00\x11\x08"...)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, uint16(h)), uint16(w))
	b = append(b, "\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"...)
	// Differences of 0 bits have the code 0, those of 6 bits the code 10.
	b = append(b, "\xff\xc4\x00\x15\x00\x01\x01"+strings.Repeat("\x00", 14)+"\x00\x06"...)
	b = append(b, "\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x00\x00"...)
	bits, n := uint64(0), 0
	put := func(v uint64, count int) {
		bits, n = bits<<count|v, n+count
		for ; n >= 8; n -= 8 {
			v := byte(bits >> (n - 8))
			if b = append(b, v); v == 0xff {
				b = append(b, 0)
			}
		}
	}
	level := [3]int{}
	for range ((w + 7) / 8) * ((h + 7) / 8) {
		for c := range level {
			if r.IntN(3) > 0 {
				put(0, 1)
				continue
			}
			d := 32 + r.IntN(32) // in steps of 1/8 of a level
			put(2, 2)
			if level[c] > 0 {
				d = -d
				put(uint64(d+63), 6) // as JPEG writes negative differences
			} else {
				put(uint64(d), 6)
			}
			level[c] += d
		}
	}
	put(0x7f, 7)
	return append(b, "\xff\xd9"...)
}

func TestPixelsDoNotDependOnGivingCoefficientsBack(t *testing.T) {
	names, err := filepath.Glob("testdata/*progressive*.jpg")
	if err != nil || len(names) < 5 {
		t.Fatalf("%q, %v", names, err)
	}
	inputs := map[string][]byte{"blurred": blurred(333, 1500), "wide": blurred(4100, 120)}
	for _, name := range names {
		inputs[name] = read(t, filepath.Base(name))
	}
	for name, raw := range inputs {
		want, err := Decode(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		frugally(func() {
			got, err := Decode(raw)
			if err != nil || !bytes.Equal(rgb(got), rgb(want)) {
				t.Errorf("%s: %v, or other pixels", name, err)
			}
		})
		s, err := NewStream(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		columns, rows := blend(20, s.Width), blend(30, s.Height)
		small, err := s.Resize(1, columns, rows)
		frugally(func() {
			got, other := s.Resize(1, columns, rows)
			if err != nil || other != nil || !bytes.Equal(got, small) {
				t.Errorf("%s, resized: %v, %v, or other pixels", name, err, other)
			}
		})
	}
}

// resident reads a line of the process's memory, in bytes.
func resident(t *testing.T, line string) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(text), line+":")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return kib << 10
}

func TestAFileOfSeveralScansTakesWhatItsHeaderSays(t *testing.T) {
	if testing.Short() {
		t.Skip("sanitizers take memory beside")
	}
	raw := blurred(2048, 3072)
	need, _, err := Need(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the memory of the first pixels is used again for the second ones
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the peak
			t.Skip(err)
		}
		before := resident(t, "VmRSS")
		if _, err := Decode(raw); err != nil {
			t.Fatal(err)
		}
		const other = 4 << 20 // strips, stacks, a collection
		if got := resident(t, "VmHWM") - before; got > need+other {
			t.Errorf("decoding took %d bytes, want at most %d", got, need)
		}
	}
	h, err := check(raw)
	if err != nil {
		t.Fatal(err)
	}
	if most := h.picture() + h.coefficients(); need > most*3/4 {
		t.Errorf("%d bytes at once, of %d for the picture and the coefficients", need, most)
	}
}
