package eval_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/eval"
	"acol/internal/metric"
)

func TestFiguresDoNotDependOnBatchesOrWorkers(t *testing.T) {
	w := newWorld(t)
	want := asJSON(t, measure(t, w.evaluator(t, eval.Options{Config: batches(14), Workers: 1})))
	for _, opt := range []eval.Options{
		{Config: batches(4), Workers: 3}, {Config: batches(1), Workers: 2},
	} {
		if got := asJSON(t, measure(t, w.evaluator(t, opt))); got != want {
			t.Errorf("%+v:\n%s, want\n%s", opt, got, want)
		}
	}
}

// The reference is a loop over the predictor and package metric, map by map.
func TestFiguresEqualThoseOfAPlainLoop(t *testing.T) {
	w := newWorld(t)
	ev := w.evaluator(t, eval.Options{Config: batches(5)})
	saved := map[string]cam.Map{}
	ev.Save = func(id string, m cam.Map) error { saved[id] = m.Clone(); return nil }
	got := measure(t, ev)

	p, err := w.model.NewPredictor(w.eng, 1, 48, 48)
	if err != nil {
		t.Fatal(err)
	}
	acc := newMapAcc()
	var right [5]int // top-1, top-5, then GT-known, top-1 and top-5 localization
	x := w.cfg.NewInputs(1, false)
	for _, s := range w.split.Samples {
		img, err := pixels.Load(s.Path, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := data.TestInput(w.cfg, img, x); err != nil {
			t.Fatal(err)
		}
		if err := p.See(x, 1); err != nil {
			t.Fatal(err)
		}
		score := func(class int) (cam.Map, []float32) {
			q, err := p.Localize([]int{class})
			if err != nil {
				t.Fatal(err)
			}
			m := cam.Resize(q[0].Fused, 56, 56)
			cam.Normalize(m)
			return m, q[0].Logits[0]
		}
		known, logits := score(s.Label)
		truth := []box.Box{s.Boxes[0].Scale(s.Width, s.Height, 56, 56)}
		acc.add(t, known, truth)
		// A guess is right where its own map's box is, and it is of the label.
		locates := func(class int) bool {
			m, _ := score(class)
			b, err := cam.LargestComponent(m, 0.2)
			if err != nil {
				t.Fatal(err)
			}
			iou, err := metric.IoU(b, truth[0])
			return err == nil && class == s.Label && iou >= 0.5
		}
		top := metric.Top(logits, 5)
		for k, is := range []bool{
			top[0] == s.Label, slices.Contains(top, s.Label),
			locates(s.Label), locates(top[0]), slices.ContainsFunc(top, locates),
		} {
			if is {
				right[k]++
			}
		}
		if m := saved[s.ID]; len(m.V) != 56*56 || m.V[100] != known.V[100] {
			t.Errorf("%s: the saved score map is not the fused one of the true class", s.ID)
		}
	}
	want, taus := acc.figures(t)
	for k, key := range []string{
		"top1", "top5", "localization.gt_known", "localization.top1", "localization.top5",
	} {
		want[key] = float64(right[k]) * 100 / 14
	}
	wantFigures(t, "fused map", got.Values, want)
	wantFigures(t, "thresholds", got.Fused().Best, taus)
	if got.Images != 14 {
		t.Errorf("%d images, want 14", got.Images)
	}
}

func TestFusedOnlyGivesTheSameFusedFigures(t *testing.T) {
	w := newWorld(t)
	whole := measure(t, w.evaluator(t, eval.Options{Config: batches(14)}))
	ev := w.evaluator(t, eval.Options{Config: batches(14)})
	ev.FusedOnly = true
	quick := measure(t, ev)
	if len(whole.Maps) != 3 || len(quick.Maps) != 1 {
		t.Fatalf("%d and %d maps, want 3 and 1", len(whole.Maps), len(quick.Maps))
	}
	if whole.Maps[1].Name != "branch 1 (p)" {
		t.Errorf("the map of branch 1 is called %q", whole.Maps[1].Name)
	}
	for _, key := range []string{"max_box_acc", "top1", "localization.top1", eval.GTKnown} {
		if quick.Values[key] != whole.Values[key] {
			t.Errorf("fused only: %s of %g, want %g", key, quick.Values[key], whole.Values[key])
		}
	}
}

func TestThresholdsChosenElsewhereAreReportedBeside(t *testing.T) {
	w := newWorld(t)
	ev := w.evaluator(t, eval.Options{Config: batches(14)})
	first := measure(t, ev)
	ev.At = first.Chosen()
	r := measure(t, ev)
	for _, m := range r.Maps {
		for key, v := range m.Best {
			at := eval.FigureOf(key).AtVal()
			if eval.FigureOf(key).ChosenBy != "" {
				continue // at the threshold of another
			}
			if got, ok := m.Values[at]; !ok || got != m.Values[key] || m.AtVal[key] != v {
				t.Errorf("%s: %s is %g at %g, want %g at its own best threshold %g",
					m.Name, at, got, m.AtVal[key], m.Values[key], v)
			}
		}
	}
}

func TestMapsAreThoseOfTheChosenClass(t *testing.T) {
	w := newWorld(t)
	maps := func(opt eval.Options, name string) map[string]cam.Map {
		out := map[string]cam.Map{}
		opt.BatchSize = 14
		ev := w.evaluator(t, opt)
		ev.Save = func(id string, m cam.Map) error { out[id] = m; return nil }
		if r := measure(t, ev); r.MapClass != name {
			t.Errorf("map class %s, want %s", r.MapClass, name)
		}
		return out
	}
	gt := maps(eval.Options{}, "gt")
	top := maps(eval.Options{Config: eval.Config{Class: eval.TopClass}}, "predicted")
	two := maps(eval.Options{Config: eval.Config{Class: "2"}}, w.split.Classes[2])
	differ := 0
	for _, s := range w.split.Samples {
		if gt[s.ID].V[700] != top[s.ID].V[700] {
			differ++
		}
		if same := gt[s.ID].V[700] == two[s.ID].V[700]; same != (s.Label == 2) {
			t.Errorf("%s of class %d: its map is that of class 2: %v", s.ID, s.Label, same)
		}
	}
	if differ == 0 {
		t.Error("the maps of the predicted class are all those of the true one, at chance accuracy")
	}
}

func TestConstantAndNaNMapsAreCounted(t *testing.T) {
	w := newWorld(t)
	set := func(name string, v float32) {
		for _, p := range w.model.Params() {
			if p.Name == name {
				for i := range p.Data {
					p.Data[i] = v
				}
			}
		}
	}
	set("branches.0.classifier.weight", 0)
	set("branches.1.classifier.weight", 0)
	r := measure(t, w.evaluator(t, eval.Options{Config: batches(14)}))
	if f := r.Fused(); f.ConstantMaps() != 14 || f.NaNMaps() != 0 || f.Values["max_box_acc"] != 0 {
		t.Errorf("constant heads: %+v", f)
	}
	nan := float32(0)
	nan /= nan
	set("branches.0.classifier.bias", nan)
	r = measure(t, w.evaluator(t, eval.Options{Config: batches(14)}))
	if f := r.Fused(); f.NaNMaps() != 14 || f.ConstantMaps() != 0 || r.NaNLogits() != 14 ||
		r.Values["top1"] != 0 || r.Values["localization.top5"] != 0 ||
		r.Counted["localization.top5"] != 14 {
		t.Errorf("NaN heads: %+v, %d NaN logits", f, r.NaNLogits())
	}
}

func TestWithoutBoxesOnlyClassificationIsMeasured(t *testing.T) {
	w := newWorld(t)
	list := filepath.Join(w.cfg.Metadata, "test", "localization.txt")
	if err := os.WriteFile(list, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	w.open(t)
	r := measure(t, w.evaluator(t, eval.Options{Config: batches(14)}))
	if r.Images != 14 || strings.Contains(asJSON(t, r), "localization") || r.Fused() != nil {
		t.Errorf("without boxes: %s", asJSON(t, r))
	}
}

func TestABrokenImageFailsOrIsSkipped(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(w.split.Samples[3].Path, []byte("broken"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := w.evaluator(t, eval.Options{Config: batches(4)}).Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), filepath.Base(w.split.Samples[3].Path)) {
		t.Errorf("error %v, want the image named", err)
	}
	w.cfg.OnError = "skip"
	ev := w.evaluator(t, eval.Options{Config: batches(4)})
	told := 0
	ev.Broken = func(error) { told++ }
	if r := measure(t, ev); r.Images != 13 || r.Skipped != 1 || told != 1 {
		t.Errorf("%d images, %d skipped, %d told; want 13, 1, 1", r.Images, r.Skipped, told)
	}
}

// A centre crop covers the middle of the image: outside of it the score map of
// the whole image is zero.
func TestACropClaimsNothingOutsideOfIt(t *testing.T) {
	w := newWorld(t)
	w.cfg.Input = pixels.Input{Size: 48, Resize: "short", TrainResize: 96, TestResize: 96}
	s := &w.split.Samples[0]
	s.Width, s.Height, s.Boxes = 0, 0, nil // as a set without boxes has it
	ev := w.evaluator(t, eval.Options{Config: batches(14)})
	ev.Save = func(id string, m cam.Map) error {
		for i, v := range m.V {
			y, x := i/m.W, i%m.W
			if outside := min(x, y) < 12 || max(x, y) > 43; outside && v > 0.01 {
				t.Fatalf("%s: score %g at (%d,%d), outside of the crop", id, v, x, y)
			}
		}
		return nil
	}
	measure(t, ev)
}

func TestAnInterruptedEvaluationSaysSo(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	_, err := w.evaluator(t, eval.Options{Config: batches(4)}).Run(ctx)
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("error %v", err)
	}
}

// With every class among its labels an image is always classified right, and boxes count for
// the class that they are of.
func TestImagesWithSeveralLabels(t *testing.T) {
	w := newWorld(t)
	for i := range w.split.Samples {
		s := &w.split.Samples[i]
		s.Labels = []int{0, 1, 2, 3, 4, 5}
		s.Label, s.BoxLabels = 0, []int{5}
	}
	several := measure(t, w.evaluator(t, eval.Options{Config: batches(5)}))
	if several.Values["top1"] != 100 || several.Values["top5"] != 100 ||
		several.Counted["localization.top1"] != 14 {
		t.Errorf("%s", asJSON(t, several))
	}
	// Of the first guess, class 5 alone has a box.
	for i := range w.split.Samples {
		s := &w.split.Samples[i]
		s.Labels, s.BoxLabels, s.Label = nil, nil, 5
	}
	one := measure(t, w.evaluator(t, eval.Options{Config: batches(5)}))
	got, want := several.Values, one.Values
	if got["localization.top1"] > want["localization.gt_known"] ||
		several.Ended("right") < one.Ended("right") ||
		got["localization.top5"] != want["localization.top5"] {
		t.Errorf("several labels %v, of the one with boxes alone %v", got, want)
	}
}

func TestMasksGivePxAPOfEachMap(t *testing.T) {
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(1, 1))
	dir := t.TempDir()
	for i := range w.split.Samples {
		s := &w.split.Samples[i]
		s.Masks = []string{filepath.Join(dir, fmt.Sprintf("%d.png", i))}
		writeMask(t, s.Masks[0], rng)
		s.Boxes = nil
	}
	w.split.HasMasks, w.split.HasBoxes = true, false
	want := newMapAcc()
	ev := w.evaluator(t, eval.Options{Config: batches(5)})
	ev.Keep = true
	at := 0
	ev.Save = func(id string, m cam.Map) error {
		object, ignore, err := w.split.Samples[at].Mask(m.H)
		at++
		if err != nil {
			return err
		}
		want.addMask(t, m, object, ignore)
		return nil
	}
	r := measure(t, ev)
	figures, _ := want.figures(t)
	ap := figures["pxap"]
	_, boxes := r.Values["max_box_acc"]
	_, branch := r.Maps[1].Values["pxap"]
	if r.Values["pxap"] != ap || len(r.Maps) != 3 || r.Maps[0].Values["pxap"] != ap ||
		!branch || boxes {
		t.Errorf("%s, want PxAP %g", asJSON(t, r), ap)
	}
	ci, err := r.Records.Bootstrap(context.Background(), eval.Resampling{Resamples: 20})
	if _, ok := ci.Figures["max_box_acc"]; err != nil || ok || ci.Figures["pxap"][1] < ap-5 {
		t.Errorf("intervals %v (%v)", ci, err)
	}
}

// The confusion is of the same guesses as top-1, with any number of workers.
func TestTheDiagonalOfTheConfusionIsTop1(t *testing.T) {
	w := newWorld(t)
	r := measure(t, w.evaluator(t, eval.Options{Config: batches(5), Workers: 3}))
	right := 0
	for k, row := range r.Confusion.Matrix() {
		right += row[k]
	}
	if got, want := 100*float64(right)/float64(r.Images), r.Values[eval.Top1]; math.Abs(got-want) > 1e-9 {
		t.Errorf("the diagonal is %g %% of the images, top-1 %g %%", got, want)
	}
	one := measure(t, w.evaluator(t, eval.Options{Config: batches(14), Workers: 1}))
	if !reflect.DeepEqual(r.Confusion.Matrix(), one.Confusion.Matrix()) {
		t.Errorf("%v with three workers, %v with one", r.Confusion.Matrix(), one.Confusion.Matrix())
	}
}
