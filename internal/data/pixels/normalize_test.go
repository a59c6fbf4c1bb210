package pixels

import (
	"math"
	"strings"
	"testing"
)

// ramp is an image whose red is the column and green the row.
func ramp(w, h int) *RGB {
	m := &RGB{make([]uint8, 3*w*h), w, h}
	for i := range w * h {
		m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2] = uint8(i%w), uint8(i/w), 7
	}
	return m
}

func TestNormalizeIsTorchvisionsPlanarRGB(t *testing.T) {
	norm := NewNormalizer([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225})
	m := &RGB{[]uint8{0, 128, 255}, 1, 1}
	got := make([]float32, 3)
	if err := norm.Put(got, m, 0, 0, 1, false); err != nil {
		t.Fatal(err)
	}
	// torch: (tensor([0,128,255])/255 - mean)/std in float32.
	want := []float32{-2.1179039, 0.20518213, 2.64}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Errorf("channel %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestPutCropsAndFlips(t *testing.T) {
	for _, flip := range []bool{false, true} {
		dst := make([]float32, 3*9)
		if err := unit.Put(dst, ramp(10, 6), 4, 2, 3, flip); err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			column := 4 + i%3
			if flip {
				column = 6 - i%3
			}
			if got := [3]float32{dst[i], dst[9+i], dst[18+i]}; got != [3]float32{float32(column) / 255, float32(2+i/3) / 255, 7. / 255} {
				t.Errorf("flip %v, pixel %d: got %v", flip, i, got)
			}
		}
	}
	if err := unit.Put(make([]float32, 27), ramp(10, 6), 8, 0, 3, false); err == nil ||
		!strings.Contains(err.Error(), "image has 10x6") {
		t.Errorf("outside: got %v", err)
	}
	if err := unit.Put(make([]float32, 26), ramp(10, 6), 0, 0, 3, false); err == nil ||
		!strings.Contains(err.Error(), "want (3,3,3)") {
		t.Errorf("short: got %v", err)
	}
}
