package data

import (
	"image"
	"strings"
	"testing"

	"acol/internal/data/pixels"
)

// plainConfig normalises to value/255.
func plainConfig(size int) Config {
	cfg := DefaultConfig()
	cfg.Input = pixels.Input{Size: size, Resize: "warp", TrainResize: size, TestResize: size}
	cfg.Mean, cfg.Std = []float64{0, 0, 0}, []float64{1, 1, 1}
	return cfg
}

func TestTestInputRefusesABrokenConfiguration(t *testing.T) {
	img, x := image.NewGray(image.Rect(0, 0, 9, 9)), plainConfig(8).NewInputs(1, false)
	for want, change := range map[string]func(*Config){
		"data.mean: [] is not three values":          func(c *Config) { c.Mean = nil },
		"data.input.test_resize: 4 is not in 8":      func(c *Config) { c.Input.TestResize = 4 },
		"room for 8x8 pixels, want 9x9":              func(c *Config) { c.Input = pixels.Input{Size: 9, Resize: "warp", TrainResize: 9, TestResize: 9} },
		"resizing: image is a *image.Gray16, want w": func(*Config) {},
	} {
		cfg := plainConfig(8)
		change(&cfg)
		var in image.Image = img
		if strings.Contains(want, "Gray16") {
			in = image.NewGray16(img.Rect)
		}
		if _, err := TestInput(cfg, in, x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	if _, err := TestInput(plainConfig(8), img, x); err != nil {
		t.Errorf("good configuration: %v", err)
	}
}
