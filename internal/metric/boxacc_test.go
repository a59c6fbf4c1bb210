package metric

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
)

func newAcc(t testing.TB) *BoxAcc {
	t.Helper()
	a, err := NewBoxAcc(Step, Deltas())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

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
	if err := parts.Merge(goldenAcc(t, 0, 2)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(parts.right, whole.right) || !reflect.DeepEqual(parts.Result(), whole.Result()) {
		t.Error("two workers count otherwise than one")
	}
	other, err := NewBoxAcc(0.01, Deltas())
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.Merge(other); err == nil {
		t.Error("merged accumulators of different steps")
	}
}

func TestThresholdsAreProductsAndNotQuotients(t *testing.T) {
	taus, differ := newAcc(t).Thresholds(), 0
	if len(taus) != 1000 || taus[0] != 0 || taus[999] != 0.999 {
		t.Fatalf("%d thresholds from %g to %g", len(taus), taus[0], taus[len(taus)-1])
	}
	for i, tau := range taus {
		step := Step
		if tau != float64(i)*step {
			t.Errorf("threshold %d is %v", i, tau)
		}
		if tau != float64(i)/1000 {
			differ++
		}
	}
	if differ != 144 {
		t.Errorf("%d thresholds differ from i/1000, want 144", differ)
	}
	for step, want := range map[float64]int{1: 1, 0.2: 5, 0.3: 4, 0.01: 100} {
		a, err := NewBoxAcc(step, Deltas())
		if err != nil || len(a.Thresholds()) != want {
			t.Errorf("step %g: %d thresholds, want %d (%v)", step, len(a.Thresholds()), want, err)
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
		a := newAcc(t)
		if err := a.Add(m, cam.OK, []box.Box{{X0: 30, Y0: 30, X1: 35, Y1: 35}, {X0: 5, Y0: 5, X1: 15, Y1: 4 + c.rows}}); err != nil {
			t.Fatal(err)
		}
		r := a.Result()
		if !reflect.DeepEqual(r.MaxBoxAccV2IoU, c.want) || r.MaxBoxAcc != c.one {
			t.Errorf("%d of 11 rows: %v and %g, want %v and %g", c.rows, r.MaxBoxAccV2IoU, r.MaxBoxAcc, c.want, c.one)
		}
	}
	// 7 of 10 is right at 70: equality counts.
	a := newAcc(t)
	if err := a.Add(square(40, 40, box.Box{X1: 8, Y1: 0}), cam.OK, []box.Box{{X1: 9, Y1: 1}, {X1: 6, Y1: 1}}); err != nil {
		t.Fatal(err)
	}
	if got := a.Result().MaxBoxAccV2IoU["70"]; got != 100 {
		t.Errorf("IoU of 14/20: %g percent at 70", got)
	}
}

func TestMultiContourSeesWhatTheLargestHides(t *testing.T) {
	m := square(30, 30, box.Box{X0: 0, Y0: 0, X1: 9, Y1: 9})
	small := box.Box{X0: 20, Y0: 20, X1: 24, Y1: 24}
	for i, v := range square(30, 30, small).V {
		m.V[i] = max(m.V[i], v)
	}
	a := newAcc(t)
	if err := a.Add(m, cam.OK, []box.Box{small}); err != nil {
		t.Fatal(err)
	}
	if r := a.Result(); r.MaxBoxAcc != 0 || r.MaxBoxAccV2IoU["50"] != 100 {
		t.Errorf("MaxBoxAcc %g, V2 %v", r.MaxBoxAcc, r.MaxBoxAccV2IoU)
	}
}

// Two images whose good thresholds differ: no single one gets both.
func TestTheThresholdIsChosenForAllImagesTogether(t *testing.T) {
	a := newAcc(t)
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
		if err := a.Add(c.m, cam.OK, []box.Box{c.b}); err != nil {
			t.Fatal(err)
		}
	}
	r := a.Result()
	if r.MaxBoxAcc != 50 || r.Thresholds.MaxBoxAcc != 0 {
		t.Errorf("MaxBoxAcc %g at %g, want 50 at 0, the first of equals", r.MaxBoxAcc, r.Thresholds.MaxBoxAcc)
	}
	curve, err := a.Curve(cam.Largest, 50)
	if err != nil {
		t.Fatal(err)
	}
	if curve[0] != 50 || curve[600] != 0 || curve[900] != 50 {
		t.Errorf("curve at 0, .6, .9: %g %g %g", curve[0], curve[600], curve[900])
	}
}

func TestAccuracyAtThresholdsChosenElsewhere(t *testing.T) {
	val, test := goldenAcc(t, 0, 2), goldenAcc(t, 1, 2)
	chosen := val.Best()
	b, err := json.Marshal(chosen)
	if err != nil {
		t.Fatal(err)
	}
	var again Taus
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	got, err := test.At(again)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := test.Curve(cam.All, 70)
	if err != nil {
		t.Fatal(err)
	}
	for i, tau := range test.Thresholds() {
		if tau == chosen.MaxBoxAccV2["70"] && got.MaxBoxAccV2IoU["70"] != curve[i] {
			t.Errorf("%g percent, want %g", got.MaxBoxAccV2IoU["70"], curve[i])
		}
	}
	best := test.Result()
	if got.MaxBoxAcc > best.MaxBoxAcc || got.MaxBoxAccV2 > best.MaxBoxAccV2 || got.Images != best.Images {
		t.Errorf("%+v is better than the oracle %+v", got, best)
	}
	own, err := test.At(test.Best())
	if err != nil || !reflect.DeepEqual(own, best) {
		t.Errorf("at its own best %+v, want %+v (%v)", own, best, err)
	}
	for _, bad := range []Taus{
		{MaxBoxAcc: 0.0005, MaxBoxAccV2: chosen.MaxBoxAccV2},
		{MaxBoxAcc: math.NaN(), MaxBoxAccV2: chosen.MaxBoxAccV2},
		{MaxBoxAcc: 0.1},
		{MaxBoxAcc: 0.1, MaxBoxAccV2: map[string]float64{"30": 0, "50": 1, "70": 0}},
	} {
		if _, err := test.At(bad); err == nil {
			t.Errorf("no error for %+v", bad)
		}
	}
}

func TestBoxAccWithoutImagesIsZero(t *testing.T) {
	r := newAcc(t).Result()
	b, err := json.Marshal(r)
	want := `{"images":0,"constant_maps":0,"nan_maps":0,"max_box_acc":0,"max_box_acc_v2":0,` +
		`"max_box_acc_v2_iou":{"30":0,"50":0,"70":0},` +
		`"thresholds":{"max_box_acc":0,"max_box_acc_v2_iou":{"30":0,"50":0,"70":0}}}`
	if err != nil || string(b) != want {
		t.Errorf("%s\nwant %s (%v)", b, want, err)
	}
}

func TestConstantAndNaNMapsAreCountedAndHaveTheEmptyBox(t *testing.T) {
	a := newAcc(t)
	truth := []box.Box{{X1: 0, Y1: 0}} // what the empty box hits
	for _, s := range []cam.State{cam.Constant, cam.NaN, cam.NaN} {
		if err := a.Add(cam.New(5, 5), s, truth); err != nil {
			t.Fatal(err)
		}
	}
	r := a.Result()
	if r.Images != 3 || r.ConstantMaps != 1 || r.NaNMaps != 2 || a.Images() != 3 {
		t.Errorf("%+v", r)
	}
	if r.MaxBoxAcc != 100 || r.MaxBoxAccV2 != 100 {
		t.Errorf("the box [0,0,0,0] against itself: %g and %g", r.MaxBoxAcc, r.MaxBoxAccV2)
	}
}

func TestBoxAccRefuses(t *testing.T) {
	a := newAcc(t)
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
		if err := a.Add(c.m, cam.OK, c.truth); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if a.Images() != 0 {
		t.Errorf("%d refused images were counted", a.Images())
	}
	for _, step := range []float64{0, -1, 1e-6, 2, math.NaN()} {
		if _, err := NewBoxAcc(step, Deltas()); err == nil {
			t.Errorf("no error for a step of %g", step)
		}
	}
	for _, deltas := range [][]int{nil, {30, 70}, {50, 50}, {0, 50}, {50, 101}} {
		if _, err := NewBoxAcc(Step, deltas); err == nil {
			t.Errorf("no error for IoU thresholds %v", deltas)
		}
	}
	if _, err := a.Curve(cam.All, 60); err == nil {
		t.Error("a curve at an IoU that was not counted")
	}
	if _, err := a.Curve(cam.Contours(5), 50); err == nil {
		t.Error("a curve of no contours")
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
			a := newAcc(b)
			b.ReportAllocs()
			for b.Loop() {
				if err := a.Add(m, cam.OK, truth); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "maps/s")
		})
	}
}
