package localize

import (
	"image"
	"math"
	"testing"

	"acol/internal/cam"
	"acol/internal/crf"
	"acol/internal/data"
	"acol/internal/data/datatest"
	"acol/internal/data/pixels"
)

// photo is a picture of a disc, as package data gives it to a network, and a map of its left side.
func photo(t *testing.T, cfg data.Config) (img *image.NRGBA, x pixels.Inputs, score cam.Map) {
	t.Helper()
	side := cfg.Input.Size
	img = datatest.Disc(side, side)
	x = cfg.NewInputs(1, false)
	_, err := data.TestInput(cfg, img, x)
	check(t, err)
	score = cam.New(side, side)
	for i := range score.V {
		dy, dx := float64(i/side-side/2), float64(i%side-side/3)
		score.V[i] = math.Exp(-(dy*dy + dx*dx) / float64(side*side/8))
	}
	cam.Normalize(score)
	return img, x, score
}

// The field sees the colours of the picture, whatever scale the network wants them in.
func TestMapsAreRefinedByTheColoursOfThePicture(t *testing.T) {
	cfg := data.DefaultConfig()
	cfg.Input = pixels.Input{Resize: pixels.Warp, Size: 32, TrainResize: 32, TestResize: 32}
	cfg.Mean, cfg.Std = []float64{0.5, 0.1, 0.3}, []float64{0.5, 0.2, 1}
	img, x, score := photo(t, cfg)
	rgb := make([]float32, len(x.X))
	for i := range rgb {
		rgb[i] = float32(img.Pix[i%(32*32)*4+i/(32*32)])
	}
	want, found, err := crf.Refine(score, rgb, 0.5, crf.Default())
	if err != nil || !found {
		t.Fatalf("found %v, %v", found, err)
	}
	l := &Localizer{opt: Options{Data: cfg, Config: Config{Refine: true}}}
	m := &ClassMap{Score: score, Threshold: 0.5}
	check(t, l.refine(m, x))
	changed := 0.0
	for i, v := range want.V {
		changed = max(changed, math.Abs(v-score.V[i]))
		if math.Abs(v-m.Score.V[i]) > 1e-3 {
			t.Fatalf("pixel %d: %g, want %g", i, m.Score.V[i], v)
		}
	}
	if changed < 0.1 || !m.Refined || m.Unrefined {
		t.Errorf("the map has changed by %g at most; marked %v", changed, m.Unrefined)
	}
	l.opt.Config.Refine = false
	m = &ClassMap{Score: score, Threshold: 0.5}
	if check(t, l.refine(m, x)); &m.Score.V[0] != &score.V[0] {
		t.Error("refined, though the recipe does not say so")
	}
}

// At a threshold that only the peak is above, the colours leave no object.
func TestAMapThatCannotBeRefinedIsMarked(t *testing.T) {
	cfg := data.DefaultConfig()
	cfg.Input = pixels.Input{Resize: pixels.Warp, Size: 32, TrainResize: 32, TestResize: 32}
	_, x, score := photo(t, cfg)
	l := &Localizer{opt: Options{Data: cfg, Config: Config{Refine: true}}}
	m := &ClassMap{Score: score, Threshold: 0.99, State: cam.OK}
	check(t, l.refine(m, x))
	if !m.Unrefined || m.Refined || &m.Score.V[0] != &score.V[0] {
		t.Errorf("marked %v", m.Unrefined)
	}
	r := &Result{
		Names: []string{"disc"}, Logits: []float32{0}, Probabilities: []float64{1},
		Maps: []*ClassMap{m},
	}
	if notes := r.Summary().Notes; len(notes) != 2 || notes[1] != "disc: "+unrefinedNote {
		t.Errorf("notes %q", notes)
	}
}
