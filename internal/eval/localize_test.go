package eval

import (
	"slices"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/metric"
	"acol/internal/scoremap"
	"acol/internal/section"
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

// at is a threshold that somebody stated.
func at(fraction float64) scoremap.Threshold { return scoremap.Threshold{Fraction: fraction} }

// locating measures the rows of localization on one image, at a stated fraction that val chose too.
func locating(t *testing.T, stated float64, classes []class, logits []float32) (*Book, outcome) {
	t.Helper()
	s, err := newSheet(Figures((*Figure).InLocalization), Thresholds{GTKnown: stated})
	if err != nil {
		t.Fatal(err)
	}
	g, total := newGauge(at(stated)), s.layout.tally()
	if err := g.classify(logits, 0); err != nil {
		t.Fatal(err)
	}
	if err := g.locate(classes, logits); err != nil {
		t.Fatal(err)
	}
	o, err := g.outcome(s.rows)
	if err != nil {
		t.Fatal(err)
	}
	if err := total.add(&o); err != nil {
		t.Fatal(err)
	}
	b, err := s.book(total, at(stated))
	if err != nil {
		t.Fatal(err)
	}
	return b, o
}

func TestLocalizationOfAnImageWithSeveralClasses(t *testing.T) {
	here, there := box.Box{X0: 20, Y0: 20, X1: 29, Y1: 29}, box.Box{X0: 0, Y0: 40, X1: 9, Y1: 49}
	classes := []class{
		{0, squareMap(40, 5, 10), []box.Box{here}}, // beside its object
		{2, squareMap(0, 40, 10), []box.Box{there}},
	}
	for _, c := range []struct {
		name              string
		logits            []float32
		ending            string
		top1, top5        float64
		best1, threshold1 float64
	}{
		{"the second is the first guess", []float32{0, 1, 5, 0, 0, 0, 0}, "right", 100, 100, 100, 0.5},
		{"it is among five", []float32{0, 5, 1, 0, 0, 0, 0}, "wrong_class", 0, 100, 0, 0},
		{"it is not among five", []float32{5, 4, 0, 3, 2, 2, 0}, "background", 0, 0, 0, 0},
		{"logits are not numbers", []float32{0, 1, 5, 0, 0, 0, nan()}, "wrong_class", 0, 0, 0, 0},
	} {
		b, o := locating(t, 0.6, classes, c.logits)
		v := b.Values
		if o.ending != c.ending || b.Ended(c.ending) != 1 || v["localization.gt_known"] != 0 ||
			v["localization.top1"] != c.top1 || v["localization.top5"] != c.top5 {
			t.Errorf("%s: %s, %v", c.name, o.ending, v)
		}
		if v[oracle+"top1"] != c.best1 || b.Best[oracle+"top1"] != c.threshold1 ||
			v[atVal(oracle+"top1")] != c.top1 || v[atVal(oracle+"top5")] != c.top5 {
			t.Errorf("%s: %v, best at %v", c.name, v, b.Best)
		}
		// What an image gave adds up to the report: oracle GT-known, top-1 and top-5, then stated.
		if h := o.hits; h[1].Has(60) != (c.top1 > 0) || h[4].Has(0) != (c.top1 > 0) ||
			h[5].Has(0) != (c.top5 > 0) || h[3].Has(0) {
			t.Errorf("%s: hits %v", c.name, h)
		}
	}
}

func nan() float32 { z := float32(0); return z / z }

// boxMap has ones inside of a box alone, so that the CAM rule finds that box.
func boxMap(b box.Box) cam.Map {
	m := cam.New(60, 60)
	for y := b.Y0; y <= b.Y1; y++ {
		for x := b.X0; x <= b.X1; x++ {
			m.V[y*60+x] = 1
		}
	}
	return m
}

func TestLocalizationNeedsClassAndBox(t *testing.T) {
	obj := box.Box{X0: 10, Y0: 10, X1: 19, Y1: 19}
	half := box.Box{X0: 10, Y0: 10, X1: 19, Y1: 14} // IoU exactly 1/2
	less := box.Box{X0: 10, Y0: 10, X1: 19, Y1: 13}
	other := box.Box{X0: 50, Y0: 50, X1: 59, Y1: 59}
	// guessed has logits that guess classes in this order, of ten.
	guessed := func(classes ...int) []float32 {
		logits := make([]float32, 10)
		for i, c := range classes {
			logits[c] = float32(10 - i)
		}
		return logits
	}
	for _, c := range []struct {
		name               string
		known, second      box.Box // of the maps of classes 3 and 4; the second is empty without
		logits             []float32
		known1, top1, top5 float64
	}{
		{"right at once", half, box.Box{}, guessed(3, 8), 100, 100, 100},
		{"just below a half", less, box.Box{}, guessed(3), 0, 0, 0},
		{"wrong class, right box", obj, box.Box{}, guessed(8, 0, 1, 2, 5), 100, 0, 0},
		{"second guess of another class", less, other, guessed(8, 4), 0, 0, 100},
		{"fifth guess", obj, box.Box{}, guessed(8, 0, 1, 2, 3), 100, 0, 100},
		{"sixth guess", obj, box.Box{}, guessed(8, 0, 1, 2, 5, 3), 100, 0, 0},
		{"the box of another class's instance", other, box.Box{}, guessed(3), 0, 0, 0},
		{"the other instance", obj, other, guessed(4), 100, 100, 100},
		{"no guess", obj, box.Box{}, []float32{nan(), 0, 0, 0, 0, 0, 0, 0, 0, 0}, 100, 0, 0},
	} {
		classes := []class{{3, boxMap(c.known), []box.Box{obj}}}
		if c.second != (box.Box{}) {
			classes = append(classes, class{4, boxMap(c.second), []box.Box{other}})
		}
		b, _ := locating(t, 0.2, classes, c.logits)
		for key, want := range map[string]float64{"gt_known": c.known1, "top1": c.top1, "top5": c.top5} {
			if got := b.Values[localization+key]; got != want || b.Counted[localization+key] != 1 {
				t.Errorf("%s: %s of %g, want %g", c.name, key, got, want)
			}
			if got := b.Values[oracle+key]; got != want {
				t.Errorf("%s: %s of %g at the best fraction, want %g", c.name, key, got, want)
			}
		}
	}
}

func TestLocalizationRefusesInvalidBoxes(t *testing.T) {
	g := newGauge(at(0.2))
	for _, truth := range [][]box.Box{{{X0: 5, X1: 2}}, {{X1: 3, Y1: 3}, {X0: -1}}} {
		err := g.locate([]class{{1, squareMap(5, 5, 9), truth}}, []float32{0, 1})
		if err == nil || !strings.Contains(err.Error(), "localization: class 1: true box") {
			t.Errorf("error %v for %v", err, truth)
		}
	}
	if err := g.locate([]class{{7, squareMap(5, 5, 9), []box.Box{{}}}}, []float32{0, 1}); err == nil {
		t.Error("no error for a class that the network does not know")
	}
}

// A stated fraction between those of the grid moves none of them.
func TestTheStatedFractionIsMeasuredBesideTheGrid(t *testing.T) {
	m := cam.New(60, 60)
	for x := range 60 {
		m.V[30*60+x] = float64(60-x) / 60 // a row that falls from left to right
	}
	truth := []box.Box{{Y0: 30, X1: 29, Y1: 30}}
	measure := func(stated float64) outcome {
		return locatingAt(t, stated, []class{{0, m, truth}})
	}
	on, between := measure(0.25), measure(0.2575)
	for k := range 3 {
		if len(on.hits[k]) != 1 || on.hits[k][0] != between.hits[k][0] {
			t.Errorf("curve %d: %v, with a fraction between %v", k, on.hits[k], between.hits[k])
		}
	}
	for _, stated := range []float64{0.2, 0.2575, 0.251, 0.5, 0.745, 0.9} {
		b, err := cam.LargestComponent(m, stated)
		if err != nil {
			t.Fatal(err)
		}
		iou, err := metric.IoU(b, truth[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := measure(stated).hits[3].Has(0); got != (iou >= 0.5) {
			t.Errorf("at %g: %v, of an IoU of %g", stated, got, iou)
		}
	}
}

func locatingAt(t *testing.T, stated float64, classes []class) outcome {
	t.Helper()
	g := newGauge(at(stated))
	if err := g.locate(classes, []float32{1, 0}); err != nil {
		t.Fatal(err)
	}
	o, err := g.outcome(Figures((*Figure).InLocalization))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// A rule cuts the map of each class at a threshold of its own; the grid does not move.
func TestARuleFindsTheStatedBoxOfEachMap(t *testing.T) {
	here, there := box.Box{X0: 5, Y0: 40, X1: 14, Y1: 49}, box.Box{X0: 40, Y0: 5, X1: 49, Y1: 14}
	classes := []class{
		{0, squareMap(5, 40, 10), []box.Box{here}},
		{1, squareMap(40, 5, 10), []box.Box{there}},
	}
	for rule, right := range map[section.Threshold]bool{"otsu": false, "energy": true} {
		g := newGauge(scoremap.Threshold{Rule: rule})
		if err := g.locate(classes, []float32{1, 0}); err != nil {
			t.Fatal(err)
		}
		o, err := g.outcome(Figures((*Figure).InLocalization))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range g.found {
			want, err := cam.LargestComponent(classes[i].score, g.stated.Of(classes[i].score))
			if err != nil || f.box != want {
				t.Errorf("%s: box %v of class %d, want %v, %v", rule, f.box, i, want, err)
			}
		}
		if o.hits[3].Has(0) != right {
			t.Errorf("%s: GT-known is %v, want %v", rule, o.hits[3].Has(0), right)
		}
		on := locatingAt(t, 0.2, classes)
		for k := range 3 {
			if !slices.Equal(on.hits[k], o.hits[k]) {
				t.Errorf("%s: curve %d is %v, with a fraction %v", rule, k, o.hits[k], on.hits[k])
			}
		}
	}
}
