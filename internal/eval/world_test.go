package eval_test

import (
	"context"
	"encoding/json"
	"testing"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/data/synth"
	"acol/internal/data/synth/synthtest"
	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/eval"
	"acol/internal/model"
)

// world is a made data set and an untrained model.
type world struct {
	cfg   data.Config
	split *data.Split
	model *model.Model
	eng   *engine.Engine
}

func newWorld(t *testing.T) *world {
	t.Helper()
	made := synth.Options{Classes: 6, Train: 6, Val: 6, Test: 14, Size: 48, Seed: 3}
	w := &world{cfg: synthtest.Config(t, made), eng: enginetest.Open(t, enginetest.OneThread)}
	w.cfg.Input = pixels.Input{Size: 48, Resize: "warp", TrainResize: 48, TestResize: 48}
	w.open(t)
	mc := model.DefaultConfig()
	mc.Backbone.Width, mc.Backbone.OutputStride = 0.0625, 8
	var err error
	if w.model, err = model.New(mc, len(w.split.Classes)); err != nil {
		t.Fatal(err)
	}
	w.model.Init(2)
	return w
}

func (w *world) open(t *testing.T) {
	t.Helper()
	w.split = synthtest.Open(t, w.cfg, "test")
}

func (w *world) evaluator(t *testing.T, opt eval.Options) *eval.Evaluator {
	t.Helper()
	opt.MapSize = 56
	if opt.Threshold == "" {
		opt.Threshold = "0.2"
	}
	if opt.Class == "" {
		opt.Class = eval.TrueClass
	}
	ev, err := eval.New(w.eng, w.model, w.split, w.cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// batches is a section of the recipe that says the size of batches alone.
func batches(n int) eval.Config { return eval.Config{BatchSize: n} }

func measure(t *testing.T, ev *eval.Evaluator) *eval.Report {
	t.Helper()
	r, err := ev.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func asJSON(t *testing.T, r *eval.Report) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
