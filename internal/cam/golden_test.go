package cam

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/cam/camtest"
)

// rng draws the inputs of the goldens.
type rng = camtest.Rand

// floats fills a map with values of [0,1).
func floats(r *rng, m Map) Map { fill(m, r.Float); return m }

func fill(m Map, f func() float64) {
	for i := range m.V {
		m.V[i] = f()
	}
}

// mask repeats mask of testdata/reference.py.
func mask(kind string, h, w int, r *rng) Map {
	m := New(h, w)
	each := func(f func(y, x int) bool) {
		for i := range m.V {
			if f(i/w, i%w) {
				m.V[i] = 1 - m.V[i]
			}
		}
	}
	flip := func(y, x int) { m.V[y*w+x] = 1 - m.V[y*w+x] }
	switch kind {
	case "noise":
		p := 5 + r.Below(91)
		each(func(int, int) bool { return r.Below(100) < p })
	case "shapes":
		for range 1 + r.Below(8) {
			disc, cy, cx, a, b := r.Below(2), r.Below(h), r.Below(w), 1+r.Below(h), 1+r.Below(w)
			each(func(y, x int) bool {
				dy, dx := max(y-cy, cy-y), max(x-cx, cx-x)
				if disc == 1 {
					return 4*(dx*dx+dy*dy) < a*b
				}
				return 2*dy < a && 2*dx < b
			})
		}
	case "lines":
		for range 1 + r.Below(12) {
			y, x, dy, dx, n := r.Below(h), r.Below(w), r.Below(3)-1, r.Below(3)-1, 1+r.Below(h+w)
			for range n {
				if 0 <= y && y < h && 0 <= x && x < w {
					m.V[y*w+x] = 1
				}
				y, x = y+dy, x+dx
			}
		}
	case "rings":
		rings(m, flip, r)
	case "checks":
		a, b, flips := 1+r.Below(3), 1+r.Below(3), r.Below(6)
		each(func(y, x int) bool { return (y/a+x/b)%2 == 1 })
		for range flips {
			flip(r.Below(h), r.Below(w))
		}
	case "blocks":
		p, a := 20+r.Below(61), 2+r.Below(4)
		cols := w/a + 1
		grain := make([]bool, (h/a+1)*cols)
		for i := range grain {
			grain[i] = r.Below(100) < p
		}
		each(func(y, x int) bool { return grain[y/a*cols+x/a] })
	case "flat":
		v := float64(r.Below(2))
		fill(m, func() float64 { return v })
	case "dot":
		flip(r.Below(h), r.Below(w))
	}
	return m
}

func rings(m Map, flip func(y, x int), r *rng) {
	y0, x0 := r.Below(3), r.Below(3)
	y1, x1 := m.H-1-r.Below(3), m.W-1-r.Below(3)
	for y0 <= y1 && x0 <= x1 {
		thick := 1 + r.Below(2)
		for y := y0; y <= y1; y++ {
			for x := x0; x <= x1; x++ {
				m.V[y*m.W+x] = 1
				if y >= y0+thick && y <= y1-thick && x >= x0+thick && x <= x1-thick {
					m.V[y*m.W+x] = 0
				}
			}
		}
		if r.Below(3) == 0 {
			dy := r.Below(y1 - y0 + 1)
			flip(y0+dy, x0+r.Below(x1-x0+1))
		}
		step := thick + 1 + r.Below(2)
		y0, x0, y1, x1 = y0+step, x0+step, y1-step, x1-step
	}
}

// scoreMap repeats score_map of testdata/reference.py.
func scoreMap(kind string, h, w int, r *rng) Map {
	m := New(h, w)
	switch kind {
	case "smooth", "rough", "plateau":
		a := 2 + r.Below(9)
		b := 2 + r.Below(9)
		m = Resize(floats(r, New(a, b)), h, w)
		Normalize(m)
		for i, v := range m.V {
			switch kind {
			case "rough":
				m.V[i] = v + float64(r.Float()*0.125)
			case "plateau":
				m.V[i] = min(math.Floor(v*8)/4, 1)
			}
		}
		if kind == "rough" {
			Normalize(m)
		}
	case "levels":
		k := 2 + r.Below(6)
		fill(m, func() float64 { return float64(r.Below(k)) / float64(k-1) })
	default:
		floats(r, m)
	}
	return m
}

// golden reads the lines of a file in testdata but the comments.
func golden(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(b)
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if !strings.HasPrefix(s.Text(), "#") {
			out = append(out, s.Text())
		}
	}
	if s.Err() != nil || len(out) == 0 {
		t.Fatalf("reading %s: %d lines, %v", name, len(out), s.Err())
	}
	return out
}

func scan(t *testing.T, line string, into ...any) {
	t.Helper()
	if _, err := fmt.Sscan(line, into...); err != nil {
		t.Fatalf("line %q: %v", line, err)
	}
}

func text(bs []box.Box) string {
	parts := make([]string, len(bs))
	for i, b := range bs {
		parts[i] = fmt.Sprintf("%d,%d,%d,%d", b.X0, b.Y0, b.X1, b.Y1)
	}
	return strings.Join(parts, ";")
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func TestBoxesEqualOpenCVOnMasks(t *testing.T) {
	var e Extractor
	for _, line := range golden(t, "contours.golden.gz") {
		var kind string
		var h, w int
		var seed rng
		f := strings.Split(line, "|")
		scan(t, f[0], &kind, &h, &w, &seed)
		m := mask(kind, h, w, &seed)
		for mode, want := range f[1:] {
			got, err := e.Boxes(m, 0, Contours(mode))
			if err != nil {
				t.Fatal(err)
			}
			if text(got) != want {
				t.Fatalf("%s: %v contours\n got %s\nwant %s", f[0], Contours(mode), text(got), want)
			}
		}
	}
}

func TestBoxesEqualOpenCVAtEveryThreshold(t *testing.T) {
	var e Extractor
	for _, line := range golden(t, "sweep.golden") {
		var kind, want string
		var h, w, seed int
		scan(t, line, &kind, &h, &w, &seed, &want)
		step := 0.01
		if seed%10 == 0 {
			step = 0.001
		}
		r := rng(seed)
		m := scoreMap(kind, h, w, &r)
		if err := e.grid.set(m); err != nil {
			t.Fatal(err)
		}
		seen := map[int]string{}
		var all strings.Builder
		for i := range int(1 / step) {
			tau := float64(i) * step
			at := cut(tau, e.grid.max)
			if _, ok := seen[at]; !ok {
				one, err := e.Boxes(m, tau, Largest)
				if err != nil {
					t.Fatal(err)
				}
				largest := text(one)
				every, err := e.Boxes(m, tau, All)
				if err != nil {
					t.Fatal(err)
				}
				seen[at] = largest + "|" + text(every) + "\n"
			}
			all.WriteString(seen[at])
		}
		if got := digest([]byte(all.String())); got != want {
			t.Errorf("%s: got digest %s", line, got)
		}
	}
}

func TestResizeEqualsOpenCVToTheBit(t *testing.T) {
	for _, line := range golden(t, "resize.golden") {
		var h, w, h2, w2 int
		var seed rng
		var want string
		scan(t, line, &h, &w, &h2, &w2, &seed, &want)
		m := New(h, w)
		fill(m, func() float64 { return float64(seed.Float()*3) - 1 })
		var b []byte
		for _, v := range Resize(m, h2, w2).V {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		if got := digest(b); got != want {
			t.Errorf("%s: got digest %s", line, got)
		}
	}
}
