package eval

import (
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
)

func TestABoxOfAMapCoversItsShareOfThePicture(t *testing.T) {
	s := Sight{Score: cam.Map{W: 4, H: 2}}
	for want, b := range map[box.Box]box.Box{
		{X0: 0, Y0: 0, X1: 399, Y1: 99}:    {X0: 0, Y0: 0, X1: 3, Y1: 1},
		{X0: 100, Y0: 50, X1: 299, Y1: 99}: {X0: 1, Y0: 1, X1: 2, Y1: 1},
	} {
		if got := s.InPicture(b, 400, 100); got != want {
			t.Errorf("%v of the map is %v, want %v", b, got, want)
		}
	}
}
