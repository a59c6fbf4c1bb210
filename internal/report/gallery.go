package report

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"slices"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/eval"
	"acol/internal/localize"
	"acol/internal/metric"
	"acol/internal/model"
	"acol/internal/viz"
)

// Gallery collects the images of a split with what models see in them.
type Gallery struct {
	// Palette colours the maps.
	Palette viz.Palette

	classes []string
	images  []*entry
	at      map[int]int // of a place in the split, that in images
	side    int         // of maps, in pixels
	photo   int         // of photographs
}

// entry is an image. Boxes are x0, y0, x1, y1 in pixels of the image, both corners inclusive.
type entry struct {
	ID     string   `json:"id"`
	Class  int      `json:"class"`
	Labels []int    `json:"labels,omitempty"` // of an image with several
	W      int      `json:"w"`
	H      int      `json:"h"`
	Photo  []byte   `json:"photo"` // JPEG
	Truth  [][4]int `json:"truth,omitempty"`
	Shots  []*shot  `json:"shots"` // by run; null of a run that did not measure it
}

// shot is what one model sees in an image.
type shot struct {
	Guess       int      `json:"guess"` // -1 where the logits are not finite
	Probability float64  `json:"p"`
	Ending      string   `json:"ending,omitempty"`
	IoU         *float64 `json:"iou,omitempty"`
	Cut         float64  `json:"cut"`
	Box         *[4]int  `json:"box,omitempty"`
	// Fused, Maps by branch, and what is Erased for each branch after the first are PNGs that cover
	// the picture.
	Fused  []byte   `json:"fused"`
	Maps   [][]byte `json:"maps,omitempty"`
	Erased [][]byte `json:"erased,omitempty"`
}

// sizes are the sides of photographs and maps in pixels for galleries of up to so many layers,
// which are the maps of all images. The more there are, the smaller they are drawn, so that the
// file of a thousand photographs stays below 20 MB.
var sizes = []struct{ layers, photo, side int }{
	{1500, 256, 64}, {4500, 176, 40}, {math.MaxInt, 144, 28},
}

// NewGallery makes the gallery of a split with so many images, of which it takes at most most,
// evenly over the split, for runs whose branches are layers in all.
func NewGallery(classes []string, images, most, layers int) *Gallery {
	g := &Gallery{classes: classes, at: map[int]int{}}
	n := min(images, most)
	for _, s := range slices.Backward(sizes) {
		if n*layers <= s.layers {
			g.photo, g.side = s.photo, s.side
		}
	}
	for i := range n {
		g.at[i*images/n] = i
	}
	g.images = make([]*entry, n)
	return g
}

// Add takes what a run saw in an image, where the gallery has it. The branches and options are the
// model's; runs count from 0.
func (g *Gallery) Add(
	ev *eval.Evaluator, s eval.Sight, run int, branches model.Branches, o localize.Options,
) error {
	i, ok := g.at[s.Index]
	if !ok {
		return nil
	}
	if g.images[i] == nil {
		e, err := g.entry(ev, s)
		if err != nil {
			return err
		}
		g.images[i] = e
	}
	e := g.images[i]
	geometry, err := ev.Geometry(e.W, e.H)
	if err != nil {
		return err
	}
	result, err := localize.ResultOf(branches, o, geometry, s.Class, s.Prediction)
	if err != nil {
		return err
	}
	for len(e.Shots) < run {
		e.Shots = append(e.Shots, nil)
	}
	shot, err := g.shot(s, e, result)
	e.Shots = append(e.Shots, shot)
	return err
}

// entry reads the photograph of an image.
func (g *Gallery) entry(ev *eval.Evaluator, s eval.Sight) (*entry, error) {
	e := &entry{ID: s.Sample.ID, Class: s.Sample.Label, Labels: s.Sample.Labels}
	err := ev.Picture(context.Background(), s.Index, func(img image.Image) error {
		e.W, e.H = img.Bounds().Dx(), img.Bounds().Dy()
		var out bytes.Buffer
		err := jpeg.Encode(&out, viz.Within(img, g.photo), &jpeg.Options{Quality: 78})
		e.Photo = out.Bytes()
		return err
	})
	for _, b := range s.Sample.Boxes {
		e.Truth = append(e.Truth, corners(b))
	}
	return e, err
}

func corners(b box.Box) [4]int { return [4]int{b.X0, b.Y0, b.X1, b.Y1} }

// shot makes what a run says of an image.
func (g *Gallery) shot(s eval.Sight, e *entry, r *localize.Result) (*shot, error) {
	m := r.Maps[0]
	out := &shot{Guess: -1, Ending: s.Ending, Cut: s.Cut()}
	if first := metric.Top(r.Logits, 1); len(first) > 0 {
		out.Guess = first[0]
		out.Probability = rounded(r.Probabilities[first[0]], 1e4)
	}
	if !math.IsNaN(s.IoU) {
		iou := rounded(s.IoU, 1e4)
		out.IoU = &iou
	}
	found, err := s.Box()
	if err != nil {
		return nil, err
	}
	if found.Valid() && s.Score.Max() > 0 {
		at := corners(s.InPicture(found, e.W, e.H))
		out.Box = &at
	}
	if out.Fused, err = g.layer(r, m, 0); err != nil || len(m.Branches) == 1 {
		return out, err
	}
	for i := range m.Branches {
		layer, err := g.layer(r, m, i+1)
		if err != nil {
			return nil, err
		}
		out.Maps = append(out.Maps, layer)
		if i == 0 {
			continue
		}
		mask, err := r.Erased(m, i+1, g.side)
		if err != nil {
			return nil, err
		}
		struck, err := maskPNG(mask)
		if err != nil {
			return nil, err
		}
		out.Erased = append(out.Erased, struck)
	}
	return out, nil
}

func rounded(v, to float64) float64 { return math.Round(v*to) / to }

// layer is a map of a result as a PNG.
func (g *Gallery) layer(r *localize.Result, m *localize.ClassMap, branch int) ([]byte, error) {
	score, err := r.Layer(m, branch, g.side)
	if err != nil {
		return nil, err
	}
	// A map of an input that is the whole picture comes at the input's size.
	if long := max(score.H, score.W); long > g.side {
		score = cam.Resize(score, max(1, score.H*g.side/long), max(1, score.W*g.side/long))
	}
	return encodePNG(viz.Heat(score, g.Palette))
}

// maskPNG draws what is erased, grey on nothing.
func maskPNG(m viz.Mask) ([]byte, error) {
	img := image.NewPaletted(image.Rect(0, 0, m.W, m.H), color.Palette{
		color.NRGBA{}, color.NRGBA{0x50, 0x50, 0x50, 0xe0},
	})
	for i, gone := range m.V {
		if gone {
			img.Pix[i] = 1
		}
	}
	return encodePNG(img)
}

func encodePNG(img image.Image) ([]byte, error) {
	if img.Bounds().Empty() {
		return nil, errors.New("a map of no values cannot be drawn")
	}
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img)
	return out.Bytes(), err
}

// Close leaves out the images that no run could read.
func (g *Gallery) Close() {
	kept := g.images[:0]
	for _, e := range g.images {
		if e != nil {
			kept = append(kept, e)
		}
	}
	g.images = kept
}
