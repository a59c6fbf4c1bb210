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

// add counts an image by the score map of its true class, and gives how top-1 localization
// ended. A guess of another class is never right, whatever its box; so the maps
// of the predicted classes are not needed. Where logits are not numbers there is no guess.
func (l *localizer) add(known cam.Map, logits []float32, label int, truth []box.Box) (outcome string, err error) {
	at, err := l.cut.LargestComponent(known, l.threshold)
	if err != nil {
		return "", err
	}
	if err := l.sweep.Set(known, l.grid); err != nil {
		return "", err
	}
	var guesses, instances []metric.Instance
	rank := len(logits)
	if !slices.ContainsFunc(logits, notFinite) {
		for i, class := range metric.Top(logits, topLoc) {
			guesses = append(guesses, metric.Instance{Class: class, Box: at})
			if class == label {
				rank = i
			}
		}
	}
	for _, b := range truth {
		instances = append(instances, metric.Instance{Class: label, Box: b})
	}
	if err := l.fixed.Add(metric.Instance{Class: label, Box: at}, guesses, instances); err != nil {
		return "", err
	}
	located := metric.RunsOf(len(l.grid), func(i int) bool { return overlaps(l.sweep.Box(i), truth) })
	l.hits = l.hits[:0]
	for i, ok := range []bool{true, rank < 1, rank < topLoc} {
		hits := located
		if !ok {
			hits = metric.Runs{}
		}
		l.curves[i].Add(hits)
		l.hits = append(l.hits, hits)
	}
	outcome = outcomeOf(rank == 0, at, truth)
	l.outcomes[outcome]++
	right := overlaps(at, truth)
	for _, ok := range []bool{right, right && rank < 1, right && rank < topLoc} {
		l.hits = append(l.hits, single(ok))
	}
	return outcome, nil
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
