package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"
)

// holds reports whether the picture has a pixel of exactly this colour.
func holds(img image.Image, c color.NRGBA) bool {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.NRGBAModel.Convert(img.At(x, y)) == c {
				return true
			}
		}
	}
	return false
}

func drawn(t *testing.T, columns int, charts ...Chart) image.Image {
	t.Helper()
	img, err := Grid(charts, columns)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestEachSeriesHasItsColour(t *testing.T) {
	l := Lines{Series: []Series{
		{"a", []Point{{1, 1}, {2, 3}}}, {"b", []Point{{1, 2}, {2, 1}}},
	}}
	img := drawn(t, 1, l)
	for i, want := range []bool{true, true, false} {
		if holds(img, colors[i]) != want {
			t.Errorf("colour %d is there: %v, want %v", i, !want, want)
		}
	}
}

func TestGridHasRoomForAllCharts(t *testing.T) {
	l := Lines{Series: []Series{{"a", []Point{{1, 1}, {2, 2}}}}}
	one, five := drawn(t, 1, l).Bounds(), drawn(t, 2, l, l, l, l, l).Bounds()
	if five.Dx() != 2*one.Dx() || five.Dy() != 3*one.Dy() {
		t.Errorf("five charts in two columns are %v, one is %v", five, one)
	}
	if _, err := Grid(nil, 2); err == nil {
		t.Error("a grid of no charts is no error")
	}
}

// Values that are no numbers, a single point and no point at all are drawn.
func TestLinesOfAnyValuesAreDrawn(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, points := range map[string][]Point{
		"none": nil, "one": {{1, 5}}, "zero": {{1, 0}, {2, 0}}, "negative": {{1, -1}, {2, -3}},
		"broken": {{1, 2}, {2, nan}, {3, inf}, {4, 2}}, "all broken": {{nan, 1}, {1, nan}},
		"huge": {{1, 1e300}, {2, -1e300}}, "tiny": {{1, 1e-300}, {2, 2e-300}},
	} {
		for _, log := range []bool{false, true} {
			l := Lines{
				Log: log, Whole: true, Series: []Series{{"a", points}}, Marks: []Mark{{"m", nan}, {"n", 1}},
			}
			img := drawn(t, 1, l)
			broken := name == "none" || name == "all broken"
			if holds(img, colors[0]) == broken {
				t.Errorf("%s, log %v: the line is there: %v", name, log, !broken)
			}
		}
	}
}

func TestAGapBreaksALine(t *testing.T) {
	got := segments([]Point{{1, 1}, {2, 2}, {3, math.NaN()}, {4, 4}, {math.Inf(-1), 5}})
	if len(got) != 2 || len(got[0]) != 2 || len(got[1]) != 1 || got[1][0].X != 4 {
		t.Errorf("segments are %v", got)
	}
}

func TestWholeTicksAreWholeAndFew(t *testing.T) {
	for _, c := range []struct {
		least, most float64
		want        string
	}{
		{1, 4, "1 2 3 4"}, {0.5, 1.5, "1"}, {1, 12, "2 4 6 8 10 12"}, {-0.5, 299.5, "0 50 100 150 200 250"},
		{1, 1000, "200 400 600 800 1000"},
	} {
		if got := labels(wholeTicks{}.Ticks(c.least, c.most)); got != c.want {
			t.Errorf("%g to %g: %s, want %s", c.least, c.most, got, c.want)
		}
	}
	down := downward{3}.Ticks(-0.5, 2.5)
	if labels(down) != "0 1 2" || down[0].Value != 2 {
		t.Errorf("downward ticks are %v", down)
	}
}

func labels(ticks []plot.Tick) string {
	var all []string
	for _, t := range ticks {
		all = append(all, t.Label)
	}
	return strings.Join(all, " ")
}

func TestLogarithmicTicksAreRoundAndFew(t *testing.T) {
	for _, c := range []struct {
		least, most float64
		want        string
	}{
		{0.1, 10, "0.1 1 10"},
		{1e-5, 1, "1e-05 0.0001 0.001 0.01 0.1 1"},
		{1e-12, 10, "1e-12 1e-10 1e-08 1e-06 0.0001 0.01 1"},
	} {
		var labels []string
		for _, tick := range (decades{}).Ticks(c.least, c.most) {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("ticks of %g to %g: %s, want %s", c.least, c.most, got, c.want)
		}
	}
}

func TestMatrixHasItsRowsAtTheTop(t *testing.T) {
	m := Matrix{Names: []string{"a", "b"}, Counts: [][]int{{3, 1}, {0, 0}}}
	got := [][]float64{}
	for r := range 2 {
		got = append(got, []float64{(shares{m}).Z(0, r), (shares{m}).Z(1, r)})
	}
	if diff := cmp.Diff([][]float64{{0, 0}, {0.75, 0.25}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMatrixOfAnySizeIsDrawn(t *testing.T) {
	for _, n := range []int{1, 3, 26, 120} {
		m := Matrix{Title: "Classes", X: "predicted", Y: "true"}
		for i := range n {
			m.Names = append(m.Names, strings.Repeat("Kernbeißer ", i%9))
			m.Counts = append(m.Counts, make([]int, n))
			m.Counts[i][i] = 7
		}
		img := drawn(t, 1, m)
		all := cividis{}.Colors()
		if !holds(img, all[255].(color.NRGBA)) || n > 1 && !holds(img, all[0].(color.NRGBA)) {
			t.Errorf("%d classes: the colours of none and all are not there", n)
		}
	}
	for name, m := range map[string]Matrix{
		"no class": {}, "rows": {Names: []string{"a"}},
		"columns": {Names: []string{"a"}, Counts: [][]int{{1, 2}}},
	} {
		if _, err := Grid([]Chart{m}, 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSVGIsOneElementWithTheWords(t *testing.T) {
	var out bytes.Buffer
	l := Lines{Title: "Loss <b>", Series: []Series{{"a & b", []Point{{1, 1}, {2, 2}}}}}
	if err := SVG(&out, l); err != nil {
		t.Fatal(err)
	}
	var words strings.Builder
	d := xml.NewDecoder(&out)
	root := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if root == "" {
				root = token.Name.Local
			}
		case xml.CharData:
			words.Write(token)
		}
	}
	for _, want := range []string{"Loss <b>", "a & b"} {
		if !strings.Contains(words.String(), want) {
			t.Errorf("the words lack %q: %q", want, words.String())
		}
	}
	if root != "svg" {
		t.Errorf("the root is %q", root)
	}
}

func BenchmarkGrid(b *testing.B) {
	l := Lines{Title: "Loss", X: "epoch", Y: "loss", Whole: true, Log: true}
	for _, name := range []string{"branch 1 (p)", "branch 2 (p)"} {
		s := Series{Name: name}
		for i := range 30 {
			s.Points = append(s.Points, Point{float64(i + 1), math.Exp(-float64(i) / 9)})
		}
		l.Series = append(l.Series, s)
	}
	for b.Loop() {
		if _, err := Grid([]Chart{l, l, l, l}, 2); err != nil {
			b.Fatal(err)
		}
	}
}
