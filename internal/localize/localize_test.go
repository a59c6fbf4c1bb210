package localize

import (
	"context"
	"errors"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/datatest"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/model"
)

// tiny is an untrained ResNet of 4 channels on inputs of 32x32 pixels, with two branches and three
// classes.
type tiny struct {
	model *model.Model
	eng   *engine.Engine
	opt   Options
}

func newTiny(t *testing.T) *tiny {
	t.Helper()
	c := model.DefaultConfig()
	c.Backbone.Width, c.Backbone.OutputStride = 0.0625, 8
	m, err := model.New(c, 3)
	check(t, err)
	m.Init(7)
	w := &tiny{model: m, eng: enginetest.Open(t, enginetest.Portable)}
	w.opt = Options{Classes: []string{"cat", "dog", "bird"}, Data: data.DefaultConfig(), Config: DefaultConfig(), Batch: 3, Workers: 2}
	w.opt.Data.Input = pixels.Input{Size: 32, Resize: "short", TrainResize: 40, TestResize: 40}
	w.opt.Config.Threshold = "0.6"
	return w
}

func (w *tiny) open(t *testing.T) *Localizer {
	t.Helper()
	l, err := Open(w.eng, w.model, w.opt)
	check(t, err)
	return l
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inMemory is a source of a picture that needs no file.
func inMemory(name string, img image.Image) Source {
	return Source{
		Name: name,
		Need: func() (pixels.Need, error) {
			w, h := img.Bounds().Dx(), img.Bounds().Dy()
			return pixels.Need{Width: w, Height: h, Bytes: int64(4 * w * h), Kept: int64(4 * w * h)}, nil
		},
		Load: func() (image.Image, error) { return img, nil },
	}
}

var errBroken = errors.New("broken on purpose")

// pictures are sources of several sizes; those of no size fail.
func pictures() []Source {
	var all []Source
	for _, size := range [][2]int{{60, 40}, {33, 70}, {0, 0}, {64, 64}, {90, 31}, {0, 0}, {50, 50}} {
		if size[0] == 0 {
			all = append(all, Failed("broken", errBroken))
			continue
		}
		all = append(all, inMemory("whole", datatest.Disc(size[0], size[1])))
	}
	return all
}

// Whatever batch an image is in and whatever fails beside it, what is found in it is what the
// predictor says when it is called by hand.
func TestEveryImageIsLocalizedAsByHand(t *testing.T) {
	w := newTiny(t)
	for _, batch := range []int{1, 3, 7} {
		w.opt.Batch = batch
		l := w.open(t)
		next := 0
		for b, err := range l.Batches(context.Background(), pictures()) {
			check(t, err)
			for _, it := range b.Items {
				if it.Index != next {
					t.Fatalf("image %d comes after image %d", it.Index, next-1)
				}
				next++
				if it.Name == "broken" {
					if !errors.Is(it.Err, errBroken) {
						t.Errorf("broken image %d: error %v", it.Index, it.Err)
					}
					continue
				}
				check(t, it.Err)
				img, err := it.Load()
				check(t, err)
				w.compareByHand(t, it.Result, img)
				single, err := l.Image(img)
				if batch > 1 {
					continue // a batch of several holds the images at hand
				}
				check(t, err)
				if d := cmp.Diff(it.Result, single); d != "" {
					t.Errorf("Image (-batches +image):\n%s", d)
				}
			}
		}
		if next != 7 {
			t.Errorf("%d images came back", next)
		}
	}
}

// compareByHand localizes the predicted class of an image without any of the package's code.
func (w *tiny) compareByHand(t *testing.T, got *Result, img image.Image) {
	t.Helper()
	p, err := w.model.NewPredictor(w.eng, 1, 32, 32)
	check(t, err)
	x := w.opt.Data.NewInputs(1, false)
	g, err := data.TestInput(w.opt.Data, img, x)
	check(t, err)
	check(t, p.See(x, 1))
	logits, err := p.Classify()
	check(t, err)
	class := slices.Index(logits[0], slices.Max(logits[0]))
	pred, err := p.Localize([]int{class})
	check(t, err)
	score := cam.Resize(pred[0].Fused, 32, 32)
	cam.Normalize(score)
	low, err := cam.LargestComponent(score, 0.6)
	check(t, err)

	m := got.Maps[0]
	if len(got.Maps) != 1 || m.Class != class || got.Geometry != g || len(m.Boxes) != 1 {
		t.Fatalf("class %d at %+v, %d boxes, want class %d at %+v, 1 box", m.Class, got.Geometry, len(m.Boxes), class, g)
	}
	if want := g.Box(low, 32, 32); m.Boxes[0].Box != want || m.Boxes[0].Peak != 1 {
		t.Errorf("box %v, peak %g, want %v, peak 1", m.Boxes[0].Box, m.Boxes[0].Peak, want)
	}
	close := cmpopts.EquateApprox(0, 1e-5)
	if d := cmp.Diff(score, m.Score, close); d != "" {
		t.Errorf("score map (-want +got):\n%s", d)
	}
	for i, want := range pred[0].Maps {
		if d := cmp.Diff(want, m.Branches[i].Map, close); d != "" {
			t.Errorf("map of branch %d (-want +got):\n%s", i+1, d)
		}
	}
	sum := 0.0
	for _, v := range logits[0] {
		sum += math.Exp(float64(v))
	}
	if want := math.Exp(float64(logits[0][class])) / sum; math.Abs(got.Probabilities[class]-want) > 1e-6 {
		t.Errorf("probability %g, want %g", got.Probabilities[class], want)
	}
}

func TestMapsAreOfTheClassesAskedFor(t *testing.T) {
	w := newTiny(t)
	for class, want := range map[string][]int{"dog": {1}, "2": {2}, "BIRD": {2}, "top5": {0, 1, 2}} {
		w.opt.Config.Class = ClassName(class)
		r, err := w.open(t).Image(datatest.Disc(40, 60))
		check(t, err)
		var got []int
		for i, m := range r.Maps {
			got = append(got, m.Class)
			if i > 0 && r.Probabilities[m.Class] > r.Probabilities[r.Maps[i-1].Class] {
				t.Errorf("%s: a likelier class comes later: %v of %v", class, got, r.Probabilities)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: classes %v, want %v", class, got, want)
		}
	}
	w.opt.Config.Class = "cow"
	var unknown *model.ClassError
	if _, err := Open(w.eng, w.model, w.opt); !errors.As(err, &unknown) {
		t.Errorf("an unknown class: error %v", err)
	}
	w.opt.Classes = w.opt.Classes[:2]
	if _, err := Open(w.eng, w.model, w.opt); err == nil {
		t.Error("two names for three classes: no error")
	}
}

func TestAnInterruptFinishesTheBatchAndSaysSo(t *testing.T) {
	w := newTiny(t)
	stopped := errors.New("stopped on purpose")
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	batches, last := 0, error(nil)
	for b, err := range w.open(t).Batches(ctx, pictures()) {
		if last = err; err == nil {
			batches++
			stop(stopped)
			check(t, b.Items[0].Picture(func(image.Image) error { return nil }))
		}
	}
	if batches != 1 || !errors.Is(last, stopped) {
		t.Errorf("%d batches, then %v", batches, last)
	}
}

func TestNoBatchAfterTheLastIsMissedByAnInterrupt(t *testing.T) {
	w := newTiny(t)
	w.opt.Batch = 7
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for _, err := range w.open(t).Batches(ctx, pictures()) {
		check(t, err)
		stop()
	}
}

func TestOutputThatIsNoNumberFailsTheImage(t *testing.T) {
	w := newTiny(t)
	for _, p := range w.model.Params() {
		if p.Name == "branches.0.classifier.weight" {
			for i := range p.Data {
				p.Data[i] = math.MaxFloat32
			}
		}
	}
	for b, err := range w.open(t).Batches(context.Background(), pictures()[:1]) {
		check(t, err)
		want := "whole: the network's output is NaN or infinite"
		if got := b.Items[0].Err; got == nil || !strings.HasPrefix(got.Error(), want) {
			t.Errorf("error %v, want %s …", got, want)
		}
	}
}

// Pictures that found no room between decoding and drawing are read again.
func TestPicturesAreReadAgainWhereMemoryIsShort(t *testing.T) {
	w := newTiny(t)
	f := newFeeder(w.opt.Data, 2, false)
	const room = 4 * 60 * 40
	f.kept = pixels.NewRoom(room)
	var sources []Source
	for _, s := range pictures() {
		if s.Load != nil {
			sources = append(sources, s)
		}
	}
	kept := 0
	var before *float32
	for b := range f.feed(context.Background(), sources, 2) {
		if &b.in.X[0] == before {
			t.Error("a batch is decoded over the one before, which may be in use")
		}
		before = &b.in.X[0]
		for _, it := range b.Items {
			check(t, it.Err)
			if it.photo != nil {
				kept++
			}
			check(t, it.Picture(func(img image.Image) error {
				if img.Bounds().Dx() != it.geometry.Width || img.Bounds().Dy() != it.geometry.Height {
					t.Errorf("%v, want %v", img.Bounds(), it.geometry)
				}
				return nil
			}))
		}
		b.drop()
	}
	if kept == 0 || kept == len(sources) {
		t.Errorf("%d of %d pictures were kept", kept, len(sources))
	}
	_, keptAll := f.kept.TryClaim(room)
	_, workAll := f.work.TryClaim(f.work.Bytes())
	if !keptAll || !workAll {
		t.Error("memory was not given back")
	}
}

func TestAPictureThatNobodyDrawsIsLetGo(t *testing.T) {
	w := newTiny(t)
	l := w.open(t)
	for _, err := range l.Batches(context.Background(), pictures()) {
		check(t, err)
	}
	if _, ok := l.feeder.kept.TryClaim(l.feeder.kept.Bytes()); !ok {
		t.Error("memory was not given back")
	}
}

func TestAPictureThatChangesIsAnError(t *testing.T) {
	w := newTiny(t)
	s := inMemory("a.png", datatest.Disc(20, 30))
	s.Load = func() (image.Image, error) { return datatest.Disc(30, 20), nil }
	it := &Item{Source: s, feeder: newFeeder(w.opt.Data, 1, false), geometry: pixels.Geometry{Width: 20, Height: 30}}
	err := it.Picture(func(image.Image) error { t.Error("it was used"); return nil })
	if err == nil || err.Error() != "a.png changed while it was looked at" {
		t.Errorf("error %v", err)
	}
}

func TestEvenBatchSplitsImagesEvenly(t *testing.T) {
	for _, tc := range []struct{ n, most, want int }{{1, 16, 1}, {16, 16, 16}, {17, 16, 9}, {1000, 16, 16}, {5, 1, 1}, {33, 16, 11}} {
		if got := EvenBatch(tc.n, tc.most); got != tc.want {
			t.Errorf("%d images, at most %d: %d, want %d", tc.n, tc.most, got, tc.want)
		}
	}
}
