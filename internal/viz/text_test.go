package viz

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFitShortensWithAnEllipsis(t *testing.T) {
	s := newStyle(regular, 14)
	for _, text := range []string{
		"", "Gadwall", "Scissor-tailed Flycatcher", "红翅黑鹂 Ωмега é", strings.Repeat("wide ", 1<<16),
	} {
		for _, width := range []int{-1, 0, 5, 20, 60, 150, 5000} {
			got := s.fit(text, width)
			switch w := s.width(got); {
			case got != "" && w > width:
				t.Errorf("%.20q in %d pixels is %.40q, %d pixels wide", text, width, got, w)
			case got == text:
			case got == "" && width >= s.width("…"):
				t.Errorf("%.20q in %d pixels is nothing", text, width)
			case got != "" && !strings.HasSuffix(got, "…"):
				t.Errorf("%.20q in %d pixels is %.40q without an ellipsis", text, width, got)
			}
		}
	}
	if got := s.fit("Scissor-tailed Flycatcher", 100); got != "Scissor-taile…" {
		t.Errorf("in 100 pixels: %q", got)
	}
	if got := s.fit("Gadwall", s.width("Gadwall")); got != "Gadwall" {
		t.Errorf("in its own width: %q", got)
	}
}

func TestOneLineHasNoControlCharacters(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\tc\x00d\u2028e": "a b c d e",
		"bad \xff byte":       "bad \ufffd byte",
		"红翅黑鹂":                "红翅黑鹂",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
	long := oneLine(strings.Repeat("é", 3*maxText))
	if n := utf8.RuneCountInString(long); n != maxText+1 || !strings.HasSuffix(long, "é…") {
		t.Errorf("a long text keeps %d runes", n)
	}
}

func TestWrapBreaksBetweenWords(t *testing.T) {
	s := newStyle(regular, 14)
	width := s.width("three words here")
	got := s.wrap("three words here and then some", width, 4)
	want := []string{"three words here", "and then some"}
	if !slices.Equal(got, want) {
		t.Errorf("wrapped to %q, want %q", got, want)
	}
	if got := s.wrap("  \n ", width, 4); len(got) != 0 {
		t.Errorf("nothing wraps to %q", got)
	}
	many := s.wrap(strings.Repeat("word ", 500), width, 3)
	if len(many) != 3 || !strings.HasSuffix(many[2], "…") || strings.HasSuffix(many[1], "…") {
		t.Errorf("a long text wraps to %q", many)
	}
	one := s.wrap("a "+strings.Repeat("x", 500)+" b", width, 4)
	if len(one) != 3 || one[0] != "a" || !strings.HasSuffix(one[1], "x…") || one[2] != "b" {
		t.Errorf("a long word wraps to %q", one)
	}
	for _, line := range slices.Concat(many, one) {
		if s.width(line) > width {
			t.Errorf("line %q is %d pixels, want at most %d", line, s.width(line), width)
		}
	}
}

func TestTextIsDrawnBelowItsTop(t *testing.T) {
	s := newStyle(regular, 20)
	img, blank := plain(100, 60, color.White), plain(100, 60, color.White)
	s.draw(img, 10, 15, "Hg", titleColor)
	got := difference(img, blank)
	line := image.Rect(10, 15, 10+s.width("Hg")+1, 15+s.height())
	if got.Empty() || !got.In(line) {
		t.Errorf("the text covers %v, want it within %v", got, line)
	}
	if got.Dy() < 14 {
		t.Errorf("letters of 20 pixels are %d high from H to g", got.Dy())
	}
}

func TestScaledIsAPartOfTheGeometricMeanOfTheSides(t *testing.T) {
	for _, c := range []struct {
		w, h  int
		parts float64
		least int
		want  int
	}{{400, 400, 100, 1, 4}, {1, 1, 100, 1, 1}, {100, 900, 30, 1, 10}, {1, 2000, 180, 2, 2}} {
		if got := scaled(c.w, c.h, c.parts, c.least); got != c.want {
			t.Errorf("scaled(%d, %d, %g, %d) = %d, want %d", c.w, c.h, c.parts, c.least, got, c.want)
		}
	}
}
