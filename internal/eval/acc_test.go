package eval_test

import (
	"fmt"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/metric"
)

// mapAcc measures score maps with package metric alone, as the table of figures does not know it.
type mapAcc struct {
	boxes  *metric.BoxHits
	bins   *metric.PixelBins
	one    *metric.Curve
	all    map[int]*metric.Curve // by IoU in percent
	pixels *metric.PixelCurve
}

func newMapAcc() *mapAcc {
	grid := metric.Grid{N: 1000, Step: metric.Step}
	a := &mapAcc{
		boxes: metric.NewBoxHits(grid), bins: metric.NewPixelBins(grid),
		one: metric.NewCurve(grid.N), all: map[int]*metric.Curve{},
	}
	a.pixels = metric.NewPixelCurve(a.bins.Bins())
	for _, d := range []int{30, 50, 70} {
		a.all[d] = metric.NewCurve(grid.N)
	}
	return a
}

func (a *mapAcc) add(t *testing.T, score cam.Map, truth []box.Box) {
	t.Helper()
	if err := a.boxes.Set(score, truth); err != nil {
		t.Fatal(err)
	}
	runs := func(mode cam.Contours, delta int) metric.Runs {
		r, err := a.boxes.Hits(mode, delta)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a.one.Add(runs(cam.Largest, 50), 1)
	for d, c := range a.all {
		c.Add(runs(cam.All, d), 1)
	}
}

func (a *mapAcc) addMask(t *testing.T, score cam.Map, object, ignore []bool) {
	t.Helper()
	on, off, err := a.bins.Count(score, object, ignore)
	if err == nil {
		err = a.pixels.Add(on, off, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// figures are the figures by their keys, and the thresholds of those that have one.
func (a *mapAcc) figures(t *testing.T) (values, taus map[string]float64) {
	t.Helper()
	values, taus = map[string]float64{}, map[string]float64{}
	read := func(key string, c *metric.Curve) {
		i, v := c.Best()
		values[key], taus[key] = v, float64(i)*metric.Step
	}
	if a.one.Images() > 0 {
		read("max_box_acc", a.one)
		for d, c := range a.all {
			read(fmt.Sprint("max_box_acc_v2_iou.", d), c)
		}
		iou := func(d string) float64 { return values["max_box_acc_v2_iou."+d] }
		values["max_box_acc_v2"] = (iou("30") + iou("50") + iou("70")) / 3
	}
	if a.pixels.Images() > 0 {
		ap, err := a.pixels.AveragePrecision()
		if err != nil {
			t.Fatal(err)
		}
		values["pxap"] = ap
	}
	return values, taus
}

// wantFigures compares the figures of a book to those of a map's accumulators.
func wantFigures(t *testing.T, what string, got map[string]float64, want map[string]float64) {
	t.Helper()
	for key, v := range want {
		if g, ok := got[key]; !ok || g != v {
			t.Errorf("%s: %s is %g, want %g", what, key, g, v)
		}
	}
}
