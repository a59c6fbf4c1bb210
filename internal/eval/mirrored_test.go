package eval

import (
	"math"
	"testing"

	"acol/internal/cam"
)

// The map of a mirrored input lies mirrored, also where its positions are not spread evenly.
func TestAMirroredMapIsResizedToTheMirroredScores(t *testing.T) {
	const side = 32
	m := cam.New(2, 5)
	for i := range m.V {
		m.V[i] = float64(i * i % 7)
	}
	for _, at := range []cam.Axis{{}, {First: 0.3, Step: 0.15}} {
		m.At = cam.Grid{X: at}
		want, got := mirrored(cam.Resize(m, side, side)), cam.Resize(mirrored(m), side, side)
		for i, v := range got.V {
			if math.Abs(v-want.V[i]) > 1e-5 {
				t.Fatalf("at %v value %d is %g, want %g", at, i, v, want.V[i])
			}
		}
	}
}
