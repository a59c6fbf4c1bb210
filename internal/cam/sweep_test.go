package cam

import (
	"math"
	"slices"
	"testing"

	"acol/internal/box"
)

// spansAt lists the boxes of a cut in a fixed order.
func spansAt(s *Sweep, cut int) []box.Box {
	var out []box.Box
	for _, p := range s.Spans() {
		if p.From <= cut && cut < p.To {
			out = append(out, p.Box)
		}
	}
	return ordered(out)
}

func ordered(bs []box.Box) []box.Box {
	bs = slices.Clone(bs)
	slices.SortFunc(bs, func(a, b box.Box) int {
		return slices.Compare([]int{a.X0, a.Y0, a.X1, a.Y1}, []int{b.X0, b.Y0, b.X1, b.Y1})
	})
	return bs
}

// checkSweep holds a sweep against one extraction for each cut.
func checkSweep(t *testing.T, s *Sweep, e *Extractor, m Map) {
	t.Helper()
	if err := s.Set(m); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		tau := float64(i) * 0.001
		c := s.Cut(tau)
		if i > 0 && c == s.Cut(float64(i-1)*0.001) {
			continue
		}
		one, err := e.Boxes(m, tau, Largest)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Largest(c); got != one[0] {
			t.Fatalf("%dx%d map, cut %d of %d: largest %v, want %v", m.H, m.W, c, s.Cuts(), got, one[0])
		}
		all, err := e.Boxes(m, tau, All)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := spansAt(s, c), ordered(all); !slices.Equal(got, want) {
			t.Fatalf("%dx%d map, cut %d of %d: boxes\n got %v\nwant %v", m.H, m.W, c, s.Cuts(), got, want)
		}
	}
}

func TestSweepEqualsOneExtractionForEachCut(t *testing.T) {
	var s Sweep
	var e Extractor
	for seed := range 80 {
		r := rng(seed)
		h, w := 1+r.Below(30), 1+r.Below(30)
		checkSweep(t, &s, &e, scoreMap(mapKinds[seed%len(mapKinds)], h, w, &r))
		checkSweep(t, &s, &e, mask(maskKinds[seed%len(maskKinds)], h, w, &r))
	}
}

// Thin lines of equal (no) area at several levels, growing and merging, decide
// by the order of contours alone.
func TestSweepKeepsTheOrderOfTies(t *testing.T) {
	var s Sweep
	var e Extractor
	for seed := range 200 {
		r := rng(seed)
		h, w := 3+r.Below(12), 3+r.Below(12)
		m := New(h, w)
		for k := range 6 {
			line := mask("lines", h, w, &r)
			for i, v := range line.V {
				if v > 0 && (i/w+k)%2 == 0 {
					m.V[i] = max(m.V[i], float64(1+r.Below(5))/5)
				}
			}
		}
		checkSweep(t, &s, &e, m)
	}
}

func TestSweepOfAMapOfZerosHasOneCutAndTheEmptyBox(t *testing.T) {
	var s Sweep
	if err := s.Set(upsampled(7)); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(New(3, 4)); err != nil {
		t.Fatal(err)
	}
	if s.Cuts() != 1 || s.Cut(0.999) != 0 || s.Largest(0) != (box.Box{}) {
		t.Errorf("cuts %d, cut %d, largest %v", s.Cuts(), s.Cut(0.999), s.Largest(0))
	}
	if got := s.Spans(); len(got) != 1 || got[0] != (Span{To: 1}) {
		t.Errorf("spans %v, want the empty box at cut 0", got)
	}
}

func TestSweepAfterAnErrorHoldsNothingOfTheMap(t *testing.T) {
	var s Sweep
	bad := upsampled(7)
	bad.V[5000] = math.NaN()
	if err := s.Set(bad); err == nil {
		t.Fatal("no error for a NaN")
	}
	if s.Cuts() != 1 || len(s.Spans()) != 0 || s.Largest(-1) != (box.Box{}) || s.Largest(300) != (box.Box{}) {
		t.Errorf("cuts %d, spans %v", s.Cuts(), s.Spans())
	}
}

func TestSweepAndExtractorReuseTheirBuffers(t *testing.T) {
	var s Sweep
	var e Extractor
	m := upsampled(14)
	once := func() {
		if err := s.Set(m); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []Contours{Largest, All} {
			if _, err := e.Boxes(m, 0.3, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := m.Clone()
	if n := testing.AllocsPerRun(2, once); n > 0 {
		t.Errorf("%v allocations a map, want none", n)
	}
	if !slices.Equal(before.V, m.V) {
		t.Error("the map was modified")
	}
}
