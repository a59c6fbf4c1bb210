package augment

import (
	"image"
	"testing"

	"acol/internal/data/seeded"
)

func TestResizedCropKeepsItsBounds(t *testing.T) {
	var areas []float64
	for i := range 2000 {
		rng := seeded.Rand(seeded.Sample, uint64(i))
		r := ResizedCrop([]float64{0.2, 0.7}, []float64{0.5, 2}, 400, 300, rng)
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
	for _, tc := range []struct {
		w, h int
		want image.Rectangle
	}{
		{1000, 100, image.Rect(433, 0, 566, 100)},
		{30, 400, image.Rect(0, 180, 30, 220)},
		{1, 1, image.Rect(0, 0, 1, 1)},
	} {
		rng := seeded.Rand(seeded.Sample, 1)
		got := ResizedCrop([]float64{1, 1}, []float64{0.75, 4. / 3}, tc.w, tc.h, rng)
		if got != tc.want {
			t.Errorf("%dx%d: got %v, want %v", tc.w, tc.h, got, tc.want)
		}
	}
}
