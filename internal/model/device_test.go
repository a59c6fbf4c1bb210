package model_test

import (
	"math"
	"os"
	"testing"

	"acol/internal/cam"
	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device/devicetest"
	"acol/internal/model"
)

// onDevice lists a case of each family, and among them p, pp, pn and ppp, each head, and losses.
// With ACOL_DEVICE=all the tests take every case; XLA compiles a network for many seconds.
var onDevice = []string{
	"convnextsmall-w0.125-pn-conv-gt-rect", "efficientnetb0-p-linear-frozenbn",
	"googlenetv1-bvlc-w0.25-pn-conv-gt", "inceptionv3-w0.25-p-linear-frozenbn",
	"mobilenetv2-w0.35-p-linear-frozenbn", "resnet18-drops-w0.25-p-linear-frozenbn",
	"resnet18-w0.25-ppp-conv-ge", "squeezenet1.1-pn-linear-gt",
	"squeezenet1.1-sets-loss-pp-linear-ge", "vgg16-w0.25-p-conv6",
}

func TestDevicesEqualPyTorch(t *testing.T) {
	o := backend.Options{Device: devicetest.Plugin(t), Threads: 1}
	e := enginetest.Open(t, o) // one for all cases, as compiled programs are kept
	check := func(t *testing.T, c golden) {
		m := c.model(t)
		c.checkEval(t, e, m)
		if s := c.checkTrain(t, e, m, tolGradient); c.SGD != nil {
			c.checkSteps(t, e, m, s)
		}
	}
	switch os.Getenv("ACOL_DEVICE") {
	case "all":
		eachGolden(t, "parity", check)
		eachGolden(t, "spg", check)
	case "families":
		for _, name := range onDevice {
			runGolden(t, "parity", name, check)
		}
		runGolden(t, "spg", "resnet50-os16", check)
	default:
		runGolden(t, "parity", "squeezenet1.1-pn-linear-gt", check)
	}
}

// What a layer or the backbone has computed stays on the device for what lies behind it.
func TestMapsOnADeviceAreThoseOfTheProcessor(t *testing.T) {
	device := enginetest.Open(t, backend.Options{Device: devicetest.Plugin(t), Threads: 1})
	host := enginetest.Open(t, enginetest.OneThread)
	m := small(t, func(c *model.Config) { c.Backbone.OutputStride = 8 })
	x, classes := make([]float32, 2*3*32*32), []int{3, 1}
	for i := range x {
		x[i] = float32(i*i%101)/50 - 1
	}
	near := nearMaps(t)
	in := model.Input{Batch: 2, Height: 32, Width: 32}
	for _, method := range []model.MapMethod{model.CAM, model.LayerCAM, model.ScoreCAM} {
		var got [2][]model.Prediction
		var maker model.MapMaker
		for k, e := range []*engine.Engine{host, device} {
			var err error
			if maker, err = m.NewMapMaker(e, model.MapSource{Method: method}, in); err != nil {
				t.Fatal(err)
			}
			if err := maker.Images(x, 2); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time from what the first has left
				if got[k], err = maker.Localize(classes); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i := range classes {
			near(string(method), got[0][i].Fused, got[1][i].Fused)
		}
		if p, ok := maker.(*model.Predictor); ok {
			checkBranchwise(t, device, m, p, got[1], near)
		}
	}
}

// nearMaps compares maps.
func nearMaps(t *testing.T) func(what string, a, b cam.Map) {
	return func(what string, a, b cam.Map) {
		t.Helper()
		for i, v := range a.V {
			if !(math.Abs(v-b.V[i]) < 1e-4) {
				t.Fatalf("%s: %g at %d, %g on the device", what, v, i, b.V[i])
			}
		}
	}
}

// checkBranchwise tries both branches of a predictor's images, and then of the second alone.
func checkBranchwise(
	t *testing.T, e *engine.Engine, m *model.Model, p *model.Predictor, want []model.Prediction,
	near func(what string, a, b cam.Map),
) {
	t.Helper()
	b := m.Config().Branches
	by, err := p.NewBranchwise(e)
	if err != nil {
		t.Fatal(err)
	}
	features, err := p.Features()
	if err != nil {
		t.Fatal(err)
	}
	second := append([]float32(nil), features[len(features)/2:]...)
	for _, classes := range [][]int{{3, 1}, {1}} {
		if len(classes) == 1 {
			if err := p.SetFeatures(second); err != nil {
				t.Fatal(err)
			}
		}
		_, maps, err := by.Run(0, nil, classes)
		if err != nil {
			t.Fatal(err)
		}
		erased := by.Erase(nil, maps, b.Deltas[0], b.Compare)
		_, more, err := by.Run(1, erased, classes)
		if err != nil {
			t.Fatal(err)
		}
		for i := range classes {
			of := want[len(want)-len(classes)+i]
			near("branch 1", of.Maps[0], maps[i])
			near("branch 2", of.Maps[1], more[i])
		}
	}
}
