package album

import (
	"image"
	"math"

	"acol/internal/chart"
	"acol/internal/model"
	"acol/internal/train"
)

// Curves draws Charts in two columns.
func Curves(records []train.EpochRecord, kinds string) (image.Image, error) {
	return chart.Grid(Charts(records, kinds), 2)
}

// Charts shows what the epochs of a training gave, in four charts: each loss in training and their
// sum on val, the accuracies on the training images and on val, the localization on val with the
// threshold at which MaxBoxAcc is best, and the learning rates. A figure that no epoch has is left
// out. The epoch of the best checkpoint is marked. Kinds are the branches, a letter for each.
func Charts(records []train.EpochRecord, kinds string) []chart.Chart {
	of := func(value func(train.EpochRecord) float64) []chart.Point {
		points := make([]chart.Point, len(records))
		for i, r := range records {
			points[i] = chart.Point{X: float64(r.Epoch), Y: value(r)}
		}
		return points
	}
	loss := chart.Lines{Title: "Loss", Y: "mean loss", Log: true}
	losses := len(kinds) // and SPG's, which has one branch
	for _, r := range records {
		losses = max(losses, len(r.Losses))
	}
	for i := range losses {
		loss.Series = append(loss.Series, chart.Series{
			Name: model.LossTitle(i, kinds),
			Points: of(func(r train.EpochRecord) float64 {
				if i >= len(r.Losses) {
					return math.NaN()
				}
				return r.Losses[i]
			}),
		})
	}
	onVal := "val"
	if len(kinds) > 1 {
		onVal = "val, all branches"
	}
	loss.Series = append(loss.Series, chart.Series{
		Name:   onVal,
		Points: of(ofVal(func(v *train.Validation) float64 { return number(v.Loss) })),
	})
	classes := chart.Lines{Title: "Classification", Y: "percent of images", Most: 100}
	classes.Series = []chart.Series{
		{Name: "top-1, training", Points: of(func(r train.EpochRecord) float64 { return r.Top1 })},
		{Name: "top-1, val", Points: of(ofVal(func(v *train.Validation) float64 { return v.Top1 }))},
		{Name: "top-5, val", Points: of(ofVal(func(v *train.Validation) float64 { return v.Top5 }))},
	}
	boxes := chart.Lines{Title: "Localization on val", Y: "percent", Most: 100}
	boxes.Series = []chart.Series{
		{Name: "MaxBoxAcc", Points: of(ofVal(func(v *train.Validation) float64 {
			return number(v.MaxBoxAcc)
		}))},
		{Name: "MaxBoxAccV2", Points: of(ofVal(func(v *train.Validation) float64 {
			return number(v.MaxBoxAccV2)
		}))},
		{Name: "top-1 localization", Points: of(ofVal(func(v *train.Validation) float64 {
			return number(v.Top1Loc)
		}))},
		{Name: "best threshold", Points: of(ofVal(func(v *train.Validation) float64 {
			return 100 * number(v.Threshold)
		}))},
	}
	rates := chart.Lines{Title: "Learning rates at the end of the epoch", Y: "rate"}
	rates.Series = []chart.Series{
		{Name: "heads", Points: of(func(r train.EpochRecord) float64 { return r.LRHeads })},
		{Name: "backbone", Points: of(func(r train.EpochRecord) float64 { return r.LRBackbone })},
	}
	var all []chart.Chart
	for _, c := range []chart.Lines{loss, classes, boxes, rates} {
		c.X, c.Whole = "epoch", true
		if n := len(records); n > 0 && records[n-1].BestEpoch > 0 {
			c.Marks = []chart.Mark{{Name: "best epoch", X: float64(records[n-1].BestEpoch)}}
		}
		all = append(all, c)
	}
	return all
}

// ofVal is a figure of val, NaN for an epoch without.
func ofVal(figure func(*train.Validation) float64) func(train.EpochRecord) float64 {
	return func(r train.EpochRecord) float64 {
		if r.Validation == nil || r.Validation.Images == 0 {
			return math.NaN()
		}
		return figure(r.Validation)
	}
}

// number is a figure that may be missing, NaN then.
func number(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
