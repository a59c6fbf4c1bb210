package localize

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data/pixels"
)

// found is the result of an image whose map has a small region and a large one; the picture is
// twice as wide as the map.
func found(t *testing.T, rule Rule) (*Result, *ClassMap) {
	t.Helper()
	score := cam.New(8, 8)
	for i := range score.V {
		switch y, x := i/8, i%8; {
		case x >= 4 && y >= 2 && y < 6: // 4x4
			score.V[i] = 1
		case x == 0 && y == 0:
			score.V[i] = 0.8
		}
	}
	g := pixels.Geometry{Width: 16, Height: 8, ResizedW: 8, ResizedH: 8, Size: 8}
	boxes, err := Cut(score, g, 0.5, rule == Largest)
	check(t, err)
	m := &ClassMap{Class: 1, Score: score, Boxes: boxes, Threshold: 0.5}
	return &Result{Geometry: g, Probabilities: []float64{0.6, 0.4}, Maps: []*ClassMap{m}}, m
}

func TestBoxesOfUnlikelyClassesAndSmallOnesAreLeftOut(t *testing.T) {
	for _, c := range []struct {
		prob, area float64
		boxes      int
		where      string
	}{
		{0, 0, 2, "box (8,2)-(15,5) (0,0)-(1,0)"},
		{0.4, 2. / 128, 2, "box (8,2)-(15,5) (0,0)-(1,0)"},
		{0, 0.016, 1, "box (8,2)-(15,5)"},
		{0, 0.25, 1, "box (8,2)-(15,5)"},
		{0, 0.26, 0, "no box: the largest covers less than 0.26 of the picture"},
		{0.41, 0, 0, "no box: the probability is below 0.41"},
		{1, 1, 0, "no box: the probability is below 1"},
	} {
		r, m := found(t, All)
		r.sure(m, Config{MinProbability: c.prob, MinArea: c.area})
		if len(m.Boxes) != c.boxes || m.Where() != c.where {
			t.Errorf("%g, %g: %d boxes, %s", c.prob, c.area, len(m.Boxes), m.Where())
		}
	}
	r, m := found(t, All)
	m.Boxes = nil
	if r.sure(m, Config{MinArea: 0.5}); m.Where() != NoBox {
		t.Errorf("a constant map: %s", m.Where())
	}
}

// The mask has the regions that have boxes, and no others, in pixels of the picture.
func TestAMaskHasTheRegionsWithBoxes(t *testing.T) {
	for rule, corner := range map[Rule]uint8{Largest: 0, All: 255} {
		r, m := found(t, rule)
		mask, err := r.Mask(m)
		check(t, err)
		if mask.Rect != image.Rect(0, 0, 16, 8) {
			t.Fatalf("mask of %v", mask.Rect)
		}
		if got := mask.GrayAt(0, 0).Y; got != corner {
			t.Errorf("%s: %d in the small region, want %d", rule, got, corner)
		}
		for y := range 8 {
			want := slices.Repeat([]uint8{0}, 12)
			if y >= 2 && y < 6 {
				want = slices.Repeat([]uint8{0, 255}, 6)
				slices.Sort(want)
			}
			if got := mask.Pix[y*mask.Stride:][:16][2:14]; !slices.Equal(got, want) {
				t.Errorf("%s, row %d: %v", rule, y, got)
			}
		}
	}
	r, m := found(t, All)
	m.Boxes = nil
	mask, err := r.Mask(m)
	check(t, err)
	if slices.Max(mask.Pix) != 0 {
		t.Error("a mask without boxes")
	}
}

// Of a region without a box nothing is left, not even its edge, where scores are just below the
// threshold.
func TestAMaskHasNoOutlineOfOtherRegions(t *testing.T) {
	score := cam.New(20, 20)
	for i := range score.V {
		y, x := float64(i/20), float64(i%20)
		near := func(cy, cx, width float64) float64 {
			return math.Exp(-((y-cy)*(y-cy) + (x-cx)*(x-cx)) / (2 * width * width))
		}
		score.V[i] = max(near(12, 13, 4), 0.7*near(4, 3, 2))
	}
	g := pixels.Geometry{Width: 300, Height: 200, ResizedW: 20, ResizedH: 20, Size: 20}
	boxes, err := Cut(score, g, 0.4, true)
	check(t, err)
	m := &ClassMap{Score: score, Boxes: boxes, Threshold: 0.4}
	mask, err := (&Result{Geometry: g}).Mask(m)
	check(t, err)
	n := 0
	for i, v := range mask.Pix {
		if v == 0 {
			continue
		}
		n++
		if x, y := i%300, i/300; x < 100 && y < 80 {
			t.Fatalf("(%d,%d) is in the mask", x, y)
		}
	}
	if part := float64(n) / float64(boxes[0].Box.Area()); part < 0.7 || part > 0.85 { // an ellipse
		t.Errorf("the mask is %.2f of the box", part)
	}
}

// The edge of a mask is where the resized map crosses the threshold, on all sides.
func TestAMaskEndsWhereTheMapDoes(t *testing.T) {
	for _, cy := range []float64{7.9, 8.3} {
		score := cam.New(16, 16)
		for i := range score.V {
			dy, dx := float64(i/16)-cy, float64(i%16)-7.6
			score.V[i] = math.Exp(-(dy*dy + dx*dx) / 18)
		}
		g := pixels.Geometry{Width: 160, Height: 96, ResizedW: 16, ResizedH: 16, Size: 16}
		boxes, err := Cut(score, g, 0.37, true)
		check(t, err)
		m := &ClassMap{Score: score, Boxes: boxes, Threshold: 0.37}
		mask, err := (&Result{Geometry: g}).Mask(m)
		check(t, err)
		for i, v := range cam.Resize(score, 96, 160).V {
			if in := mask.Pix[i] == 255; in != (v > 0.37*score.Max()) {
				t.Fatalf("(%d,%d): %v at %g", i%160, i/160, in, v)
			}
		}
	}
}

// Where the network saw the middle of the picture alone, nothing beside it is in the mask.
func TestAMaskIsInTheFrameOfThePicture(t *testing.T) {
	_, m := found(t, All)
	g := pixels.Geometry{Width: 32, Height: 16, ResizedW: 16, ResizedH: 8, CropX: 4, Size: 8}
	boxes, err := Cut(m.Score, g, 0.5, true)
	check(t, err)
	m.Boxes = boxes
	mask, err := (&Result{Geometry: g}).Mask(m)
	check(t, err)
	b := boxes[0].Box
	if b != (box.Box{X0: 16, Y0: 4, X1: 23, Y1: 11}) {
		t.Fatalf("box %v", b)
	}
	for y := range 16 {
		for x := range 32 {
			in := x >= b.X0 && x <= b.X1 && y >= b.Y0 && y <= b.Y1
			edge := x >= b.X0-1 && x <= b.X1+1 && y >= b.Y0-1 && y <= b.Y1+1
			if got := mask.GrayAt(x, y).Y == 255; got && !edge || !got && in {
				t.Errorf("at (%d,%d): %v", x, y, got)
			}
		}
	}
}

func TestACropIsWhatIsInTheBox(t *testing.T) {
	img := image.NewGray(image.Rect(5, 5, 15, 13))
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	// The second has no other method than an image must have.
	for _, img := range []image.Image{img, struct{ image.Image }{img}} {
		crop := Crop(img, box.Box{X0: 2, Y0: 3, X1: 4, Y1: 3})
		if crop.Bounds().Size() != image.Pt(3, 1) {
			t.Fatalf("%v", crop.Bounds())
		}
		for x := range 3 {
			v := uint8(3*10 + 2 + x)
			at := crop.Bounds().Min
			if got := color.NRGBAModel.Convert(crop.At(at.X+x, at.Y)); got != (color.NRGBA{v, v, v, 255}) {
				t.Errorf("column %d: %v, want %d", x, got, v)
			}
		}
	}
}
