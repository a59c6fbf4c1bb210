package metric

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"acol/internal/cam"
)

// pixelCase repeats a map and its masks of testdata/pxap.py.
func pixelCase(seed int) (m cam.Map, object, ignore []bool) {
	r := rng(seed)
	h, w := 5+r.Below(30), 5+r.Below(30)
	switch kind := []string{"smooth", "levels", "uniform", "edges"}[seed%4]; kind {
	case "edges":
		m = cam.New(h, w)
		for i := range m.V {
			m.V[i] = float64(r.Below(1001)) * Step
		}
		for i, v := range m.V {
			switch r.Below(3) {
			case 1:
				v = math.Nextafter(v, 0)
			case 2:
				v = math.Nextafter(v, 1)
			}
			m.V[i] = min(v, 1)
		}
	default:
		m = scoreMap(kind, h, w, &r)
	}
	for _, v := range m.V {
		object = append(object, float64(r.Below(100)) < 20+float64(60*v))
	}
	for i := range m.V {
		ignore = append(ignore, r.Below(5) == 0 && !object[i])
	}
	return m, object, ignore
}

// pxAP counts maps against masks: PixelBins and their PixelCurve.
type pxAP struct {
	*PixelCurve
	bins *PixelBins
}

func newPxAP(step float64) *pxAP {
	bins := NewPixelBins(Grid{N: int(math.Ceil(1 / step)), Step: step})
	return &pxAP{NewPixelCurve(bins.Bins()), bins}
}

func (a *pxAP) add(m cam.Map, object, ignore []bool) error {
	on, off, err := a.bins.Count(m, object, ignore)
	if err != nil {
		return err
	}
	return a.Add(on, off, 1)
}

func addPixels(t testing.TB, a *pxAP, seed int) {
	t.Helper()
	m, object, ignore := pixelCase(seed)
	if err := a.add(m, object, ignore); err != nil {
		t.Fatal(err)
	}
}

// sumTolerance is for NumPy's pairwise sum of 1000 terms.
const sumTolerance = 1e-12

func wantPxAP(t *testing.T, a *pxAP, what, want string) {
	t.Helper()
	got, err := a.AveragePrecision()
	w, _ := strconv.ParseFloat(want, 64)
	if err != nil || math.Abs(got-w) > sumTolerance*w {
		t.Errorf("PxAP of %s: %v, want %s (%v)", what, got, want, err)
	}
}

func TestPxAPEqualsNumPys(t *testing.T) {
	golden, err := os.ReadFile("testdata/pxap.golden")
	if err != nil {
		t.Fatal(err)
	}
	odd, all := newPxAP(Step), newPxAP(Step)
	for line := range strings.Lines(string(golden)) {
		f := strings.Fields(line)
		switch f[0] {
		case "all":
			if err := all.Merge(odd.PixelCurve); err != nil {
				t.Fatal(err)
			}
			wantPxAP(t, all, "all images", f[1])
		case "object":
			wantCounts(t, all.object, f)
		case "other":
			wantCounts(t, all.other, f)
		default:
			seed, err := strconv.Atoi(f[0])
			if err != nil {
				t.Fatal(err)
			}
			one := newPxAP(Step)
			addPixels(t, one, seed)
			wantPxAP(t, one, "image "+f[0], f[1])
			addPixels(t, map[bool]*pxAP{true: odd, false: all}[seed%2 == 1], seed)
		}
	}
	if all.Images() != 60 {
		t.Errorf("%d images, want 60", all.Images())
	}
}

func wantCounts(t *testing.T, got []int64, f []string) {
	t.Helper()
	for k, text := range strings.Split(f[1], ",") {
		if want, _ := strconv.ParseInt(text, 10, 64); got[k] != want {
			t.Fatalf("%s pixels in bin %d: %d, want %d", f[0], k, got[k], want)
		}
	}
}

// The definition: for each threshold, the pixels at or above it, counted anew.
func TestPxAPFollowsFromItsDefinition(t *testing.T) {
	for seed := range 8 {
		m, object, ignore := pixelCase(seed)
		a := newPxAP(Step)
		if err := a.add(m, object, ignore); err != nil {
			t.Fatal(err)
		}
		taus := append(Grid{N: 1000, Step: Step}.Values(), 1)
		curveP, curveR := a.Precisions()
		area, before := 0.0, 0.0
		for k, tau := range slices.Backward(taus) {
			var tp, fp, all float64
			for i, v := range m.V {
				switch {
				case object[i]:
					all++
					if v >= tau {
						tp++
					}
				case !ignore[i] && v >= tau:
					fp++
				}
			}
			if tp+fp > 0 {
				area += tp / (tp + fp) * (tp/all - before)
			}
			before = tp / all
			if k < len(curveP) && (curveR[k] != 100*tp/all || tp+fp > 0 && curveP[k] != 100*tp/(tp+fp)) {
				t.Fatalf("at %g: precision %g, recall %g, want %g of %g and of %g",
					tau, curveP[k], curveR[k], tp, tp+fp, all)
			}
		}
		if got, err := a.AveragePrecision(); err != nil || math.Abs(got-100*area) > 1e-9 {
			t.Errorf("seed %d: %v, want %v (%v)", seed, got, 100*area, err)
		}
	}
}

func TestPxAPOfPerfectAndOfConstantMaps(t *testing.T) {
	m := cam.New(2, 2)
	m.V[3] = 1
	none := make([]bool, 4)
	perfect := newPxAP(Step)
	if err := perfect.add(m, []bool{false, false, false, true}, none); err != nil {
		t.Fatal(err)
	}
	if got, err := perfect.AveragePrecision(); err != nil || got != 100 {
		t.Errorf("a perfect map: %v, %v", got, err)
	}
	flat := newPxAP(Step)
	object, ignore := []bool{false, false, false, true}, []bool{true, true, false, false}
	if err := flat.add(cam.New(2, 2), object, ignore); err != nil {
		t.Fatal(err)
	}
	if got, err := flat.AveragePrecision(); err != nil || got != 50 {
		t.Errorf("a map of zeros over one object pixel of two: %v, %v", got, err)
	}
}

func TestPxAPRefuses(t *testing.T) {
	a := newPxAP(Step)
	m := cam.New(1, 2)
	ok := []bool{true, false}
	for _, bad := range []float64{-0.1, 1.0000001, math.NaN(), math.Inf(1)} {
		m.V[1] = bad
		if err := a.add(m, ok, ok); err == nil || !strings.Contains(err.Error(), "row 0, column 1") {
			t.Errorf("value %g: error %v", bad, err)
		}
	}
	m.V[1] = 1
	if err := a.add(m, ok, ok[:1]); err == nil {
		t.Error("no error for a mask of another size")
	}
	if _, err := a.AveragePrecision(); err == nil || a.Images() != 0 {
		t.Errorf("a result of nothing: %v after %d images", err, a.Images())
	}
	if err := a.add(m, []bool{false, false}, ok); err != nil {
		t.Fatal(err)
	}
	_, err := a.AveragePrecision()
	if err == nil || !strings.Contains(err.Error(), "no pixel of an object") {
		t.Errorf("without an object: %v", err)
	}
	if a.Merge(newPxAP(0.01).PixelCurve) == nil {
		t.Error("merged accumulators of different steps")
	}
}

func BenchmarkPxAP(b *testing.B) {
	r := rng(4)
	m := scoreMap("smooth", 224, 224, &r)
	object, ignore := make([]bool, len(m.V)), make([]bool, len(m.V))
	for i := range object {
		object[i], ignore[i] = i%3 == 0, i%7 == 0
	}
	a := newPxAP(Step)
	b.ReportAllocs()
	for b.Loop() {
		if err := a.add(m, object, ignore); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "maps/s")
}
