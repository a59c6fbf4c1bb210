package eval

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"acol/internal/metric"
	"acol/internal/scoremap"
	"acol/internal/section"
)

func TestEveryRowOfTheTableIsOneKindOfFigure(t *testing.T) {
	keys, columns := map[string]bool{}, map[string]bool{}
	for _, f := range Figures(func(*Figure) bool { return true }) {
		kinds := 0
		for _, is := range []bool{f.hits != nil, f.share != nil, f.pixels, f.MeanOf != ""} {
			if is {
				kinds++
			}
		}
		if kinds != 1 || f.Key == "" || f.Name == "" || f.Heading == "" {
			t.Errorf("%+v: %d kinds, want one, and names", f, kinds)
		}
		if keys[f.Key] || f.Column != "" && columns[f.Column] {
			t.Errorf("%s stands twice", f.Key)
		}
		keys[f.Key], columns[f.Column] = true, true
		if (f.hits != nil) != (f.Grid.N > 0) || f.pixels && f.Need != Masks {
			t.Errorf("%s: grid %+v, truth %d", f.Key, f.Grid, f.Need)
		}
		by := FigureOf(f.chosenBy())
		if by == nil || by.Grid != f.Grid {
			t.Errorf("%s is measured at the threshold of %s, on another grid", f.Key, f.chosenBy())
		}
		parts := Figures(func(g *Figure) bool {
			return f.MeanOf != "" && strings.HasPrefix(g.Key, f.MeanOf)
		})
		for _, g := range parts {
			if !g.IsPart() || g.Grid != parts[0].Grid || g.OfMap != f.OfMap || g.Need != f.Need {
				t.Errorf("%s is no part of %s", g.Key, f.Key)
			}
		}
		if f.MeanOf != "" && len(parts) == 0 {
			t.Errorf("%s is the mean of nothing", f.Key)
		}
	}
}

// What files of before have, new ones have too, in the same order and on the same grids.
func TestFilesOfRecordsKeepTheirCurves(t *testing.T) {
	s, err := newSheet(Figures(func(*Figure) bool { return true }), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadRecords("testdata/records.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	for _, c := range s.curves {
		c.Chosen, r.Curves[next].Chosen = nil, nil
		if c != r.Curves[next] {
			continue
		}
		if next++; next == len(r.Curves) {
			return
		}
	}
	t.Errorf("curves %+v: %s of a file of before is not among them", s.curves, r.Curves[next].Name)
}

// A file of before opens, and every figure of it can be computed.
func TestRecordsOfBeforeStillOpen(t *testing.T) {
	r, err := ReadRecords("testdata/records.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if r.Title != "a run of before" || len(r.Images) != 6 || r.Images[0].Ending != endLarge {
		t.Errorf("%+v", r)
	}
	ci, err := r.Bootstrap(context.Background(), Resampling{Resamples: 50, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"max_box_acc", "max_box_acc_v2", "max_box_acc_v2_iou.70", "at_val_threshold.max_box_acc",
		"at_val_threshold.max_box_acc_v2", "top1", "localization.gt_known",
		"localization.oracle.top5", "localization.at_val_threshold.top1", "pxap",
	} {
		if _, ok := ci.Figures[key]; !ok {
			t.Errorf("no interval of %s", key)
		}
	}
	if len(ci.Figures) != 22 {
		t.Errorf("intervals of %d figures, want 22", len(ci.Figures))
	}
}

func TestAMapWithoutImagesHasZeros(t *testing.T) {
	s, err := newSheet(Figures(func(f *Figure) bool { return f.OfMap }), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.book(s.layout.tally(), at(0.2))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(MapBook{"fused", b})
	want := `{"name":"fused","boxes":0,"masks":0,"images":0,"constant_maps":0,"nan_maps":0,` +
		`"max_box_acc":0,"max_box_acc_v2":0,"max_box_acc_v2_iou":{"30":0,"50":0,"70":0},` +
		`"thresholds":{"max_box_acc":0,"max_box_acc_v2_iou":{"30":0,"50":0,"70":0}},"threshold":0,` +
		`"coverage":0,"precision":0}`
	if err != nil || string(got) != want {
		t.Errorf("%s, want\n%s (%v)", got, want, err)
	}
	o := &object{}
	b.setScores(o)
	got, err = json.Marshal(o)
	want = `{"constant_maps":0,"nan_maps":0,"max_box_acc":null,"max_box_acc_v2":null,` +
		`"max_box_acc_v2_iou":null,"thresholds":null,"pxap":null}`
	if err != nil || string(got) != want {
		t.Errorf("%s, want\n%s (%v)", got, want, err)
	}
}

func TestThresholdsOfValMustBeOnTheGrid(t *testing.T) {
	rows := Figures(func(f *Figure) bool { return f.hits != nil })
	for _, tau := range []float64{0.0005, 1, -0.1} {
		_, err := newSheet(rows, Thresholds{MaxBoxAcc: tau})
		if err == nil || !strings.Contains(err.Error(), "max_box_acc at the threshold of val") {
			t.Errorf("error %v for %g", err, tau)
		}
	}
	// The rows of localization are at the threshold of GT-known, whatever is best for them.
	s, err := newSheet(rows, Thresholds{GTKnown: 0.3, oracle + "top1": 0.5})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(s.curves, func(c CurveInfo) bool { return c.Name == oracle+"top1" })
	if c := s.curves[at].Chosen; c == nil || *c != 30 {
		t.Errorf("top-1 is at %v, want 30", c)
	}
}

// A tally that outcomes are counted in one by one, merged ones, and one of recorded outcomes with
// weights have the same figures.
func TestTalliesOfAnyKindAgree(t *testing.T) {
	r := someRecords(40, 0.5, 9)
	whole := r.recorded()
	want, err := whole.values(whole.rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	parts := []*tally{whole.tally(), whole.tally(), whole.tally()}
	for i := range r.Images {
		rec := &r.Images[i]
		o := &outcome{hits: rec.Hits, object: rec.Object, other: rec.Other, marks: nanLogits}
		if err := parts[i%3].add(o); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range parts[1:] {
		if err := parts[0].merge(p); err != nil {
			t.Fatal(err)
		}
	}
	if got := parts[0].values(); !reflect.DeepEqual(got, want) {
		t.Errorf("merged: %v, want %v", got, want)
	}
	if n := parts[0].images; n != 40 || parts[0].marked[4] != 40 {
		t.Errorf("%d images, marked %v", n, parts[0].marked)
	}
	other := newLayout([]CurveInfo{{Name: "top1", Thresholds: 1}}, 3)
	if err := whole.tally().merge(other.tally()); err == nil {
		t.Error("merged tallies of different layouts")
	}
	twice := slices.Repeat([]int32{2}, 40)
	if got, err := whole.values(whole.rows, twice); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("each image twice: %v, want %v (%v)", got, want, err)
	}
	if runs := (metric.Runs{{0, 1}}); !reflect.DeepEqual(metric.Single(true), runs) {
		t.Error("a shared result was modified")
	}
}

func TestObjectsKeepTheOrderOfTheirKeys(t *testing.T) {
	o := &object{}
	o.set("z", 1)
	o.set("a.y", "<&>")
	o.set("b", nil)
	o.set("a.x.w", []int{2})
	got, err := json.Marshal(o)
	want := `{"z":1,"a":{"y":"\u003c\u0026\u003e","x":{"w":[2]}},"b":null}`
	if err != nil || string(got) != want {
		t.Errorf("%s, want %s (%v)", got, want, err)
	}
	raw, err := o.MarshalJSON()
	if err != nil || !strings.Contains(string(raw), `"<&>"`) {
		t.Errorf("%s (%v), want no HTML escapes before the encoder's", raw, err)
	}
}

// A rule that is as good on val as the best fraction, within one standard error, comes before it.
func TestValChoosesAFractionOrTheRule(t *testing.T) {
	for _, c := range []struct {
		best, rule float64
		images     int
		stated     section.Threshold
		want       section.Threshold
	}{
		{80, 80, 25, "mean", "mean"},
		{80, 72, 25, "mean", "mean"}, // one standard error of 20 right in 25 is 8
		{80, 71.9, 25, "mean", "0.35"},
		{80, 72, 26, "mean", "0.35"},
		{80, 84, 25, "otsu", "otsu"},
		{80, 80, 25, "0.2", "0.35"}, // no rule competes
		{0, 0, 25, "mean", ""},
		{100, 99, 100, "mean", "0.35"},
	} {
		r := &Report{Book: &Book{
			Values:  map[string]float64{GTKnown: c.best, localization + "gt_known": c.rule},
			Counted: map[string]int{GTKnown: c.images}, Best: Thresholds{GTKnown: 0.35},
			Stated: scoremap.Resolve(c.stated, "", "mean"),
		}}
		if got := r.BoxThreshold(); got != c.want {
			t.Errorf("%+v: chose %q", c, got)
		}
	}
	if got := (&Report{Book: &Book{}}).BoxThreshold(); got != "" {
		t.Errorf("a split without boxes chose %q", got)
	}
}
