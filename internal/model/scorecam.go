package model

import (
	"errors"

	"acol/internal/cam"
	"acol/internal/kernel"
	"acol/internal/metric"
)

// maskedRuns shows images to the network once for each channel of a layer, with the channel as a
// mask, for ScoreCAM.
//
// The maps are those of torch-cam 0.5. The paper's baseline, the logit of another image that is
// subtracted from all scores, cancels in the softmax over the channels. pytorch-grad-cam 1.5
// upsamples the channels with the centres of the outermost positions on the edges of the image
// (align_corners), which moves what the network saw by up to half a position, and normalises them
// after that; torch-cam places positions as the paper's authors do and as acol does with every map.
type maskedRuns struct {
	of     *layerMaps
	x      []float32 // the images, (batch,3,H,W)
	values []float32 // the layer's output of these images, (batch,C,h,w)
	mask   []float32 // (H,W)

	rows, columns []kernel.Between // of the mask in a channel
}

// maskEps is what torch-cam adds to a channel's range.
const maskEps = 1e-8

func (l *layerMaps) newMaskedRuns() *maskedRuns {
	return &maskedRuns{
		of: l, x: make([]float32, len(l.x)), values: make([]float32, kernel.Elements(l.shape)),
		mask: make([]float32, l.Height*l.Width),
		rows: kernel.Betweens(l.shape[2], l.Height), columns: kernel.Betweens(l.shape[3], l.Width),
	}
}

// run makes the maps of a class of each image, (h,w), in which nothing is negative. The images and
// what the layer computed of them are in place again afterwards.
func (r *maskedRuns) run(classes []int) (maps []cam.Map, err error) {
	values, err := r.of.output.Values()
	if err != nil {
		return nil, err
	}
	copy(r.x, r.of.x)
	copy(r.values, values)
	defer func() {
		copy(r.of.x, r.x)
		err = errors.Join(err, r.of.output.Set(r.values))
	}()
	maps = make([]cam.Map, len(classes))
	for i, class := range classes {
		weights, err := r.weights(i, class)
		if err != nil {
			return nil, err
		}
		maps[i] = r.weighted(i, weights)
	}
	return maps, nil
}

// channel returns what the layer computed of image i in channel c, (h,w).
func (r *maskedRuns) channel(i, c int) []float32 {
	n := r.of.shape[2] * r.of.shape[3]
	return r.values[(i*r.of.shape[1]+c)*n:][:n]
}

// weights returns the weights of the channels: the softmax of the logits of a class of image i
// under each of them.
func (r *maskedRuns) weights(i, class int) ([]float64, error) {
	l := r.of
	channels, per, k := l.shape[1], l.values(), l.model.classes
	scores := make([]float64, channels)
	for from := 0; from < channels; from += l.Batch() {
		n := min(l.Batch(), channels-from)
		for j := range n {
			r.upsample(r.channel(i, from+j))
			r.apply(l.x[j*per:][:per], r.x[i*per:][:per])
		}
		if err := l.before.RunAll(); err != nil {
			return nil, err
		}
		if err := l.scores.vm.RunAll(); err != nil {
			return nil, err
		}
		logits := l.scores.vm.Data(l.scores.logits)
		for j := range n {
			scores[from+j] = float64(logits[j*k+class])
		}
	}
	return metric.Softmax(scores), nil
}

// apply writes an image times the mask, (3,H,W).
func (r *maskedRuns) apply(dst, image []float32) {
	for c := 0; c < len(dst); c += len(r.mask) {
		for p, m := range r.mask {
			dst[c+p] = image[c+p] * m
		}
	}
}

// weighted sums up what the layer computed of image i by the weights of its channels.
func (r *maskedRuns) weighted(i int, weights []float64) cam.Map {
	m := cam.New(r.of.shape[2], r.of.shape[3])
	for c, w := range weights {
		for p, v := range r.channel(i, c) {
			m.V[p] += w * float64(v)
		}
	}
	return positive(m)
}

// upsample makes the mask of a channel (h,w): scaled to [0,1], and bilinear between the centres of
// its positions, as torch.nn.functional.interpolate does without align_corners.
func (r *maskedRuns) upsample(channel []float32) {
	lo, hi := channel[0], channel[0]
	for _, v := range channel {
		lo, hi = min(lo, v), max(hi, v)
	}
	scale := 1 / (hi - lo + maskEps)
	w := r.of.shape[3]
	for y, row := range r.rows {
		first, second := channel[row.At[0]*w:][:w], channel[row.At[1]*w:][:w]
		out := r.mask[y*len(r.columns):]
		for x, c := range r.columns {
			top := first[c.At[0]]*c.Take[0] + first[c.At[1]]*c.Take[1]
			low := second[c.At[0]]*c.Take[0] + second[c.At[1]]*c.Take[1]
			out[x] = (top*row.Take[0] + low*row.Take[1] - lo) * scale
		}
	}
}
