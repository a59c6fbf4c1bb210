package metric

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
)

// square is a map of ones on [x0,x1]x[y0,y1].
func square(h, w int, b box.Box) cam.Map {
	m := cam.New(h, w)
	for y := b.Y0; y <= b.Y1; y++ {
		for x := b.X0; x <= b.X1; x++ {
			m.V[y*w+x] = 1
		}
	}
	return m
}

func TestWorkersMergeToTheSameBits(t *testing.T) {
	whole := goldenAcc(t, 0, 1)
	parts := goldenAcc(t, 1, 2)
	parts.merge(t, goldenAcc(t, 0, 2))
	if !reflect.DeepEqual(parts.of, whole.of) || !reflect.DeepEqual(parts.result(), whole.result()) {
		t.Error("two workers count otherwise than one")
	}
	for of, c := range newAcc(t, 0.01).of {
		if err := whole.of[of].Merge(c); err == nil {
			t.Error("merged accumulators of different steps")
		}
	}
}

// The box of a 10x10 square ends one pixel too far: 11x11. Against a truth of
// 11 columns and n rows, IoU is n/11.
func TestAnImageIsRightFromTheIoUThresholdOn(t *testing.T) {
	m := square(40, 40, box.Box{X0: 5, Y0: 5, X1: 14, Y1: 14})
	for _, c := range []struct {
		rows int
		want map[string]float64
		one  float64
	}{
		{3, map[string]float64{"30": 0, "50": 0, "70": 0}, 0},
		{4, map[string]float64{"30": 100, "50": 0, "70": 0}, 0},
		{6, map[string]float64{"30": 100, "50": 100, "70": 0}, 100},
		{8, map[string]float64{"30": 100, "50": 100, "70": 100}, 100},
	} {
		a := newAcc(t, Step)
		truth := []box.Box{{X0: 30, Y0: 30, X1: 35, Y1: 35}, {X0: 5, Y0: 5, X1: 15, Y1: 4 + c.rows}}
		if err := a.add(m, truth); err != nil {
			t.Fatal(err)
		}
		r := a.result()
		if !reflect.DeepEqual(r.all, c.want) || r.one != c.one {
			t.Errorf("%d of 11 rows: %v and %g, want %v and %g", c.rows, r.all, r.one, c.want, c.one)
		}
	}
	// 7 of 10 is right at 70: equality counts.
	a := newAcc(t, Step)
	row := square(40, 40, box.Box{X1: 8, Y1: 0})
	if err := a.add(row, []box.Box{{X1: 9, Y1: 1}, {X1: 6, Y1: 1}}); err != nil {
		t.Fatal(err)
	}
	if got := a.result().all["70"]; got != 100 {
		t.Errorf("IoU of 14/20: %g percent at 70", got)
	}
}

func TestMultiContourSeesWhatTheLargestHides(t *testing.T) {
	m := square(30, 30, box.Box{X0: 0, Y0: 0, X1: 9, Y1: 9})
	small := box.Box{X0: 20, Y0: 20, X1: 24, Y1: 24}
	for i, v := range square(30, 30, small).V {
		m.V[i] = max(m.V[i], v)
	}
	a := newAcc(t, Step)
	if err := a.add(m, []box.Box{small}); err != nil {
		t.Fatal(err)
	}
	if r := a.result(); r.one != 0 || r.all["50"] != 100 {
		t.Errorf("MaxBoxAcc %g, V2 %v", r.one, r.all)
	}
}

// Two images whose good thresholds differ: no single one gets both.
func TestTheThresholdIsChosenForAllImagesTogether(t *testing.T) {
	a := newAcc(t, Step)
	two := func(object float64) cam.Map {
		m := cam.New(20, 20)
		for i := range m.V {
			x, y := i%20, i/20
			switch {
			case x >= 5 && x < 10 && y >= 5 && y < 10:
				m.V[i] = 1
			case x < 19 && y < 19:
				m.V[i] = object
			}
		}
		return m
	}
	core, all := box.Box{X0: 5, Y0: 5, X1: 10, Y1: 10}, box.Box{X1: 19, Y1: 19}
	for _, c := range []struct {
		m cam.Map
		b box.Box
	}{{two(0.5), all}, {two(0.8), core}} { // right below 0.5; right from 0.8 on
		if err := a.add(c.m, []box.Box{c.b}); err != nil {
			t.Fatal(err)
		}
	}
	r := a.result()
	if r.one != 50 || r.oneAt != 0 {
		t.Errorf("MaxBoxAcc %g at %g, want 50 at 0, the first of equals", r.one, r.oneAt)
	}
	curve := a.curve(cam.Largest, 50)
	if curve[0] != 50 || curve[600] != 0 || curve[900] != 50 {
		t.Errorf("curve at 0, .6, .9: %g %g %g", curve[0], curve[600], curve[900])
	}
}

func TestMapsOfZerosHaveTheEmptyBox(t *testing.T) {
	a := newAcc(t, Step)
	truth := []box.Box{{X1: 0, Y1: 0}} // what the empty box hits
	for range 3 {
		if err := a.add(cam.New(5, 5), truth); err != nil {
			t.Fatal(err)
		}
	}
	if r := a.result(); a.images() != 3 || r.one != 100 || r.maxBoxAccV2 != 100 {
		t.Errorf("%d images; the box [0,0,0,0] against itself: %g and %g",
			a.images(), r.one, r.maxBoxAccV2)
	}
}

// At the last threshold of a step that rounds to 1 there is no contour, and the box is the
// empty one.
func TestAThresholdThatRoundsToOneHasTheEmptyBox(t *testing.T) {
	m := square(9, 9, box.Box{X0: 4, Y0: 4, X1: 7, Y1: 7})
	h := NewBoxHits(Grid{N: 11, Step: 0.1})
	if err := h.Set(m, []box.Box{{}}); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []cam.Contours{cam.Largest, cam.All} {
		runs, err := h.Hits(mode, 50)
		if err != nil || !reflect.DeepEqual(runs, Runs{{10, 11}}) {
			t.Errorf("%v contours: %v, want the last threshold alone (%v)", mode, runs, err)
		}
	}
}

func TestBoxHitsRefuse(t *testing.T) {
	a := newAcc(t, Step)
	ok, one := square(9, 9, box.Box{X1: 3, Y1: 3}), []box.Box{{X1: 3, Y1: 3}}
	bad := cam.New(3, 3)
	bad.V[4] = math.NaN()
	for _, c := range []struct {
		m     cam.Map
		truth []box.Box
		want  string
	}{
		{ok, nil, "without a true box"},
		{ok, []box.Box{{X0: 3, X1: 2}}, "true box (3,0)-(2,0)"},
		{ok, []box.Box{{X0: -1, X1: 2}}, "true box (-1,0)-(2,0)"},
		{bad, one, "value NaN"},
		{cam.Map{}, one, "map of 0x0"},
	} {
		if err := a.add(c.m, c.truth); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if a.images() != 0 {
		t.Errorf("%d refused images were counted", a.images())
	}
	for _, c := range []struct {
		mode  cam.Contours
		delta int
	}{{cam.All, 0}, {cam.All, 101}, {cam.Contours(5), 50}} {
		if _, err := a.hits.Hits(c.mode, c.delta); err == nil {
			t.Errorf("no error for %v contours at IoU %d", c.mode, c.delta)
		}
	}
}

// BenchmarkBoxAcc measures MaxBoxAcc and MaxBoxAccV2 at 1000 thresholds, both at once, on the
// maps of testdata/speed.py, which runs the reference's loop.
func BenchmarkBoxAcc(b *testing.B) {
	for _, kind := range []string{"smooth", "plateau", "rough", "uniform"} {
		b.Run(kind, func(b *testing.B) {
			r := rng(4)
			m := scoreMap(kind, 224, 224, &r)
			truth := []box.Box{{X0: 40, Y0: 30, X1: 160, Y1: 190}}
			a := newAcc(b, Step)
			b.ReportAllocs()
			for b.Loop() {
				if err := a.add(m, truth); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "maps/s")
		})
	}
}
