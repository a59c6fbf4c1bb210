package train_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"acol/internal/model"
	"acol/internal/train"
)

func TestStochasticDepthDropsByItsRateWithADrawOfEachImage(t *testing.T) {
	rates := []float64{0, 0.1, 0.5, 1}
	const images = 4000
	var dropped [4]int
	both := 0
	for image := range images {
		skips := train.Skips(7, 1, image, rates)
		for k, skip := range skips {
			if skip {
				dropped[k]++
			}
		}
		if skips[1] && skips[2] {
			both++
		}
		if again := train.Skips(7, 1, image, rates); !slices.Equal(again, skips) {
			t.Fatalf("image %d: drawn again %v, at first %v", image, again, skips)
		}
	}
	for k, rate := range rates {
		spread := 4 * math.Sqrt(rate*(1-rate)/images)
		if share := float64(dropped[k]) / images; math.Abs(share-rate) > spread {
			t.Errorf("layer of rate %g drops %g of the images", rate, share)
		}
	}
	if share := float64(both) / images; math.Abs(share-0.05) > 4*math.Sqrt(0.05*0.95/images) {
		t.Errorf("two layers of rates 0.1 and 0.5 drop %g of the images together, want 0.05", share)
	}
	if slices.EqualFunc(skipsOf(7, 1, rates), skipsOf(7, 2, rates), slices.Equal) {
		t.Error("another epoch draws the same")
	}
}

// skipsOf draws for some images.
func skipsOf(seed uint64, epoch int, rates []float64) (all [][]bool) {
	for image := range 32 {
		all = append(all, train.Skips(seed, epoch, image, rates))
	}
	return all
}

func TestResumingATrainingWithStochasticDepthIsExact(t *testing.T) {
	w := newWorld(t)
	trainer := func(dir string, rate float64) *train.Trainer {
		tr := w.trainer(t, dir, 5)
		cfg := model.DefaultConfig()
		cfg.Backbone.Arch, cfg.Backbone.Depth, cfg.Backbone.Width = "convnext", "tiny", 0.0625
		cfg.Backbone.StochasticDepth = rate
		cfg.Branches.Kinds, cfg.Branches.Deltas = "p", nil
		m, err := model.New(cfg, 2)
		if err != nil {
			t.Fatal(err)
		}
		m.Init(5)
		tr.Model, tr.Config.Epochs = m, 2
		return tr
	}
	whole, parts := t.TempDir(), t.TempDir()
	if err := trainer(whole, 0.5).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	tr := trainer(parts, 0.5)
	tr.Observers = train.Observers{&stopper{steps: 2, stop: stop}}
	if err := tr.Run(ctx); !errors.Is(err, train.ErrInterrupted) {
		t.Fatalf("error %v, want an interruption", err)
	}
	tr = trainer(parts, 0.5)
	tr.Resume = true
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(t, whole), bits(t, parts)) {
		t.Error("the weights differ from those of an uninterrupted training")
	}
	plain := t.TempDir()
	if err := trainer(plain, 0).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(bits(t, whole), bits(t, plain)) {
		t.Error("dropping residuals changes nothing")
	}
}
