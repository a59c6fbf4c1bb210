package eval_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"acol/internal/eval"
	"acol/internal/kernel"
	"acol/internal/model"
)

// A point of a sweep is the evaluation of a model whose recipe says so.
func TestASweepEqualsOneEvaluationAPoint(t *testing.T) {
	w := newWorld(t)
	mc := w.model.Config()
	mc.Branches.Kinds, mc.Branches.Deltas = "ppn", []float64{0.6, 0.7}
	var err error
	if w.model, err = model.New(mc, len(w.split.Classes)); err != nil {
		t.Fatal(err)
	}
	w.model.Init(4)
	points, err := eval.Grid(2, []float64{0.5, 0.8},
		[]kernel.Compare{kernel.GreaterEqual, kernel.Greater},
		[]model.Fusion{model.FusePositive, model.FuseAll})
	if err != nil || len(points) != 16 {
		t.Fatalf("%d points, %v", len(points), err)
	}
	ev := w.evaluator(t, eval.Options{Config: batches(5), Workers: 3})
	got, err := ev.Sweep(context.Background(), w.eng, points)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(points); i += 3 {
		p := points[i]
		mc.Branches.Deltas, mc.Branches.Compare, mc.Branches.Fusion = p.Deltas, p.Compare, p.Fusion
		m, err := model.New(mc, len(w.split.Classes))
		if err != nil {
			t.Fatal(err)
		}
		sd, err := w.model.State()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.LoadAll(sd); err != nil {
			t.Fatal(err)
		}
		other := *w
		other.model = m
		want := measure(t, other.evaluator(t, eval.Options{Config: batches(14)}))
		a, err := json.Marshal(got[i])
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(eval.PointReport{Point: p, Book: want.Book})
		if err != nil || string(a) != string(b) {
			t.Errorf("%+v:\n got %s\nwant %s (%v)", p, a, b, err)
		}
		if c := got[i].Curve; len(c.Thresholds) != 1000 || !reflect.DeepEqual(c, want.Curve) {
			t.Errorf("%+v: another curve", p)
		}
	}
}

func TestGridsAreBounded(t *testing.T) {
	ge, all := []kernel.Compare{kernel.GreaterEqual}, []model.Fusion{model.FuseAll}
	if _, err := eval.Grid(15, []float64{0.1, 0.2, 0.3}, ge, all); err == nil {
		t.Error("no error for 3^15 points")
	}
	if _, err := eval.Grid(1, nil, ge, all); err == nil {
		t.Error("no error for no point")
	}
	one, err := eval.Grid(0, nil, ge, all)
	if err != nil || len(one) != 1 || len(one[0].Deltas) != 0 {
		t.Errorf("without erasing: %v, %v", one, err)
	}
}
