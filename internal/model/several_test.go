package model_test

import (
	"fmt"
	"slices"
	"testing"

	"acol/internal/data/pixels"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/suite"
	"acol/internal/model"
)

// mapsOf are the predictions of images for classes, twice: the second time from what the first has
// left.
func mapsOf(
	t *testing.T, m *model.Model, maker model.MapMaker, in pixels.Inputs, classes []int,
) []model.Prediction {
	t.Helper()
	if err := maker.See(in, len(classes)); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.Localize(make([]int, len(classes))); err != nil {
		t.Fatal(err)
	}
	out, err := maker.Localize(classes)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Five images are six on three devices, of which one is left out, and one image is the first's.
func TestSeveralDevicesPredictWhatOneDoes(t *testing.T) {
	const side = 32
	m := small(t, func(c *model.Config) { c.Backbone.OutputStride = 8 })
	host := enginetest.Open(t, enginetest.Portable)
	norm := pixels.NewNormalizer([]float64{.5, .5, .5}, []float64{.25, .25, .25})
	for _, method := range []model.MapMethod{model.CAM, model.GradCAM, model.ScoreCAM} {
		for _, n := range []int{5, 2, 1} {
			for devices := 2; devices <= 3; devices++ {
				e := enginetest.Devices(t, devices)
				in := model.Input{Batch: n, Height: side, Width: side, Norm: norm}
				x := pixels.NewInputs(n, side, norm, method != model.ScoreCAM)
				for i := range x.Bytes {
					x.Bytes[i] = byte(i * i % 251)
				}
				for i := range x.X {
					x.X[i] = float32(i*i%101)/50 - 1
				}
				source := model.MapSource{Method: method}
				want, err := m.NewMapMaker(host, source, in)
				if err != nil {
					t.Fatal(err)
				}
				got, err := m.NewMapMaker(e, source, in)
				if err != nil {
					t.Fatal(err)
				}
				classes := []int{3, 1, 0, 2, 2}[:n]
				a, b := mapsOf(t, m, want, x, classes), mapsOf(t, m, got, x, classes)
				for i := range classes {
					what := fmt.Sprintf("%s: image %d of %d on %d devices", method, i, n, devices)
					near(t, what+": logits", floats(b[i].Logits[0]), floats(a[i].Logits[0]), 1e-5)
					near(t, what+": map", b[i].Fused.V, a[i].Fused.V, 2e-4)
				}
				if p, ok := got.(*model.Predictor); ok && n == 2 {
					checkBranchwise(t, e, m, p, b, nearMaps(t))
				}
			}
		}
	}
}

// One device of several has what each has, so a step needs images for all of them.
func TestImagesThatDevicesCannotShareOutAreRefused(t *testing.T) {
	m, e := small(t, nil), enginetest.Devices(t, 2)
	in := model.Input{Batch: 3, Height: 32, Width: 32}
	_, err := m.NewPartStep(e, in, &model.Part{Images: 3, Devices: 2})
	if want := "3 images cannot be shared out equally to 2 devices"; fmt.Sprint(err) != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// The bits of all devices are one value, and so are those of two runs.
func TestAStepOnSeveralDevicesRepeatsToTheBit(t *testing.T) {
	var of [2][][]float32
	for k := range of {
		m, e := small(t, nil), enginetest.Devices(t, 2)
		in := model.Input{Batch: 4, Height: 40, Width: 40}
		s, err := m.NewPartStep(e, in, &model.Part{Images: 4, Devices: 2})
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.X {
			s.X[i] = float32(i%97)/48 - 1
		}
		if err := s.SetTargets(model.Labelled(0, 1, 2, 3)); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		for i := range s.Trained {
			of[k] = append(of[k], slices.Clone(s.Grad(i)))
		}
		if n := len(s.Logits(0)); n != 4*4 {
			t.Errorf("%d logits, want those of four images and classes", n)
		}
	}
	for i, g := range of[0] {
		if !suite.SameBits(g, of[1][i]) {
			t.Errorf("gradient %d differs between two runs", i)
		}
	}
}
