package pixels

import (
	"slices"
	"testing"
)

func TestInputsAsBytesAreTheNormalisedOnesToTheBit(t *testing.T) {
	norm := NewNormalizer([]float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225})
	m := ramp(40, 30)
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 37)
	}
	values, bytes := NewInputs(3, 16, norm, false), NewInputs(3, 16, norm, true)
	for i, flip := range []bool{false, true, true} {
		for _, in := range []Inputs{values, bytes} {
			if err := in.Range(i, i+1).Put(m, 3*i, i, flip); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(bytes.Bytes) != len(values.X) || bytes.X != nil {
		t.Fatalf("%d bytes and %d values", len(bytes.Bytes), len(bytes.X))
	}
	if !slices.Equal(bytes.Values(), values.X) {
		t.Error("the bytes give other values")
	}
	first := bytes.Range(0, 1)
	if n := first.Copy(bytes.Range(2, 3)); n != 3*16*16 {
		t.Errorf("copied %d values", n)
	}
	if !slices.Equal(bytes.Values()[:n1], values.X[2*n1:]) {
		t.Error("the first image is not a copy of the third")
	}
	if err := bytes.Range(0, 1).Put(m, 25, 0, false); err == nil {
		t.Error("a square that leaves the image was taken")
	}
}

// n1 is the number of values of an image of 16 x 16 pixels.
const n1 = 3 * 16 * 16
