package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"acol/internal/metric"
)

// someRecords has n images with a figure at one threshold, right with probability p, the three
// curves of MaxBoxAccV2 and histograms.
func someRecords(n int, p float64, seed uint64) *Records {
	rng := rand.New(rand.NewPCG(seed, 0))
	chosen := 3
	r := &Records{
		Title: "t", Split: "test", Bins: 12, Classes: []string{"a", "b", "c"},
		Curves: []CurveInfo{{Name: "top1", Thresholds: 1}},
	}
	for _, d := range []string{"30", "50", "70"} {
		r.Curves = append(r.Curves, CurveInfo{Name: v2 + d, Thresholds: 10, Step: 0.1, Chosen: &chosen})
	}
	for i := range n {
		rec := Record{ID: fmt.Sprintf("%d.jpg", i), Label: i % 3, Size: float64(i % 80)}
		rec.Hits = []metric.Runs{metric.Single(rng.Float64() < p)}
		for range 3 {
			hits := metric.RunsOf(10, func(int) bool { return rng.Float64() < p })
			if i%7 == 0 {
				hits = nil // an image without boxes
			}
			rec.Hits = append(rec.Hits, hits)
		}
		object, other := make([]uint32, 12), make([]uint32, 12)
		for k := range 11 {
			object[k], other[k] = rng.Uint32N(4)*uint32(k), rng.Uint32N(50)
		}
		rec.Object, rec.Other = metric.NewHistogram(object), metric.NewHistogram(other)
		r.Images = append(r.Images, rec)
	}
	return r
}

// drawnAgain repeats images as often as they were drawn.
func drawnAgain(r *Records, weights []int32) *Records {
	out := *r
	out.Images = nil
	for i, w := range weights {
		for range w {
			out.Images = append(out.Images, r.Images[i])
		}
	}
	return &out
}

// A weighted figure is that of the images, each as often as its weight, by its definition.
func TestFiguresOfAResampleFollowFromTheirDefinition(t *testing.T) {
	r := someRecords(60, 0.6, 1)
	weights := draw(rand.New(rand.NewPCG(5, 5)), 60)
	tab := r.recorded()
	got, err := tab.values(tab.rows, weights)
	if err != nil {
		t.Fatal(err)
	}
	again := drawnAgain(r, weights)
	accuracy := func(curve, at int) float64 {
		right, n := 0, 0
		for _, rec := range again.Images {
			if rec.Hits[curve] != nil {
				n++
				if rec.Hits[curve].Has(at) {
					right++
				}
			}
		}
		return float64(right) * 100 / float64(n)
	}
	best := func(curve int) float64 {
		v := 0.0
		for at := range r.Curves[curve].Thresholds {
			v = max(v, accuracy(curve, at))
		}
		return v
	}
	pooled := metric.NewPixelCurve(12)
	for _, rec := range again.Images {
		if err := pooled.Add(rec.Object, rec.Other, 1); err != nil {
			t.Fatal(err)
		}
	}
	ap, err := pooled.AveragePrecision()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"top1": best(0), v2 + "30": best(1), v2 + "50": best(2), v2 + "70": best(3),
		"max_box_acc_v2":              (best(1) + best(2) + best(3)) / 3,
		valSection + v2 + "30":        accuracy(1, 3),
		valSection + v2 + "50":        accuracy(2, 3),
		valSection + v2 + "70":        accuracy(3, 3),
		valSection + "max_box_acc_v2": (accuracy(1, 3) + accuracy(2, 3) + accuracy(3, 3)) / 3,
		pxap:                          ap,
	}
	if len(got) != len(want) {
		t.Errorf("%d figures, want %d", len(got), len(want))
	}
	for i, f := range tab.figures {
		if math.Abs(got[i]-want[f.key]) > 1e-9 {
			t.Errorf("%s: %g, want %g", f.key, got[i], want[f.key])
		}
	}
}

func TestIntervalsAreThoseOfTheBinomial(t *testing.T) {
	const n = 400
	r := someRecords(n, 0.3, 2)
	ci, err := r.Bootstrap(context.Background(), Resampling{Resamples: 2000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	tab := r.recorded()
	v, err := tab.values(tab.rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	half := 1.96 * math.Sqrt(v[0]*(100-v[0])/n)
	got := ci.Figures["top1"]
	if math.Abs(got[0]-(v[0]-half)) > 0.8 || math.Abs(got[1]-(v[0]+half)) > 0.8 {
		t.Errorf("interval %v of %g, want about %g on both sides", got, v[0], half)
	}
	if len(ci.Figures) != 10 {
		t.Errorf("intervals of %d figures, want 10", len(ci.Figures))
	}
}

func TestIntervalsDependOnTheSeedAlone(t *testing.T) {
	r := someRecords(50, 0.5, 3)
	draw := func(seed uint64) *Intervals {
		ci, err := r.Bootstrap(context.Background(), Resampling{Resamples: 40, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return ci
	}
	want := draw(7)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got := draw(7); !reflect.DeepEqual(got, want) {
		t.Errorf("one processor: %v, want %v", got, want)
	}
	if reflect.DeepEqual(draw(8).Figures, want.Figures) {
		t.Error("another seed gives the same intervals")
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := r.Bootstrap(ctx, Resampling{Resamples: 40}); err == nil {
		t.Error("no error after an interrupt")
	}
}

func compare(t *testing.T, a, b *Records) *Comparison {
	t.Helper()
	c, err := Compare(context.Background(), a, b, Resampling{Resamples: 4000, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func figureOf(t *testing.T, c *Comparison, key string) Difference {
	t.Helper()
	i := slices.IndexFunc(c.Figures, func(d Difference) bool { return d.Key == key })
	if i < 0 {
		t.Fatalf("no %s in %v", key, c.Figures)
	}
	return c.Figures[i]
}

func TestAnEvaluationDoesNotDifferFromItself(t *testing.T) {
	r := someRecords(40, 0.5, 1)
	c := compare(t, r, r)
	if c.Images != 40 || len(c.Figures) != 10 {
		t.Errorf("%d images, %d figures", c.Images, len(c.Figures))
	}
	for _, d := range c.Figures {
		if d.Diff != 0 || d.Low != 0 || d.High != 0 || d.P != 1 {
			t.Errorf("%+v, want no difference and p of 1", d)
		}
	}
}

// Of 60 images B has 9 right that A has wrong, and 1 the other way: the exact test of
// McNemar gives p = 2*(1+10)/2^10.
func TestThePermutationTestIsMcNemarsOnPairs(t *testing.T) {
	curves := []CurveInfo{{Name: "top1", Thresholds: 1}}
	a, b := &Records{Split: "test", Curves: curves}, &Records{Split: "test", Curves: curves}
	add := func(r *Records, i int, right bool) {
		hits := []metric.Runs{metric.Single(right)}
		r.Images = append(r.Images, Record{ID: fmt.Sprint(i), Hits: hits})
	}
	for i := range 60 {
		add(a, i, i >= 40 || i == 0)
		add(b, i, i >= 40 || i > 0 && i < 10)
	}
	slices.Reverse(b.Images) // matched by id
	d := figureOf(t, compare(t, a, b), "top1")
	want := 2 * 11.0 / 1024
	if math.Abs(d.P-want) > 0.006 || math.Abs(d.Diff-800.0/60) > 1e-9 {
		t.Errorf("%+v, want p of %g", d, want)
	}
	if d.Low < 0 || d.Low > d.Diff || d.High < d.Diff {
		t.Errorf("interval [%g, %g] of %g", d.Low, d.High, d.Diff)
	}
}

func TestComparingMatchesImagesAndFigures(t *testing.T) {
	a, b := someRecords(30, 0.5, 1), someRecords(30, 0.5, 2)
	a.Images, b.Images = a.Images[:25], b.Images[5:]
	b.Curves[1].Thresholds = 20 // another grid
	b.Curves[0].Name = "top5"
	c := compare(t, a, b)
	if c.Images != 20 || c.OnlyA != 5 || c.OnlyB != 5 {
		t.Errorf("%d in both, %d and %d in one", c.Images, c.OnlyA, c.OnlyB)
	}
	want := []string{"top1", "max_box_acc_v2_iou.30", "max_box_acc_v2", "top5"}
	if !slices.Equal(c.NotCompared, want) {
		t.Errorf("not compared: %v, want %v", c.NotCompared, want)
	}
	other := someRecords(3, 0.5, 1)
	for i := range other.Images {
		other.Images[i].ID = "x"
	}
	_, err := Compare(context.Background(), a, other, Resampling{Resamples: 5})
	if err == nil || !strings.Contains(err.Error(), "no image is in both") {
		t.Errorf("error %v", err)
	}
}

func TestRecordsComeBackFromTheirFile(t *testing.T) {
	want := someRecords(20, 0.5, 1)
	path := filepath.Join(t.TempDir(), "r.jsonl")
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRecords(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v (%v)", got, want, err)
	}
}

func TestDamagedRecordsNameTheLine(t *testing.T) {
	head := `{"format":"acol records 1","split":"test",` +
		`"curves":[{"name":"top1","thresholds":1}],"bins":3}` + "\n"
	for _, c := range []struct{ text, want string }{
		{"", "1: file is empty"},
		{"{}", "1: not a file of acol eval's records"},
		{
			`{"format":"acol records 1","curves":[{"name":"x","thresholds":0}]}`,
			`1: curve "x": 0 thresholds`,
		},
		{
			`{"format":"acol records 1","curves":[{"name":"x","thresholds":2,"chosen":2}]}`,
			`1: curve "x"`,
		},
		{`{"format":"acol records 1","bins":-1}`, "1: 0 curves and -1 bins"},
		{head + `{"id":"a","hits":[]}`, `2: "a": hits of 0 curves, want 1`},
		{head + `{"id":"a","hits":[[[0,2]]]}`, `2: "a": top1: runs [[0 2]]`},
		{head + `{"id":"a","hits":[null],"object":"BAE="}`, `2: "a": a histogram is damaged`},
		{head + "{\n", "2: unexpected end"},
	} {
		_, err := readRecords(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.text, err, c.want)
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add(`{"format":"acol records 1","split":"test",` +
		`"curves":[{"name":"top1","thresholds":1,"chosen":0}],"bins":3}` + "\n" +
		`{"id":"a","hits":[[[0,1]]],"object":"AQE=","other":"AgE="}`)
	f.Add(`{"format":"acol records 1","bins":2}` + "\n" +
		`{"id":"","hits":null,"object":"/////////////wE="}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := readRecords(strings.NewReader(text))
		if err != nil {
			return
		}
		if _, err := r.Bootstrap(context.Background(), Resampling{Resamples: 2}); err != nil {
			t.Error(err)
		}
		r.byClass(nil)
		r.bySize()
	})
}

func TestGroupsAddUpToTheSplit(t *testing.T) {
	r := someRecords(90, 0.5, 4)
	tab := r.recorded()
	v, err := tab.values(tab.rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, groups := range map[string][]Group{"size": r.bySize(), "class": r.byClass(nil)} {
		sum, images := 0.0, 0
		for _, g := range groups {
			images += g.Images
			sum += g.Figures["top1"] * float64(g.Images)
		}
		if name == "class" && (images != 90 || math.Abs(sum/90-v[0]) > 1e-9) {
			t.Errorf("by class: %d images, top-1 %g, want 90 and %g", images, sum/90, v[0])
		}
		if name == "size" && (len(groups) != 4 || images != 88) { // two have size 0: no box
			t.Errorf("by size: %d groups of %d images, want 4 of 88", len(groups), images)
		}
	}
}
