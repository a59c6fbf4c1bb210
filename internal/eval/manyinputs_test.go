package eval_test

import (
	"context"
	"os"
	"testing"

	"acol/internal/eval"
)

// One input that goes the way of many gives the figures of one.
func TestOneInputOfManyIsTheInput(t *testing.T) {
	w := newWorld(t)
	for _, class := range []eval.ClassName{eval.TrueClass, eval.TopClass} {
		figures := func(batch int, in eval.Inputs) string {
			return asJSON(t, measure(t, w.evaluator(t, eval.Options{
				Config: eval.Config{BatchSize: batch, Class: class}, Inputs: in,
			})))
		}
		want := figures(5, eval.Inputs{})
		got := figures(4, eval.Inputs{Scales: []float64{1}})
		if got != want {
			t.Errorf("%v:\n%s, want\n%s", class, got, want)
		}
	}
}

func TestTenCropsAtTwoScalesAreMerged(t *testing.T) {
	w := newWorld(t)
	w.cfg.Input.TrainResize = 56
	w.cfg.OnError = "skip"
	if err := os.WriteFile(w.split.Samples[1].Path, []byte("broken"), 0o666); err != nil {
		t.Fatal(err)
	}
	in := eval.Inputs{TenCrop: true, Scales: []float64{1, 1.4}}
	ev := w.evaluator(t, eval.Options{Config: batches(30), Inputs: in})
	r := measure(t, ev)
	if r.Inputs != 20 || r.Images != 13 || r.Skipped != 1 || len(r.Maps) != 3 ||
		r.Counted["localization.top1"] != 13 {
		t.Errorf("%s", asJSON(t, r))
	}
	one := w.evaluator(t, eval.Options{Config: batches(1), Workers: 1, Inputs: in})
	if asJSON(t, measure(t, one)) != asJSON(t, r) {
		t.Error("figures depend on the batch")
	}
	if _, err := ev.Sweep(context.Background(), w.eng, nil); err == nil {
		t.Error("a sweep of ten crops")
	}
}
