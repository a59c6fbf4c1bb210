package eval

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"sync"

	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/loader"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/scoremap"
)

// Inputs say which inputs of each image are merged. Logits are averaged over all of them. Maps are
// mirrored back and placed on the whole image, and at each pixel averaged over the inputs that
// cover it. The zero value is the one input of the configuration.
type Inputs struct {
	// TenCrop takes the corners and the centre, each mirrored too, of the image resized to
	// test_resize or, where that leaves nothing to crop, to train_resize.
	TenCrop bool
	// Scales multiply the sizes; each side is rounded to a multiple of 32. Empty is 1.
	Scales []float64
}

// multiple reports whether there is something to merge.
func (in Inputs) multiple() bool { return in.TenCrop || len(in.Scales) > 0 }

// sizeStep is the number of pixels whose multiples sides of scaled inputs are rounded to: the
// largest output stride of a backbone.
const sizeStep = 32

// views lists the views of an image, grouped by the size of the input.
func (in Inputs) views(cfg data.Config) ([][]pixels.View, error) {
	size, side := cfg.Input.Size, cfg.Input.TestResize
	if in.TenCrop && side == size {
		if side = cfg.Input.TrainResize; side == size {
			return nil, fmt.Errorf("ten crops: data.input.train_resize is %d, the size of the input: "+
				"nothing to crop", size)
		}
	}
	scales := in.Scales
	if len(scales) == 0 {
		scales = []float64{1}
	}
	var all [][]pixels.View
	seen := map[int]bool{}
	for _, s := range scales {
		if !(s >= 0.1 && s <= 10) {
			return nil, fmt.Errorf("scale %g is not in 0.1 to 10", s)
		}
		to := size
		if s != 1 {
			to = max(1, int(math.Round(s*float64(size)/sizeStep))) * sizeStep
		}
		if seen[to] {
			return nil, fmt.Errorf("scale %g gives inputs of %d pixels, as another one does", s, to)
		}
		seen[to] = true
		resize := side * to / size
		if in.TenCrop {
			all = append(all, pixels.TenCrop(to, resize))
		} else {
			all = append(all, []pixels.View{{Size: to, Resize: resize, X: 1, Y: 1}})
		}
	}
	return all, nil
}

// multi is a network that predicts from several inputs of each image.
type multi struct {
	ev     *Evaluator
	chunk  int // images that are predicted at once
	room   *pixels.Room
	groups []*inputGroup
}

// inputGroup holds the views of one size, which go through the network together.
type inputGroup struct {
	views  []pixels.View
	maps   model.MapMaker
	inputs pixels.Inputs       // of the views of the images
	places [][]pixels.Geometry // by image, view
}

// newMulti compiles a predictor for each size of input.
func (ev *Evaluator) newMulti(e *engine.Engine, in Inputs) (*multi, error) {
	groups, err := in.views(ev.cfg)
	if err != nil {
		return nil, err
	}
	m := &multi{ev: ev, chunk: max(1, ev.opt.BatchSize/len(groups[0])), room: ev.cfg.Room()}
	for _, views := range groups {
		n, size := m.chunk*len(views), views[0].Size
		norm := ev.cfg.Normalizer()
		p, err := ev.model.NewMapMaker(e, ev.opt.Maps(),
			model.Input{Batch: n, Height: size, Width: size, Norm: norm})
		if err != nil {
			return nil, err
		}
		inputs := pixels.NewInputs(n, size, norm, e.TakesBytes())
		m.groups = append(m.groups, &inputGroup{views: views, maps: p, inputs: inputs})
	}
	return m, nil
}

// inputs returns the number of inputs of an image.
func (m *multi) inputs() int {
	n := 0
	for _, g := range m.groups {
		n += len(g.views)
	}
	return n
}

// each calls do for some images of the split at a time, and returns the number of images that were
// left out. The batches have no pixels, since the predictors have the inputs already.
func (m *multi) each(ctx context.Context, do func(*loader.Batch) error) (skipped int, err error) {
	samples := m.ev.split.Samples
	skipped = m.ev.split.LeftOut
	for at := 0; at < len(samples); at += m.chunk {
		if err := context.Cause(ctx); err != nil {
			return skipped, fmt.Errorf("evaluating %s: %w", m.ev.split.Name, err)
		}
		end := min(at+m.chunk, len(samples))
		b, err := m.load(ctx, at, end)
		if err == nil && b.N > 0 {
			err = do(b)
		}
		if err != nil {
			return skipped, fmt.Errorf("evaluating %s: %w", m.ev.split.Name, err)
		}
		skipped += b.Skipped
		m.ev.tell(b, end)
	}
	return skipped, nil
}

// load reads images into the predictors. An image that cannot be read is left out if the
// configuration says so, and an error otherwise.
func (m *multi) load(ctx context.Context, from, to int) (*loader.Batch, error) {
	for _, g := range m.groups {
		g.places = make([][]pixels.Geometry, to-from)
	}
	errs := make([]error, to-from)
	var wg sync.WaitGroup
	for k := range m.ev.opt.Workers {
		wg.Go(func() {
			for i := k; i < to-from; i += m.ev.opt.Workers {
				errs[i] = m.fill(ctx, from+i, i)
			}
		})
	}
	wg.Wait()
	b := &loader.Batch{}
	for i, err := range errs {
		var broken *data.ImageError
		switch {
		case err == nil:
			m.move(i, b.N)
			b.N++
			b.Indices = append(b.Indices, from+i)
			b.Labels = append(b.Labels, m.ev.split.Samples[from+i].Label)
		case errors.As(err, &broken) && m.ev.cfg.OnError == data.Skip:
			b.Skipped++
			b.Broken = append(b.Broken, err)
		default:
			return b, err
		}
	}
	if b.N == 0 {
		return b, nil
	}
	for _, g := range m.groups {
		if err := g.maps.See(g.inputs, b.N*len(g.views)); err != nil {
			return b, err
		}
	}
	return b, nil
}

// fill writes the inputs of a sample to slot i of each group.
func (m *multi) fill(ctx context.Context, index, i int) error {
	return m.ev.split.Load(ctx, m.room, index, func(img image.Image) (err error) {
		for _, g := range m.groups {
			dst := make([]pixels.Inputs, len(g.views))
			for v := range dst {
				at := i*len(g.views) + v
				dst[v] = g.inputs.Range(at, at+1)
			}
			if g.places[i], err = data.Inputs(m.ev.cfg, img, g.views, dst); err != nil {
				return err
			}
		}
		return nil
	})
}

// move moves the inputs of an image to another slot, to close the gap of one that was left out.
func (m *multi) move(from, to int) {
	if from == to {
		return
	}
	for _, g := range m.groups {
		n := len(g.views)
		g.inputs.Range(to*n, to*n+n).Copy(g.inputs.Range(from*n, from*n+n))
		g.places[to] = g.places[from]
	}
}

// Localize merges the predictions from the inputs of each image for one class. The maps are those
// of the whole image, MapSize x MapSize, and not normalised.
func (m *multi) Localize(classes []int) ([]model.Prediction, error) {
	out := make([]merger, len(classes))
	for _, g := range m.groups {
		repeated := make([]int, 0, len(classes)*len(g.views))
		for _, c := range classes {
			for range g.views {
				repeated = append(repeated, c)
			}
		}
		preds, err := g.maps.Localize(repeated)
		if err != nil {
			return nil, err
		}
		for i := range classes {
			for v, view := range g.views {
				p, place := preds[i*len(g.views)+v], g.places[i][v]
				if err := out[i].add(p, place, view.Flip, m.ev.opt.MapSize); err != nil {
					return nil, err
				}
			}
		}
	}
	preds := make([]model.Prediction, len(classes))
	for i := range out {
		preds[i] = out[i].result()
	}
	return preds, nil
}

// merger averages the predictions of one image's inputs.
type merger struct {
	inputs  int
	logits  [][]float64
	maps    []cam.Map // fused, then by branch: sums
	covered []float64 // inputs that cover a pixel
}

func (m *merger) add(p model.Prediction, g pixels.Geometry, flip bool, side int) error {
	maps := append([]cam.Map{p.Fused}, p.Maps...)
	if m.inputs == 0 {
		m.covered = make([]float64, side*side)
		m.logits = make([][]float64, len(p.Logits))
		for k := range m.logits {
			m.logits[k] = make([]float64, len(p.Logits[k]))
		}
		for range maps {
			m.maps = append(m.maps, cam.New(side, side))
		}
	}
	m.inputs++
	for k, logits := range p.Logits {
		for c, v := range logits {
			m.logits[k][c] += float64(v)
		}
	}
	g.Width, g.Height = side, side // the score map of the whole image
	ones := cam.New(side, side)
	for i := range ones.V {
		ones.V[i] = 1
	}
	cover, err := scoremap.Place(g, ones)
	if err != nil {
		return err
	}
	for i, v := range cover.V {
		m.covered[i] += v
	}
	for k, low := range maps {
		if flip {
			low = mirrored(low)
		}
		placed, err := scoremap.Place(g, cam.Resize(low, side, side))
		if err != nil {
			return err
		}
		for i, v := range placed.V {
			m.maps[k].V[i] += v
		}
	}
	return nil
}

func mirrored(m cam.Map) cam.Map {
	out := cam.New(m.H, m.W)
	out.At = cam.Grid{Y: m.At.Y, X: m.At.X.Mirrored(m.W)}
	for i, v := range m.V {
		out.V[i-i%m.W+m.W-1-i%m.W] = v
	}
	return out
}

func (m *merger) result() model.Prediction {
	var p model.Prediction
	for _, sums := range m.logits {
		mean := make([]float32, len(sums))
		for c, v := range sums {
			mean[c] = float32(v / float64(m.inputs))
		}
		p.Logits = append(p.Logits, mean)
	}
	for _, sum := range m.maps {
		for i, n := range m.covered {
			if n > 0 {
				sum.V[i] /= n
			}
		}
	}
	p.Fused, p.Maps = m.maps[0], m.maps[1:]
	return p
}
