package train_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"acol/internal/data/pixels"
	"acol/internal/model"
	"acol/internal/train"
)

// numbered is n images of size x size whose values tell image and place.
func numbered(n, size int) []float32 {
	x := make([]float32, n*3*size*size)
	for i := range x {
		x[i] = float32(i + 1)
	}
	return x
}

func TestHideAndSeekHidesWholeSquaresInAllChannels(t *testing.T) {
	const size, grid = 20, 8 // the last squares are cut
	hidden, squares := 0, 0
	for index := range 200 {
		x := numbered(1, size)
		train.Hide(train.HideAndSeek{Grids: []int{grid}, Rate: 0.25}, x, size, 3, 1, index)
		for y := 0; y < size; y += grid {
			for left := 0; left < size; left += grid {
				squares++
				gone := x[y*size+left] == 0
				if gone {
					hidden++
				}
				for c := range 3 {
					for row := y; row < min(y+grid, size); row++ {
						for col := left; col < min(left+grid, size); col++ {
							at := (c*size+row)*size + col
							if (x[at] == 0) != gone || !gone && x[at] != float32(at+1) {
								t.Fatalf("image %d: channel %d, pixel (%d,%d) is %g in a square hidden: %v", index, c, row, col, x[at], gone)
							}
						}
					}
				}
			}
		}
	}
	if rate := float64(hidden) / float64(squares); math.Abs(rate-0.25) > 0.04 {
		t.Errorf("%.3f of the squares are hidden, want 0.25", rate)
	}
}

func TestHideAndSeekDrawsAGridForEachImageAndEpoch(t *testing.T) {
	h := train.HideAndSeek{Grids: []int{0, 4, 8}, Rate: 0.5}
	of := func(seed uint64, epoch, index int) []float32 {
		x := numbered(1, 16)
		train.Hide(h, x, 16, seed, epoch, index)
		return x
	}
	whole := 0
	for index := range 300 {
		if slices.Equal(of(1, 0, index), numbered(1, 16)) {
			whole++
		}
	}
	if whole < 70 || whole > 135 {
		t.Errorf("%d of 300 images are whole, want a third", whole)
	}
	if !slices.Equal(of(1, 2, 7), of(1, 2, 7)) {
		t.Error("one image of an epoch is hidden in two ways")
	}
	if slices.Equal(of(1, 2, 7), of(1, 3, 7)) && slices.Equal(of(1, 2, 8), of(1, 3, 8)) && slices.Equal(of(1, 2, 9), of(1, 3, 9)) {
		t.Error("epochs hide alike")
	}
}

func TestCutMixTakesARectangleOfAnotherImageAndItsShare(t *testing.T) {
	const n, size = 5, 12
	kept, mixes := 0.0, 0
	for step := range 400 {
		x := numbered(n, size)
		m, ok := train.Mix(train.Config{Seed: 9, CutMix: train.CutMix{Probability: 0.5, Beta: 1}}, x, n, size, 0, step)
		if !ok {
			if !slices.Equal(x, numbered(n, size)) {
				t.Fatal("a batch that is not mixed was changed")
			}
			continue
		}
		mixes++
		kept += m.Kept
		inside := 0
		for i := range n {
			for p := range 3 * size * size {
				row, col := p/size%size, p%size
				want := i
				if row >= m.Top && row < m.Bottom && col >= m.Left && col < m.Right {
					want = m.Of[i]
					inside++
				}
				if got := x[i*3*size*size+p]; got != float32(want*3*size*size+p+1) {
					t.Fatalf("step %d: image %d, place %d is %g, not of image %d", step, i, p, got, want)
				}
			}
		}
		if share := 1 - float64(inside)/float64(len(x)); math.Abs(share-m.Kept) > 1e-9 {
			t.Fatalf("step %d keeps %g of the area and says %g", step, share, m.Kept)
		}
	}
	if mixes < 160 || mixes > 240 {
		t.Errorf("%d of 400 batches are mixed, want half", mixes)
	}
	if kept /= float64(mixes); kept < 0.5 || kept > 0.75 { // half, and more where a rectangle is cut by the border
		t.Errorf("images keep %.2f of their area on average", kept)
	}
}

func TestCutMixCutsTheSameOutOfBytes(t *testing.T) {
	const n, size = 4, 11
	unit := pixels.NewNormalizer([]float64{0, 0, 0}, []float64{1, 1, 1})
	cfg := train.Config{Seed: 9, CutMix: train.CutMix{Probability: 1, Beta: 1}}
	for step := range 40 {
		in := pixels.NewInputs(n, size, unit, true)
		for i := range in.Bytes {
			in.Bytes[i] = byte(i * 13)
		}
		x := in.Values()
		want, _ := train.Mix(cfg, x, n, size, 0, step)
		got, ok := train.MixInputs(cfg, in, n, 0, step)
		if !ok || !reflect.DeepEqual(got, want) || !slices.Equal(in.Values(), x) {
			t.Fatalf("step %d: bytes are mixed as %+v, values as %+v", step, got, want)
		}
	}
}

// Every method at once that one training can have.
func TestResumingATrainingWithHidingMixingAndDroppingIsExact(t *testing.T) {
	w := newWorld(t)
	trainer := func(dir string) *train.Trainer {
		tr := w.trainer(t, dir, 5)
		cfg := model.DefaultConfig()
		cfg.Backbone.Width, cfg.Backbone.OutputStride, cfg.Backbone.AttentionDropout.Use = 0.0625, 8, true
		cfg.Branches.Kinds, cfg.Branches.Deltas = "p", nil
		cfg.Loss.Smoothing, cfg.Loss.ClassWeights = 0.1, []float64{1, 2}
		m, err := model.New(cfg, 2)
		if err != nil {
			t.Fatal(err)
		}
		m.Init(5)
		tr.Model = m
		tr.Config.HideAndSeek = train.HideAndSeek{Grids: []int{0, 8}, Rate: 0.5}
		tr.Config.CutMix = train.CutMix{Probability: 0.5, Beta: 1}
		tr.Config.MixUp = train.MixUp{Probability: 1, Alpha: 0.2}
		return tr
	}
	whole, parts := t.TempDir(), t.TempDir()
	if err := trainer(whole).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	tr := trainer(parts)
	tr.Observers = train.Observers{&stopper{steps: 4, stop: stop}}
	if err := tr.Run(ctx); !errors.Is(err, train.ErrInterrupted) {
		t.Fatalf("error %v, want an interruption", err)
	}
	tr = trainer(parts)
	tr.Resume = true
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(t, whole), bits(t, parts)) {
		t.Error("the weights differ from those of an uninterrupted training")
	}
	plain := t.TempDir()
	tr = trainer(plain)
	tr.Config.HideAndSeek = train.HideAndSeek{}
	tr.Config.CutMix, tr.Config.MixUp = train.CutMix{}, train.MixUp{}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(bits(t, whole), bits(t, plain)) {
		t.Error("hiding and mixing change nothing")
	}
}

// In a set of several labels an image, all are learned.
func TestTrainingOnSeveralLabels(t *testing.T) {
	w := newWorld(t)
	for i := range w.split.Samples {
		w.split.Samples[i].Labels = []int{w.split.Samples[i].Label}
	}
	w.split.Samples[0].Labels = []int{0, 1}
	w.split.Samples[1].Labels = []int{}
	dir := t.TempDir()
	tr := w.trainer(t, dir, 5)
	cfg := model.DefaultConfig()
	cfg.Backbone.Width, cfg.Backbone.OutputStride, cfg.Loss.Name = 0.0625, 8, "sigmoid"
	m, err := model.New(cfg, 2)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(5)
	tr.Model = m
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	r := records(t, dir)
	softmax := w.trainer(t, t.TempDir(), 5)
	if err := softmax.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "set model.loss.name to sigmoid") {
		t.Errorf("several labels with a softmax loss: error %v", err)
	}
	if first, last := r[0].Loss, r[len(r)-1].Loss; !(last < first) || first > 2*2*math.Ln2 {
		t.Errorf("losses %g to %g", first, last)
	}
}
