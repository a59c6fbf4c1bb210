package model_test

import (
	"math"
	"testing"

	"acol/internal/data/pixels"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device/devicetest"
	"acol/internal/kernel/kernels"
	"acol/internal/kernel/kerneltest"
	"acol/internal/model"
)

// As bytes and as normalised values, images give the same to the bit on a processor. On a device
// the normalised images are the same bits, but what follows is another program.
func TestImagesMayComeAsBytes(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) { checkBytes(t, o, 0) })
	t.Run("device", func(t *testing.T) {
		checkBytes(t, backend.Options{Device: devicetest.Plugin(t), Threads: 1}, 1e-5)
	})
}

func checkBytes(t *testing.T, o backend.Options, tolerance float64) {
	t.Helper()
	const n, side = 3, 32
	m, e := small(t, func(*model.Config) {}), enginetest.Open(t, o)
	in := model.Input{Batch: n, Height: side, Width: side}
	norm := pixels.NewNormalizer([]float64{.485, .456, .406}, []float64{.229, .224, .225})
	images := pixels.NewInputs(n, side, norm, true)
	for i := range images.Bytes {
		images.Bytes[i] = byte(i * i / 7)
	}
	values := pixels.Inputs{X: images.Values(), Size: side, Norm: norm}
	var seen, learned [2][]float32
	for k, of := range []pixels.Inputs{values, images} {
		if in.Norm = nil; k == 1 {
			in.Norm = norm
		}
		maps, err := m.NewMapMaker(e, model.MapSource{}, in)
		if err != nil {
			t.Fatal(err)
		}
		if err := maps.See(of, n-1); err != nil {
			t.Fatal(err)
		}
		preds, err := maps.Localize([]int{1, 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range preds {
			seen[k] = append(append(seen[k], p.Logits[1]...), p.Logits[0]...)
		}
		s, err := m.NewPartStep(e, in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if (pixels.Inputs{X: s.X, Bytes: s.Bytes}).Copy(of) != n*3*side*side {
			t.Fatal("the step takes another form of images")
		}
		if err := s.SetTargets(model.Labelled(0, 1, 2)); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		learned[k] = append([]float32{s.Loss()}, s.Grad(0)...)
	}
	for what, of := range map[string][2][]float32{"prediction": seen, "loss and gradient": learned} {
		top := 1e-3
		for _, v := range of[0] {
			top = max(top, math.Abs(float64(v)))
		}
		for i, v := range of[0] {
			if d := math.Abs(float64(v - of[1][i])); !(d <= tolerance*top) {
				t.Fatalf("%s %d: %g of values, %g of bytes", what, i, v, of[1][i])
			}
		}
	}
}

func TestANetworkOfValuesRefusesBytes(t *testing.T) {
	m, e := small(t, func(*model.Config) {}), enginetest.Open(t, enginetest.OneThread)
	p, err := m.NewPredictor(e, 1, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	err = p.See(pixels.NewInputs(1, 32, nil, true), 1)
	if want := "predicting: images as bytes for a network that takes normalised values"; err == nil ||
		err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
