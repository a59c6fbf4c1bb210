package album

import (
	"context"
	"fmt"
	"image"
	"slices"

	"acol/internal/cam"
	"acol/internal/chart"
	"acol/internal/eval"
	"acol/internal/metric"
	"acol/internal/scoremap"
	"acol/internal/section"
	"acol/internal/viz"
)

// The names of the pictures of val.
const (
	ValMapsName   = "val-maps.png"
	ConfusionName = "confusion.png"
)

// The images of val that are drawn, evenly over it, in rows of valColumns; their height in pixels.
const (
	valImages  = 12
	valColumns = 4
	valHeight  = 220
)

// watched is the val split of a training.
type watched struct {
	ev     *eval.Evaluator
	sample []int              // places in the split that are drawn
	seen   map[int]eval.Sight // of these, from the last validation
	report *eval.Report
}

// Watch has the evaluator of val show the album a few images in each validation, always the same.
// A nil album watches nothing.
func (a *Album) Watch(ev *eval.Evaluator) {
	if a == nil {
		return
	}
	w := &watched{ev: ev, seen: map[int]eval.Sight{}}
	from, to := ev.Part() // of several ranks the one that draws shows its own
	n := to - from
	for i := range min(n, valImages) {
		w.sample = append(w.sample, from+i*n/min(n, valImages))
	}
	ev.Show = func(s eval.Sight) error {
		if slices.Contains(w.sample, s.Index) {
			w.seen[s.Index] = s
		}
		return nil
	}
	a.val = w
}

// Validated takes what a validation gave. The next Epoch draws it, unless the album is nil.
func (a *Album) Validated(r *eval.Report) {
	if a != nil && a.val != nil {
		a.val.report = r
	}
}

// drawVal draws the last validation.
func (a *Album) drawVal() {
	w := a.val
	if w == nil || w.report == nil {
		return
	}
	img, err := a.valMaps(w)
	a.save(ValMapsName, img, err)
	if c := w.report.Confusion; c != nil {
		img, err := chart.Grid([]chart.Chart{Confusion(c)}, 1)
		a.save(ConfusionName, img, err)
	}
	w.report = nil
}

// Confusion is the chart of what the images of each class were taken for.
func Confusion(c *eval.Confusion) chart.Chart {
	matrix := c.Matrix()
	names := make([]string, len(matrix))
	for i := range names {
		names[i] = c.Name(i)
	}
	return chart.Matrix{
		Title: "What images are taken for", X: "predicted class", Y: "true class",
		Names: names, Counts: matrix,
	}
}

// valMaps draws the sample: each image under the fused map of its true class, with the true boxes
// and the one that is predicted at the threshold that is best for val.
func (a *Album) valMaps(w *watched) (image.Image, error) {
	threshold := scoremap.Resolve(section.Auto, w.report.BoxThreshold(), section.DefaultRule)
	var rows [][]viz.Tile
	drawn := 0
	for _, index := range w.sample {
		s, ok := w.seen[index]
		if !ok { // an image that cannot be read
			continue
		}
		if drawn%valColumns == 0 {
			rows = append(rows, nil)
		}
		drawn++
		tile, err := a.valTile(w.ev, s, threshold)
		if err != nil {
			return nil, err
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], tile)
	}
	return viz.Grid(rows, viz.GridOptions{
		Title: fmt.Sprintf("Images of val after epoch %d, under the fused map of their class",
			a.Records[len(a.Records)-1].Epoch),
		Caption: fmt.Sprintf("Boxes are cut at %s. A class that is predicted wrongly stands behind "+
			"the true one.", threshold),
		Overlay: viz.DefaultOverlay(), TileHeight: valHeight,
	}), nil
}

// valTile is one image of the sample. One that cannot be read again is empty.
func (a *Album) valTile(
	ev *eval.Evaluator, s eval.Sight, threshold scoremap.Threshold,
) (viz.Tile, error) {
	t := viz.Tile{Label: a.seenAs(s), Map: s.Score, Truth: s.Sample.Boxes}
	var size image.Point
	err := ev.Picture(context.Background(), s.Index, func(img image.Image) error {
		size = img.Bounds().Size()
		t.Image = viz.Within(img, maxTile)
		return nil
	})
	if err != nil {
		t.Label = "unreadable: " + t.Label
		return t, nil
	}
	found, err := cam.Regions(s.Score, threshold.Of(s.Score))
	if err != nil {
		return t, err
	}
	if len(found) > 0 {
		t.Boxes = []viz.LabelledBox{{Box: s.InPicture(found[0].Box, size.X, size.Y)}}
	}
	t.BoxesIn = size
	return t, nil
}

// maxTile is enough for a tile at any aspect, in pixels.
const maxTile = 4 * valHeight

// seenAs names the true class and, where it is another, the one that an image is taken for.
func (a *Album) seenAs(s eval.Sight) string {
	label := a.className(s.Class)
	first := metric.Top(s.Logits[0], 1)
	if len(first) > 0 && first[0] != s.Class && !slices.Contains(s.Sample.Labels, first[0]) {
		label += ", seen as " + a.className(first[0])
	}
	return label
}

func (a *Album) className(k int) string {
	if k < 0 || k >= len(a.Classes) {
		return fmt.Sprintf("class %d", k)
	}
	return a.Classes[k]
}
