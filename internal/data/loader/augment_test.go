package loader

import (
	"image"
	"math"
	"testing"

	"acol/internal/data"
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
	norm, dst := pixels.NewNormalizer(cfg.Mean, cfg.Std), make([]float32, 3*64)
	places, flips := map[[2]int]int{}, 0
	const draws = 3000
	for i := range draws {
		if err := augment(cfg, norm, prepared{resized: ramp(10, 11)}, seeded.Rand(seeded.Sample, 1, 0, uint64(i), 0), dst); err != nil {
			t.Fatal(err)
		}
		x, y := int(math.Round(float64(min(dst[0], dst[7]))*255)), int(math.Round(float64(dst[64])*255))
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
	if err := augment(cfg, norm, prepared{resized: ramp(10, 11)}, seeded.Rand(seeded.Sample, 1), dst); err != nil {
		t.Fatal(err)
	}
	if x, y := dst[0]*255, dst[64]*255; x != 1 || y != 2 { // 1.5 rounds to 2
		t.Errorf("centre crop starts at (%v,%v), want (1,2)", x, y)
	}
}

func TestResizedCropKeepsItsBounds(t *testing.T) {
	a := data.Augment{Scale: []float64{0.2, 0.7}, Ratio: []float64{0.5, 2}}
	var areas []float64
	for i := range 2000 {
		r := resizedCrop(a, 400, 300, seeded.Rand(seeded.Sample, uint64(i)))
		if !r.In(image.Rect(0, 0, 400, 300)) || r.Empty() {
			t.Fatalf("crop %v leaves the image", r)
		}
		area, aspect := float64(r.Dx()*r.Dy())/120000, float64(r.Dx())/float64(r.Dy())
		if area < 0.195 || area > 0.705 || aspect < 0.49 || aspect > 2.04 {
			t.Fatalf("crop %v: area %.3f, aspect %.3f", r, area, aspect)
		}
		areas = append(areas, area)
	}
	mean := 0.0
	for _, v := range areas {
		mean += v / float64(len(areas))
	}
	if mean < 0.38 || mean > 0.47 { // uniform in 0.2 to 0.7 but for the tries that do not fit
		t.Errorf("mean area %.3f, want about 0.43", mean)
	}
}

func TestResizedCropFallsBackToTheCentre(t *testing.T) {
	a := data.Augment{Scale: []float64{1, 1}, Ratio: []float64{0.75, 4. / 3}}
	for _, tc := range []struct {
		w, h int
		want image.Rectangle
	}{
		{1000, 100, image.Rect(433, 0, 566, 100)},
		{30, 400, image.Rect(0, 180, 30, 220)},
		{1, 1, image.Rect(0, 0, 1, 1)},
	} {
		if got := resizedCrop(a, tc.w, tc.h, seeded.Rand(seeded.Sample, 1)); got != tc.want {
			t.Errorf("%dx%d: got %v, want %v", tc.w, tc.h, got, tc.want)
		}
	}
}
