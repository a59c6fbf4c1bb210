package viz

import (
	"image"
	"image/color"
	"testing"
)

func TestErasedStrikesOutItsPositions(t *testing.T) {
	photo := plain(40, 20, color.NRGBA{200, 100, 0, 255}) // luma 119: grey 48+29
	mask := Mask{H: 2, W: 4, V: []bool{
		false, true, false, false,
		false, false, false, true,
	}}
	got := Erased(photo, mask)
	ghost, hatch := color.NRGBA{77, 77, 77, 255}, color.NRGBA{150, 150, 150, 255}
	hatched := 0
	for y := range 20 {
		for x := range 40 {
			c := got.NRGBAAt(x, y)
			switch erased := mask.V[y/10*4+x/10]; {
			case !erased && c != photo.NRGBAAt(x, y):
				t.Fatalf("pixel (%d,%d) is %v though its position is kept", x, y, c)
			case erased && c == hatch:
				hatched++
			case erased && c != ghost:
				t.Fatalf("pixel (%d,%d) is %v, want %v or %v", x, y, c, ghost, hatch)
			}
		}
	}
	if hatched != 50 { // one in four of 200
		t.Errorf("%d of 200 erased pixels are hatching, want 50", hatched)
	}
	wantPixel(t, photo, 10, 0, color.NRGBA{200, 100, 0, 255})
}

func TestErasedCoversPicturesSmallerThanTheMask(t *testing.T) {
	mask := Mask{H: 14, W: 14, V: make([]bool, 196)}
	mask.V[0] = true
	got := Erased(plain(1, 1, color.White), mask)
	wantPixel(t, got, 0, 0, color.NRGBA{150, 150, 150, 255})
}

func TestErasedOfMalformedMasksIsThePicture(t *testing.T) {
	for _, m := range []Mask{
		{}, {H: 2, W: 2, V: []bool{true}}, {H: -1, W: -1, V: []bool{true}}, {H: 0, W: 3},
	} {
		wantPixel(t, Erased(plain(2, 2, mid), m), 0, 0, mid)
	}
	if got := Erased(nil, Mask{1, 1, []bool{true}}); got.Rect != (image.Rectangle{}) {
		t.Errorf("nothing, erased, has bounds %v", got.Rect)
	}
}
