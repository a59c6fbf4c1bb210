package album

import (
	"fmt"
	"image"
	"strings"

	"acol/internal/model"
	"acol/internal/train"
	"acol/internal/viz"
)

// The most images of a batch that are drawn, in rows of batchColumns, and their height in pixels.
const (
	batchImages  = 16
	batchColumns = 4
	batchHeight  = 200
)

// batch draws the first images of a batch with their labels.
func (a *Album) batch(s train.Sight) image.Image {
	n := min(len(s.Targets), batchImages)
	var rows [][]viz.Tile
	for i := range n {
		if i%batchColumns == 0 {
			rows = append(rows, nil)
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], viz.Tile{
			Label: a.label(s.Targets[i]), Image: a.picture(s.X[i*3*s.Size*s.Size:], s.Size),
		})
	}
	return viz.Grid(rows, viz.GridOptions{
		Title: fmt.Sprintf("The first batch as the network sees it: %d of %d images of %d pixels",
			n, len(s.Targets), s.Size),
		TileHeight: batchHeight,
	})
}

// picture undoes the normalisation of one image, (3,size,size).
func (a *Album) picture(x []float32, size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for i := range size * size {
		for c := range 3 {
			v := (float64(x[c*size*size+i])*a.Std[c] + a.Mean[c]) * 255
			img.Pix[4*i+c] = uint8(min(max(v+0.5, 0), 255))
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// label names what an image shows: its classes, with their shares where it is mixed.
func (a *Album) label(t model.Target) string {
	var parts []string
	for i, label := range t.Labels {
		if t.Shares == nil {
			parts = append(parts, a.Classes[label])
		} else if t.Shares[i] > 0 {
			parts = append(parts, viz.Label(a.Classes[label], t.Shares[i]))
		}
	}
	return strings.Join(parts, " + ")
}
