package metric

import (
	"testing"

	"acol/internal/box"
)

func TestLocalizationNeedsClassAndBox(t *testing.T) {
	obj := box.Box{X0: 10, Y0: 10, X1: 19, Y1: 19}
	half := box.Box{X0: 10, Y0: 10, X1: 19, Y1: 14} // IoU exactly 1/2
	less := box.Box{X0: 10, Y0: 10, X1: 19, Y1: 13}
	other := box.Box{X0: 50, Y0: 50, X1: 59, Y1: 59}
	truth := []Instance{{3, obj}, {4, other}}
	wrong := Instance{8, obj}
	for _, c := range []struct {
		name    string
		known   Instance
		guesses []Instance
		want    LocalizationResult
	}{
		{"right at once", Instance{3, half}, []Instance{{3, half}, wrong}, LocalizationResult{1, 100, 100, 100}},
		{"just below a half", Instance{3, less}, []Instance{{3, less}}, LocalizationResult{1, 0, 0, 0}},
		{"wrong class, right box", Instance{3, obj}, []Instance{wrong}, LocalizationResult{1, 100, 0, 0}},
		{"second guess", Instance{3, less}, []Instance{wrong, {3, obj}}, LocalizationResult{1, 0, 0, 100}},
		{"fifth guess", Instance{3, obj}, []Instance{wrong, wrong, wrong, wrong, {3, obj}}, LocalizationResult{1, 100, 0, 100}},
		{"sixth guess", Instance{3, obj}, []Instance{wrong, wrong, wrong, wrong, wrong, {3, obj}}, LocalizationResult{1, 100, 0, 0}},
		{"the box of another class's instance", Instance{3, other}, []Instance{{3, other}}, LocalizationResult{1, 0, 0, 0}},
		{"the other instance", Instance{3, obj}, []Instance{{4, other}}, LocalizationResult{1, 100, 100, 100}},
		{"no guess", Instance{3, obj}, nil, LocalizationResult{1, 100, 0, 0}},
	} {
		var l Localization
		if err := l.Add(c.known, c.guesses, truth); err != nil {
			t.Fatal(err)
		}
		if got := l.Result(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestLocalizationMergesAndRefuses(t *testing.T) {
	b := box.Box{X1: 3, Y1: 3}
	one := []Instance{{1, b}}
	var l, m Localization
	for _, guesses := range [][]Instance{one, nil, {{2, b}, {1, b}}} {
		if err := l.Add(Instance{1, b}, guesses, one); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Add(Instance{1, b}, one, one); err != nil {
		t.Fatal(err)
	}
	l.Merge(&m)
	if want := (LocalizationResult{4, 100, 50, 75}); l.Result() != want {
		t.Errorf("%+v, want %+v", l.Result(), want)
	}
	if new(Localization).Result() != (LocalizationResult{}) {
		t.Error("without images")
	}
	bad := Instance{1, box.Box{X0: 5, X1: 2}}
	before := l
	if l.Add(Instance{1, b}, one, nil) == nil || l.Add(bad, one, one) == nil ||
		l.Add(one[0], []Instance{bad}, one) == nil || l.Add(one[0], one, []Instance{bad}) == nil {
		t.Error("an image without truth or with an invalid box was taken")
	}
	if l != before {
		t.Error("a refused image was counted")
	}
}
