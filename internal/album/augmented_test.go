package album

import (
	"context"
	"slices"
	"strings"
	"testing"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/data/synth"
	"acol/internal/data/synth/synthtest"
	"acol/internal/train"
	"acol/internal/viz"
)

// augmented has every augmentation on, on a made split of 12 images.
func augmented(t *testing.T) (Augmented, *data.Split) {
	t.Helper()
	o := synth.Options{Classes: 3, Train: 12, Val: 3, Test: 3, Size: 48, Seed: 5}
	cfg := synthtest.Config(t, o)
	cfg.Input = pixels.Input{Size: 32, Resize: "warp", TrainResize: 32, TestResize: 32}
	cfg.Augment.Crop = data.CropResized
	cfg.Augment.Flip, cfg.Augment.ColorJitter.Brightness = 1, 0.5
	cfg.Augment.RandAugment.NumOps, cfg.Augment.RandAugment.Magnitude = 4, 25
	cfg.Augment.Erasing.Probability = 1
	a := Augmented{Data: cfg, Train: train.DefaultConfig(), Images: 3, Epochs: 4}
	a.Train.HideAndSeek.Grids = []int{8}
	a.Train.MixUp.Probability, a.Train.CutMix.Probability = 1, 1
	return a, synthtest.Open(t, cfg, "train")
}

func pixelsOf(t *testing.T, tile viz.Tile) []uint8 {
	t.Helper()
	b := tile.Image.Bounds()
	var out []uint8
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, b, _ := tile.Image.At(x, y).RGBA()
			out = append(out, uint8(r), uint8(g), uint8(b))
		}
	}
	return out
}

func TestAugmentedShowsEachStepByItself(t *testing.T) {
	a, split := augmented(t)
	some := *split
	some.Samples = split.Samples[:3]
	var names []string
	changed := func(a Augmented) int {
		rows, err := a.rows(context.Background(), &some, "x")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, row := range rows {
			if len(row) != 1+a.Epochs || row[0].Label != "x" {
				t.Fatalf("a row of %d tiles, the first %q", len(row), row[0].Label)
			}
			for _, tile := range row[1:] {
				if !slices.Equal(pixelsOf(t, tile), pixelsOf(t, row[0])) {
					n++
				}
			}
		}
		return n
	}
	if n := changed(a.without()); n != 0 {
		t.Errorf("%d of 12 images change although nothing is on", n)
	}
	for _, s := range a.steps() {
		names = append(names, s.name)
		alone := a.without()
		s.add(&alone, a)
		if n := changed(alone); n < 6 {
			t.Errorf("%s changes %d of 12 images", s.name, n)
		}
		if got := alone.steps(); len(got) != 1 || got[0].name != s.name {
			t.Errorf("%s alone turns on %d steps", s.name, len(got))
		}
	}
	want := "crop: resized, flip, color_jitter, rand_augment, erasing, hide_and_seek, mixup, cutmix"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("steps %s, want %s", got, want)
	}
}

func TestAugmentedKeepsAnImageInItsRow(t *testing.T) {
	a, split := augmented(t)
	flip := a.without()
	flip.Data.Augment.Flip = 1
	some := *split
	some.Samples = split.Samples[:3]
	rows, err := flip.rows(context.Background(), &some, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		whole := pixelsOf(t, row[0])
		for _, tile := range row[1:] {
			mirrored := pixelsOf(t, tile)
			for k := range 32 * 32 {
				if !slices.Equal(mirrored[3*k:3*k+3], whole[3*(k/32*32+31-k%32):][:3]) {
					t.Fatalf("row %d has an image that is not its own, mirrored", i)
				}
			}
			if want := split.Classes[some.Samples[i].Label]; tile.Label != want {
				t.Errorf("label %q, want %q", tile.Label, want)
			}
		}
	}
}

func TestAugmentedDrawsAsManyImagesAsThereAre(t *testing.T) {
	a, split := augmented(t)
	a.Images = 16
	for _, each := range []bool{false, true} {
		a.Each = each
		img, err := a.Draw(context.Background(), split)
		if err != nil || img.Bounds().Dy() < 8*augmentedHeight {
			t.Errorf("each %v: %v", each, err)
		}
	}
	empty := *split
	empty.Samples = nil
	if _, err := a.Draw(context.Background(), &empty); err == nil {
		t.Error("a split without images is no error")
	}
}
