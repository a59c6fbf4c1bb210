package eval

import (
	"slices"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/metric"
)

// Localization holds accuracies in percent at IoU 50 of the boxes of the fused map, by the CAM
// rule at a fraction of its maximum.
type Localization struct {
	// Threshold is the stated fraction of the figures beside it.
	Threshold float64 `json:"threshold"`
	metric.LocalizationResult
	// Oracle has each figure at the fraction that is best on this very split.
	Oracle OracleLocalization `json:"oracle"`
	// AtVal has the figures at the fraction at which GT-known is best on val.
	AtVal *ValLocalization `json:"at_val_threshold,omitempty"`
	// Outcomes count how top-1 localization ended at the stated threshold.
	Outcomes map[string]int `json:"outcomes"`
}

// OracleLocalization holds figures at the best fraction of each.
type OracleLocalization struct {
	GTKnown    float64            `json:"gt_known"`
	Top1       float64            `json:"top1"`
	Top5       float64            `json:"top5"`
	Thresholds map[string]float64 `json:"thresholds"`
}

// ValLocalization holds figures at one fraction.
type ValLocalization struct {
	Threshold float64 `json:"threshold"`
	GTKnown   float64 `json:"gt_known"`
	Top1      float64 `json:"top1"`
	Top5      float64 `json:"top5"`
}

// locStep is the distance between the fractions that localization is measured at.
const locStep = 0.01

// locGrid are the fractions, float64(i)*locStep.
func locGrid() []float64 {
	grid := make([]float64, 100)
	for i := range grid {
		grid[i] = float64(i) * locStep
	}
	return grid
}

// locNames are the figures of localization, in the order of localizer's curves.
var locNames = []string{"gt_known", "top1", "top5"}

// localizer accumulates localization at a stated fraction and at each of the grid.
type localizer struct {
	threshold float64
	grid      []float64
	fixed     metric.Localization
	curves    []*metric.Curve // by locNames
	outcomes  map[string]int

	cut   *cam.Extractor
	sweep *cam.Fractions
	hits  []metric.Runs // of the image added last, by locNames
}

func newLocalizer(threshold float64) *localizer {
	l := &localizer{threshold: threshold, grid: locGrid(), outcomes: map[string]int{}, cut: &cam.Extractor{}, sweep: &cam.Fractions{}}
	for range locNames {
		l.curves = append(l.curves, metric.NewCurve(len(l.grid)))
	}
	return l
}

// located is a class that an image has, with its score map and its true boxes.
type located struct {
	class int
	score cam.Map
	truth []box.Box
}

// add counts an image by the score maps of the classes that it has, the first of which is the
// known one, and gives how top-1 localization ended. A guess of another class is never
// right, whatever its box: so the maps of the other predicted classes are not needed. Where
// logits are not numbers there is no guess.
func (l *localizer) add(classes []located, logits []float32) (outcome string, err error) {
	at := make([]box.Box, len(classes))
	hits := make([]metric.Runs, len(classes))
	var instances []metric.Instance
	for k, c := range classes {
		if at[k], err = l.cut.LargestComponent(c.score, l.threshold); err != nil {
			return "", err
		}
		if err := l.sweep.Set(c.score, l.grid); err != nil {
			return "", err
		}
		hits[k] = metric.RunsOf(len(l.grid), func(i int) bool { return overlaps(l.sweep.Box(i), c.truth) })
		for _, b := range c.truth {
			instances = append(instances, metric.Instance{Class: c.class, Box: b})
		}
	}
	guesses, ranked := ranks(classes, logits, at)
	if err := l.fixed.Add(metric.Instance{Class: classes[0].class, Box: at[0]}, guesses, instances); err != nil {
		return "", err
	}
	right := func(k int) bool { return overlaps(at[k], classes[k].truth) }
	first := ranked[:0:0]
	if len(guesses) > 0 && ranked != nil && guesses[0].Class == classes[ranked[0]].class {
		first = ranked[:1]
	}
	l.hits = l.hits[:0]
	of := [][]int{{0}, first, ranked} // by locNames: one of these has to be right
	for i, any := range of {
		runs := metric.RunsOf(len(l.grid), func(n int) bool {
			return slices.ContainsFunc(any, func(k int) bool { return hits[k].Has(n) })
		})
		l.curves[i].Add(runs)
		l.hits = append(l.hits, runs)
	}
	for _, any := range of {
		l.hits = append(l.hits, single(slices.ContainsFunc(any, right)))
	}
	outcome = outcomeClass
	if len(first) > 0 {
		outcome = outcomeOf(at[first[0]], classes[first[0]].truth)
	}
	l.outcomes[outcome]++
	return outcome, nil
}

// ranks are the guesses, best first, with the boxes that are known, and which of the classes
// are among them.
func ranks(classes []located, logits []float32, at []box.Box) (guesses []metric.Instance, ranked []int) {
	if slices.ContainsFunc(logits, notFinite) {
		return nil, nil
	}
	for _, class := range metric.Top(logits, topLoc) {
		g := metric.Instance{Class: class}
		if k := slices.IndexFunc(classes, func(c located) bool { return c.class == class }); k >= 0 {
			g.Box = at[k]
			ranked = append(ranked, k)
		}
		guesses = append(guesses, g)
	}
	return guesses, ranked
}

// single is the outcome of a figure without thresholds.
func single(right bool) metric.Runs {
	return metric.RunsOf(1, func(int) bool { return right })
}

func overlaps(b box.Box, truth []box.Box) bool {
	return slices.ContainsFunc(truth, func(t box.Box) bool {
		iou, err := metric.IoU(b, t)
		return err == nil && iou >= 0.5
	})
}

// curves are what hits lists.
func locCurves() []CurveInfo {
	var curves []CurveInfo
	for _, name := range locNames {
		curves = append(curves, CurveInfo{Name: oracleLoc + name, Thresholds: len(locGrid()), Step: locStep})
	}
	for _, name := range locNames {
		curves = append(curves, CurveInfo{Name: "localization." + name, Thresholds: 1})
	}
	return curves
}

func (l *localizer) merge(m *localizer) {
	l.fixed.Merge(&m.fixed)
	for i, c := range m.curves {
		l.curves[i].Merge(c)
	}
	for name, n := range m.outcomes {
		l.outcomes[name] += n
	}
}

// report is nil without boxes; at is a fraction chosen on val, or nil.
func (l *localizer) report(at *float64) *Localization {
	fixed := l.fixed.Result()
	if fixed.Images == 0 {
		return nil
	}
	r := &Localization{Threshold: l.threshold, LocalizationResult: fixed, Outcomes: map[string]int{}}
	r.Oracle.Thresholds = map[string]float64{}
	for _, name := range Outcomes() {
		r.Outcomes[name] = l.outcomes[name]
	}
	for i, v := range []*float64{&r.Oracle.GTKnown, &r.Oracle.Top1, &r.Oracle.Top5} {
		var best int
		best, *v = l.curves[i].Best()
		r.Oracle.Thresholds[locNames[i]] = l.grid[best]
	}
	if at == nil {
		return r
	}
	if i, ok := slices.BinarySearch(l.grid, *at); ok {
		r.AtVal = &ValLocalization{*at, l.curves[0].At(i), l.curves[1].At(i), l.curves[2].At(i)}
	}
	return r
}
