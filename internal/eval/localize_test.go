package eval

import (
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
)

// squareMap has a square of ones, with a wide rim of a half.
func squareMap(x, y, side int) cam.Map {
	m := cam.New(60, 60)
	for i := range m.V {
		dx, dy := i%60-x, i/60-y
		switch {
		case dx >= 0 && dy >= 0 && dx < side && dy < side:
			m.V[i] = 1
		case dx >= -side && dy >= -side && dx < 2*side && dy < 2*side:
			m.V[i] = 0.5
		}
	}
	return m
}

func TestLocalizationOfAnImageWithSeveralClasses(t *testing.T) {
	here, there := box.Box{X0: 20, Y0: 20, X1: 29, Y1: 29}, box.Box{X0: 0, Y0: 40, X1: 9, Y1: 49}
	classes := []located{
		{0, squareMap(40, 5, 10), []box.Box{here}}, // beside its object
		{2, squareMap(0, 40, 10), []box.Box{there}},
	}
	for _, c := range []struct {
		name              string
		logits            []float32
		outcome           string
		top1, top5        float64
		best1, threshold1 float64
	}{
		{"the second class is the first guess", []float32{0, 1, 5, 0, 0, 0, 0}, "right", 100, 100, 100, 0.5},
		{"it is among five", []float32{0, 5, 1, 0, 0, 0, 0}, "wrong_class", 0, 100, 0, 0},
		{"it is not among five", []float32{5, 4, 0, 3, 2, 2, 0}, "background", 0, 0, 0, 0},
		{"logits are not numbers", []float32{0, 1, 5, 0, 0, 0, nan()}, "wrong_class", 0, 0, 0, 0},
	} {
		l := newLocalizer(0.6)
		got, err := l.add(classes, c.logits)
		if err != nil {
			t.Fatal(err)
		}
		at := 0.6
		r := l.report(&at)
		if got != c.outcome || r.Outcomes[c.outcome] != 1 || r.GTKnown != 0 || r.Top1 != c.top1 || r.Top5 != c.top5 {
			t.Errorf("%s: %s, %+v", c.name, got, r)
		}
		if r.Oracle.Top1 != c.best1 || r.Oracle.Thresholds["top1"] != c.threshold1 || r.AtVal.Top1 != c.top1 || r.AtVal.Top5 != c.top5 {
			t.Errorf("%s: %+v, at val %+v", c.name, r.Oracle, r.AtVal)
		}
		// What an image gave adds up to the report.
		if h := l.hits; h[1].Has(60) != (c.top1 > 0) || h[4].Has(0) != (c.top1 > 0) || h[5].Has(0) != (c.top5 > 0) || h[3].Has(0) {
			t.Errorf("%s: hits %v", c.name, h)
		}
	}
}

func nan() float32 { z := float32(0); return z / z }
