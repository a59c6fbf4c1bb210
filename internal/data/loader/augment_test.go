package loader

import (
	"math"
	"slices"
	"testing"

	"acol/internal/data"
	"acol/internal/data/augment"
	"acol/internal/data/pixels"
	"acol/internal/data/seeded"
)

// ramp is an image whose red is the column and green the row.
func ramp(w, h int) *pixels.RGB {
	m := &pixels.RGB{Pix: make([]uint8, 3*w*h), W: w, H: h}
	for i := range w * h {
		m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2] = uint8(i%w), uint8(i/w), 7
	}
	return m
}

// plainConfig normalises to value/255.
func plainConfig(size int) data.Config {
	cfg := data.DefaultConfig()
	cfg.Input = pixels.Input{Size: size, Resize: "warp", TrainResize: size, TestResize: size}
	cfg.Mean, cfg.Std = []float64{0, 0, 0}, []float64{1, 1, 1}
	return cfg
}

func TestRandomCropReachesEveryPlaceAndFlipsHalf(t *testing.T) {
	cfg := plainConfig(8)
	in := cfg.NewInputs(1, false)
	dst := in.X
	places, flips := map[[2]int]int{}, 0
	const draws = 3000
	for i := range draws {
		rng := seeded.Rand(seeded.Sample, 1, 0, uint64(i), 0)
		if err := crop(cfg, prepared{resized: ramp(10, 11)}, rng, in); err != nil {
			t.Fatal(err)
		}
		x := int(math.Round(float64(min(dst[0], dst[7])) * 255))
		y := int(math.Round(float64(dst[64]) * 255))
		places[[2]int{x, y}]++
		if dst[7] < dst[0] {
			flips++
		}
	}
	if len(places) != 3*4 {
		t.Errorf("%d places, want 12", len(places))
	}
	for place, n := range places {
		if n < draws/12/2 || n > draws/12*2 {
			t.Errorf("place %v came %d times, want about %d", place, n, draws/12)
		}
	}
	if flips < draws*45/100 || flips > draws*55/100 {
		t.Errorf("%d flips of %d, want half", flips, draws)
	}
	cfg.Augment = data.Augment{Crop: "center", Scale: []float64{1, 1}, Ratio: []float64{1, 1}}
	rng := seeded.Rand(seeded.Sample, 1)
	if err := crop(cfg, prepared{resized: ramp(10, 11)}, rng, in); err != nil {
		t.Fatal(err)
	}
	if x, y := dst[0]*255, dst[64]*255; x != 1 || y != 2 { // 1.5 rounds to 2
		t.Errorf("centre crop starts at (%v,%v), want (1,2)", x, y)
	}
}

// The order is that of torchvision's training script: crop, flip, colours, RandAugment,
// normalisation, erasing. All draw from one stream, in this order.
func TestAugmentationsComeInTorchvisionsOrder(t *testing.T) {
	cfg := plainConfig(24)
	cfg.Mean, cfg.Std = []float64{0.5, 0.4, 0.3}, []float64{0.2, 0.3, 0.4}
	cfg.Augment = everything(cfg.Augment)
	cfg.Augment.Erasing.Probability = 1
	norm := pixels.NewNormalizer(cfg.Mean, cfg.Std)
	for i := range uint64(50) {
		whole := ramp(40, 31)
		before := slices.Clone(whole.Pix)
		in := cfg.NewInputs(1, false)
		got := in.X
		err := crop(cfg, prepared{resized: whole}, seeded.Rand(seeded.Sample, i), in)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(whole.Pix, before) {
			t.Fatal("the prepared image, which the cache keeps, was changed")
		}

		rng, canvas := seeded.Rand(seeded.Sample, i), &augment.Canvas{}
		x, y := rng.IntN(40-24+1), rng.IntN(31-24+1)
		if err := canvas.Crop(whole, x, y, 24, rng.Float64() < 0.5); err != nil {
			t.Fatal(err)
		}
		placing := augment.Placing{Interpolation: augment.Bilinear}
		for _, op := range cfg.Augment.ColorJitter.Draw(rng) {
			canvas.Apply(op, placing)
		}
		for _, op := range cfg.Augment.RandAugment.Draw(24, 24, rng) {
			canvas.Apply(op, placing)
		}
		want := make([]float32, len(got))
		if err := norm.Put(want, canvas.Image, 0, 0, 24, false); err != nil {
			t.Fatal(err)
		}
		cfg.Augment.Erasing.Apply(want, 24, rng)
		if !slices.Equal(got, want) {
			t.Fatalf("image %d differs", i)
		}
	}
}

// What is on changes pixels alone: crops and flips stay those of a recipe without it.
func TestAugmentationsLeaveCropsAndFlipsAsTheyAre(t *testing.T) {
	cfg := plainConfig(8)
	plain, same := cfg.NewInputs(1, false), cfg.NewInputs(1, false)
	mute := cfg
	mute.Augment.RandAugment.NumOps, mute.Augment.RandAugment.Magnitude = 1, 0
	equal := 0
	for i := range uint64(60) {
		for _, c := range []struct {
			cfg data.Config
			dst pixels.Inputs
		}{{cfg, plain}, {mute, same}} {
			rng := seeded.Rand(seeded.Sample, i)
			err := crop(c.cfg, prepared{resized: ramp(10, 11)}, rng, c.dst)
			if err != nil {
				t.Fatal(err)
			}
		}
		if slices.Equal(plain.X, same.X) {
			equal++
		}
	}
	if equal < 40 { // all but AutoContrast and Equalize do nothing at magnitude 0
		t.Errorf("%d of 60 images are as without RandAugment, want about 51", equal)
	}
}
