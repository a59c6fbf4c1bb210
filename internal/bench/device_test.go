package bench

import (
	"os"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device/devicetest"
	"acol/internal/model"
)

// A training on a device begins a batch before it reads the losses of the one before, and so does
// what measures it. Steps whose parts are measured do not overlap.
func TestDevicesAreMeasuredAsTheyTrain(t *testing.T) {
	if os.Getenv("ACOL_DEVICE") == "" {
		t.Skip("make device-test measures a device (ACOL_DEVICE=families or all)")
	}
	e := enginetest.Open(t, backend.Options{Device: devicetest.Plugin(t), Threads: 1})
	for _, profile := range []bool{true, false} {
		o := tinyOptions(t)
		cfg := model.DefaultConfig()
		cfg.Backbone.Width, cfg.Backbone.Stages = 0.0625, 2
		var err error
		if o.Model, err = model.New(cfg, 5); err != nil {
			t.Fatal(err)
		}
		o.Model.Init(1)
		o.Engine, o.Size, o.Profile = e, 32, profile
		in, labels := noise(e, o.Batch, o.Size, o.Model.Classes())
		tr, err := newTrainer(o, in.Norm)
		if err != nil {
			t.Fatal(err)
		}
		for step := 1; step <= 3; step++ {
			if err := tr.train(in, labels, nil); err != nil {
				t.Fatal(err)
			}
			ahead := 1
			if profile {
				ahead = 0
			}
			if tr.ahead != ahead || tr.done != step+ahead {
				t.Errorf("profile %v: %d steps were begun and %d are under way after %d", profile,
					tr.done, tr.ahead, step)
			}
		}
		if err := tr.step.VM().Close(); err != nil {
			t.Error(err)
		}
	}
}
