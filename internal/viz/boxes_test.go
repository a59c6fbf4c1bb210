package viz

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"acol/internal/box"
)

var mid = color.NRGBA{128, 128, 128, 255}

// TestBoxEdgesLieOnTheBox: 200x162 pixels give lines of one pixel and outlines of one.
func TestBoxEdgesLieOnTheBox(t *testing.T) {
	img := plain(200, 162, mid)
	DrawBoxes(img, []LabelledBox{{Box: box.Box{X0: 40, Y0: 30, X1: 120, Y1: 90}}}, nil)
	for _, p := range []struct {
		x, y int
		want color.NRGBA
	}{
		{40, 30, predictedColor}, {120, 90, predictedColor},
		{120, 30, predictedColor}, {40, 90, predictedColor},
		{80, 30, predictedColor}, {80, 90, predictedColor},
		{40, 60, predictedColor}, {120, 60, predictedColor},
		{80, 29, outlineColor}, {80, 31, outlineColor}, {80, 89, outlineColor}, {80, 91, outlineColor},
		{39, 60, outlineColor}, {41, 60, outlineColor}, {119, 60, outlineColor}, {121, 60, outlineColor},
		{80, 28, mid}, {80, 32, mid}, {80, 88, mid}, {80, 92, mid},
		{38, 60, mid}, {122, 60, mid}, {80, 60, mid},
	} {
		wantPixel(t, img, p.x, p.y, p.want)
	}
}

func TestLinesGrowWithThePicture(t *testing.T) {
	for _, c := range []struct{ side, line int }{{1, 1}, {100, 1}, {360, 2}, {1800, 10}} {
		img := plain(c.side, c.side, mid)
		DrawBoxes(img, []LabelledBox{{Box: box.Box{X1: c.side - 1, Y1: c.side - 1}}}, nil)
		n := 0
		for n < c.side && img.NRGBAAt(c.side/2, n) == predictedColor {
			n++
		}
		if n != c.line {
			t.Errorf("the line in a picture of %d pixels is %d thick, want %d", c.side, n, c.line)
		}
	}
}

func TestTruthIsDashedUnderPredictions(t *testing.T) {
	img := plain(180, 180, mid)
	b := box.Box{X0: 20, Y0: 40, X1: 150, Y1: 140}
	DrawBoxes(img, nil, []box.Box{b})
	for x := b.X0; x <= b.X1; x++ {
		want := truthColor
		if (x-b.X0)/6%2 == 1 && x != b.X1 { // the right side's dash begins at the corner
			want = outlineColor
		}
		wantPixel(t, img, x, b.Y0, want)
	}
	DrawBoxes(img, []LabelledBox{{Box: b}}, []box.Box{b})
	wantPixel(t, img, 20, 40, predictedColor)
	wantPixel(t, img, 21, 40, predictedColor)
}

func TestBoxesAreClippedAndInvalidOnesLeftOut(t *testing.T) {
	img := plain(90, 90, mid)
	DrawBoxes(img, []LabelledBox{{Box: box.Box{X0: 50, Y0: 50, X1: 4000, Y1: math.MaxInt}}}, nil)
	wantPixel(t, img, 89, 89, predictedColor)
	wantPixel(t, img, 50, 70, predictedColor)
	img = plain(90, 90, mid)
	wrong := []box.Box{
		{X0: -1, Y0: 0, X1: 5, Y1: 5}, {X0: 5, Y0: 0, X1: 4, Y1: 5},
		{X0: 90, Y0: 0, X1: 95, Y1: 5}, {X0: 0, Y0: 90, X1: 5, Y1: 95},
	}
	for _, b := range wrong {
		DrawBoxes(img, []LabelledBox{{Box: b}}, []box.Box{b})
	}
	for i, v := range img.Pix {
		if v != 128 && i%4 != 3 {
			t.Fatalf("byte %d was drawn on for an invalid box", i)
		}
	}
	labelled := []LabelledBox{{Box: box.Box{X1: 3, Y1: 3}, Text: "x"}}
	DrawBoxes(image.NewNRGBA(image.Rectangle{}), labelled, nil)
}

func TestDrawingOnACutPicture(t *testing.T) {
	whole := plain(200, 200, mid)
	part := whole.SubImage(image.Rect(50, 60, 150, 160)).(*image.NRGBA)
	DrawBoxes(part, []LabelledBox{{Box: box.Box{X0: 0, Y0: 0, X1: 99, Y1: 99}, Text: "Gadwall"}}, nil)
	wantPixel(t, whole, 50, 159, predictedColor)
	wantPixel(t, whole, 149, 159, predictedColor)
	wantPixel(t, whole, 49, 100, mid)
	wantPixel(t, whole, 100, 160, mid)
}

// difference is the extent of all pixels that differ between the pictures.
func difference(a, b *image.NRGBA) image.Rectangle {
	var r image.Rectangle
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			if a.NRGBAAt(x, y) != b.NRGBAAt(x, y) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// labelExtent draws a box with and without its text and says what the text covers.
func labelExtent(w, h int, b box.Box, text string) image.Rectangle {
	with, without := plain(w, h, mid), plain(w, h, mid)
	DrawBoxes(with, []LabelledBox{{b, text}}, nil)
	DrawBoxes(without, []LabelledBox{{b, ""}}, nil)
	return difference(with, without)
}

func TestLabelIsAboveItsBoxOrElseInside(t *testing.T) {
	const text = "Gadwall 87 %"
	above := labelExtent(400, 300, box.Box{X0: 100, Y0: 100, X1: 300, Y1: 200}, text)
	// Row 99 is the outline, of the plate's colour before and after.
	if above.Min.X != 100 || above.Max.Y != 99 || above.Dy() < 14 || above.Dx() < 70 {
		t.Errorf("the label covers %v, want it to end on the box's top at (100,100)", above)
	}
	inside := labelExtent(400, 300, box.Box{X0: 100, Y0: 5, X1: 300, Y1: 200}, text)
	if inside.Min.X != 100 || inside.Min.Y != 5 {
		t.Errorf("the label covers %v, want it inside the top of the box at (100,5)", inside)
	}
	if inside.Dx() != above.Dx() || inside.Dy() != above.Dy()+1 {
		t.Errorf("the label's size is %v and %v", inside.Size(), above.Size())
	}
}

func TestLabelStaysInsideThePicture(t *testing.T) {
	for _, c := range []struct {
		name string
		w, h int
		b    box.Box
		text string
	}{
		{"at the right", 400, 300, box.Box{X0: 390, Y0: 100, X1: 399, Y1: 200}, "Gadwall 87 %"},
		{
			"long name", 120, 300, box.Box{X0: 50, Y0: 100, X1: 100, Y1: 200},
			strings.Repeat("Scissor-tailed ", 1000),
		},
		{"flat picture", 400, 20, box.Box{X0: 5, Y0: 0, X1: 100, Y1: 19}, "Gadwall"},
	} {
		got := labelExtent(c.w, c.h, c.b, c.text)
		if got.Empty() || !got.In(image.Rect(0, 0, c.w, c.h)) || got.Min.X > c.b.X0 {
			t.Errorf("%s: the label covers %v", c.name, got)
		}
	}
	for _, size := range []image.Point{{1, 1}, {1, 2000}, {2000, 1}, {8, 8}} {
		whole := box.Box{X1: size.X - 1, Y1: size.Y - 1}
		if got := labelExtent(size.X, size.Y, whole, "Gadwall"); !got.Empty() {
			t.Errorf("a label covers %v of a picture of %v where none fits", got, size)
		}
	}
}

func TestLabelsOfEqualBoxesDoNotCoverEachOther(t *testing.T) {
	img := plain(400, 300, mid)
	l := labeller{dst: img, style: newStyle(bold, 14), pad: 3}
	b := box.Box{X0: 50, Y0: 100, X1: 300, Y1: 200}
	for _, text := range []string{"one", "two", "three", "four"} {
		l.place(b, text)
	}
	if len(l.placed) != 4 {
		t.Fatalf("%d labels were placed, want 4", len(l.placed))
	}
	for i, p := range l.placed {
		for _, q := range l.placed[:i] {
			if p.Overlaps(q) {
				t.Errorf("plates %v and %v overlap", p, q)
			}
		}
	}
}

func TestLabelSaysTheProbabilityWhereThereIsOne(t *testing.T) {
	for _, c := range []struct {
		p    float64
		want string
	}{
		{0.874, "Gadwall 87 %"}, {1, "Gadwall 100 %"}, {0, "Gadwall 0 %"}, {0.004, "Gadwall <1 %"},
		{math.NaN(), "Gadwall"}, {math.Inf(1), "Gadwall"},
	} {
		if got := Label("Gadwall", c.p); got != c.want {
			t.Errorf("Label of %g is %q, want %q", c.p, got, c.want)
		}
	}
}
