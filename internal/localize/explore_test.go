package localize

import (
	"errors"
	"image"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/cam"
	"acol/internal/data/datatest"
	"acol/internal/model"
	"acol/internal/section"
)

func (w *tiny) explore(t *testing.T) *Explorer {
	t.Helper()
	x, err := Explore(w.eng, w.model, w.opt)
	check(t, err)
	return x
}

// Settings that are tried give what a model of such a recipe gives, whatever was tried before.
func TestSettingsGiveWhatARecipeOfThemGives(t *testing.T) {
	w := newTiny(t)
	w.opt.Kept = "0.35"
	w.opt.Config.Threshold, w.opt.Config.Refine = section.Auto, true
	x := w.explore(t)
	pictures := []image.Image{datatest.Disc(60, 40), datatest.Disc(33, 70)}
	var views []*View
	for _, img := range pictures {
		v, err := x.See(img)
		check(t, err)
		views = append(views, v)
	}
	for _, s := range []Settings{
		x.Default(views[0]),
		{Class: 1, Deltas: []float64{0.6}, Threshold: "0.6", Rule: Largest},
		{Class: 1, Deltas: []float64{0.3}, Threshold: "0.6", Rule: Largest},
		{Class: 1, Deltas: []float64{0.3}, Threshold: "0.2", Rule: All},
		{Class: 0, Deltas: []float64{0}, Threshold: "0", Rule: All},
		{Class: 2, Deltas: []float64{1}, Threshold: section.Otsu, Rule: Largest},
		x.Default(views[0]),
	} {
		own := *w
		cfg := w.model.Config()
		cfg.Branches.Deltas = s.Deltas
		m, err := model.New(cfg, 3)
		check(t, err)
		m.Init(7)
		own.model, own.opt.Batch = m, 1
		own.opt.Config.Class = ClassName(w.opt.Classes[s.Class])
		own.opt.Config.Threshold, own.opt.Config.Rule = s.Threshold, s.Rule
		l := own.open(t)
		for i, v := range views {
			got, err := x.Try(v, s)
			check(t, err)
			want, err := l.Image(pictures[i])
			check(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%+v of picture %d: -localized +explored\n%s", s, i, diff)
			}
		}
	}
}

func TestSettingsOutOfTheirRangeAreErrors(t *testing.T) {
	x := newTiny(t).explore(t)
	v, err := x.See(datatest.Disc(60, 40))
	check(t, err)
	for want, change := range map[string]func(*Settings){
		"class -1 is not in 0 to 2":  func(s *Settings) { s.Class = -1 },
		"class 3 is not in 0 to 2":   func(s *Settings) { s.Class = 3 },
		"2 deltas for a model of 1":  func(s *Settings) { s.Deltas = []float64{0.1, 0.2} },
		"delta NaN is not in 0 to 1": func(s *Settings) { s.Deltas[0] = math.NaN() },
		"delta 1.5 is not in 0 to 1": func(s *Settings) { s.Deltas[0] = 1.5 },
		"threshold 1":                func(s *Settings) { s.Threshold = "1" },
		"rule":                       func(s *Settings) { s.Rule = "some" },
	} {
		s := x.Default(v)
		change(&s)
		if _, err := x.Try(v, s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if got := x.Default(v).Deltas[0]; got != 0.6 {
		t.Errorf("a setting that was tried changed the recipe's delta to %g", got)
	}
}

func TestAPictureThatCannotBeSeenIsAnError(t *testing.T) {
	w := newTiny(t)
	x := w.explore(t)
	var wrong *PictureError
	if _, err := x.See(image.NewNRGBA(image.Rectangle{})); !errors.As(err, &wrong) {
		t.Errorf("a picture of no pixels: %v", err)
	}
	w.model.Params()[0].Data[0] = float32(math.NaN())
	w.model.Changed()
	if _, err := x.See(datatest.Disc(60, 40)); !errors.Is(err, errNotFinite) {
		t.Errorf("a network that gives NaN: %v", err)
	}
}

// A delta of 0 erases everything, so that the second branch sees the same anywhere.
func TestADeltaOfZeroLeavesTheSecondBranchNothing(t *testing.T) {
	x := newTiny(t).explore(t)
	v, err := x.See(datatest.Disc(60, 40))
	check(t, err)
	s := x.Default(v)
	s.Deltas[0] = 0
	r, err := x.Try(v, s)
	check(t, err)
	m := r.Maps[0]
	for i, gone := range m.Branches[1].Erased.V {
		if !gone {
			t.Fatalf("position %d is not erased", i)
		}
	}
	if m.State != cam.OK || !cmp.Equal(m.Fused, m.Branches[0].Map) {
		t.Errorf("the fused map is not that of the first branch: %v", m.State)
	}
}
