package metric

import (
	"math"
	"testing"

	"acol/internal/box"
)

func TestIoUOfInclusiveBoxes(t *testing.T) {
	for _, c := range []struct {
		a, b box.Box
		want float64
	}{
		{box.Box{X0: 1, Y0: 2, X1: 5, Y1: 6}, box.Box{X0: 3, Y0: 1, X1: 4, Y1: 5}, 8. / 27},
		{box.Box{}, box.Box{}, 1},
		{box.Box{X0: 1, Y0: 1, X1: 3, Y1: 3}, box.Box{X0: 4, Y0: 4, X1: 5, Y1: 5}, 0},
		{box.Box{X0: 1, Y0: 1, X1: 3, Y1: 3}, box.Box{X0: 3, Y0: 3, X1: 5, Y1: 5}, 1. / 17},
		{box.Box{X1: 9, Y1: 9}, box.Box{X0: 2, Y0: 2, X1: 3, Y1: 3}, 4. / 100},
		{box.Box{X1: 9}, box.Box{X0: 20, X1: 29}, 0},
	} {
		if got, err := IoU(c.a, c.b); err != nil || got != c.want {
			t.Errorf("IoU(%v, %v) = %v, %v, want %v", c.a, c.b, got, err, c.want)
		}
	}
}

func TestIoURefusesInvalidBoxes(t *testing.T) {
	ok := box.Box{X1: 2, Y1: 2}
	for _, bad := range []box.Box{
		{X0: 1, Y0: 1}, {X0: -1, X1: 3}, {Y0: -1}, {X1: 2, Y0: 5, Y1: 4},
		{X1: math.MaxInt, Y1: math.MaxInt},
	} {
		if _, err := IoU(ok, bad); err == nil {
			t.Errorf("no error for %v", bad)
		}
		if _, err := IoU(bad, ok); err == nil {
			t.Errorf("no error for %v", bad)
		}
	}
}

func TestIoUIsSymmetricWithinZeroAndOneAndTranslates(t *testing.T) {
	r := rng(3)
	random := func() box.Box {
		b := box.Box{X0: r.Below(20), Y0: r.Below(20)}
		b.X1 = b.X0 + r.Below(20)
		b.Y1 = b.Y0 + r.Below(20)
		return b
	}
	for range 2000 {
		a, b := random(), random()
		ab, ba := iou(a, b), iou(b, a)
		move := func(b box.Box) box.Box {
			return box.Box{X0: b.X0 + 7, Y0: b.Y0 + 9, X1: b.X1 + 7, Y1: b.Y1 + 9}
		}
		moved := iou(move(a), move(b))
		if ab != ba || ab != moved || ab < 0 || ab > 1 || (ab == 1) != (a == b) {
			t.Fatalf("%v, %v: %v, swapped %v, moved %v", a, b, ab, ba, moved)
		}
		if n := common(a, b); ab != float64(n)/float64(a.Area()+b.Area()-n) {
			t.Fatalf("%v, %v: %v, want %d pixels in common", a, b, ab, n)
		}
	}
}

// common counts pixels one by one.
func common(a, b box.Box) int {
	n := 0
	for y := a.Y0; y <= a.Y1; y++ {
		for x := a.X0; x <= a.X1; x++ {
			if x >= b.X0 && x <= b.X1 && y >= b.Y0 && y <= b.Y1 {
				n++
			}
		}
	}
	return n
}
