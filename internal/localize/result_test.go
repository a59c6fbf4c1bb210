package localize

import (
	"encoding/json"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data/datatest"
	"acol/internal/data/pixels"
	"acol/internal/kernel"
	"acol/internal/model"
	"acol/internal/scoremap"
)

// A map of one warm pixel becomes a box where the geometry says that this pixel lies.
func TestBoxesAreInPixelsOfThePicture(t *testing.T) {
	// A picture of 80x40 is resized to 40x20, and its middle square of 20x20 is the input.
	g := pixels.Geometry{Width: 80, Height: 40, ResizedW: 40, ResizedH: 20, CropX: 10, Size: 20}
	score := cam.New(20, 20)
	for _, at := range [][2]int{{5, 10}, {5, 11}, {15, 2}} { // row, column
		score.V[at[0]*20+at[1]] = 1
	}
	score.V[15*20+2] = 0.5
	// Two pixels of the input are 4x2 of the picture, from (10+10)*2 and 5*2 on.
	want := []cam.Region{
		{Box: box.Box{X0: 40, Y0: 10, X1: 43, Y1: 11}, Peak: 1, Size: 2},
		{Box: box.Box{X0: 24, Y0: 30, X1: 25, Y1: 31}, Peak: 0.5, Size: 1},
	}
	for largest, want := range map[bool][]cam.Region{false: want, true: want[:1]} {
		got, err := Cut(score, g, 0.2, largest)
		check(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("largest %v (-want +got):\n%s", largest, d)
		}
	}
	if got, err := Cut(score, g, 0.7, false); err != nil || len(got) != 1 {
		t.Errorf("above 0.7: %v, %v", got, err)
	}
}

// threeBranches says what three branches see of an image: maps of 2x2 positions.
func threeBranches(t *testing.T, compare kernel.Compare) (*Localizer, []sight) {
	t.Helper()
	l := &Localizer{
		opt:       Options{Classes: []string{"cat", "dog"}, Config: DefaultConfig()},
		threshold: scoremap.Threshold{Fraction: 0.2, From: scoremap.Stated},
		branches:  model.Branches{Kinds: "ppn", Deltas: []float64{0.6, 0.5}, Compare: compare},
	}
	m := func(v ...float64) cam.Map { return cam.Map{H: 2, W: 2, V: v} }
	p := model.Prediction{
		Logits: [][]float32{{0, float32(math.Log(3))}},
		Maps:   []cam.Map{m(1, 0.6, 0, 0), m(0, 0, 1, 0.5), m(0, 1, 0, 0)},
		Fused:  m(1, 0.6, 1, 0.5),
	}
	return l, []sight{{class: 1, Prediction: p}}
}

// whole is the geometry of a picture of 8x4 that is warped to an input of 4x4.
var whole = pixels.Geometry{Width: 8, Height: 4, ResizedW: 4, ResizedH: 4, Size: 4}

func TestABranchSeesWhatTheOnesBeforeItHaveLeft(t *testing.T) {
	for compare, want := range map[kernel.Compare][][]bool{
		"gt": {nil, {true, false, false, false}, {true, false, true, false}},
		"ge": {nil, {true, true, false, false}, {true, true, true, true}},
	} {
		l, seen := threeBranches(t, compare)
		r, err := l.result(whole, seen)
		check(t, err)
		for i, b := range r.Maps[0].Branches {
			if !slices.Equal(b.Erased.V, want[i]) || b.Kind != "ppn"[i] {
				t.Errorf("%s, branch %d of kind %c: erased %v, want %v", compare, i+1, b.Kind, b.Erased.V, want[i])
			}
		}
	}
}

func TestASummaryNamesClassesAndBoxes(t *testing.T) {
	l, seen := threeBranches(t, "gt")
	flat := seen[0]
	flat.class, flat.Fused = 0, cam.New(2, 2)
	r, err := l.result(whole, append(seen, flat))
	check(t, err)
	if m := r.Maps[1]; m.State != cam.Constant || m.Boxes != nil {
		t.Errorf("a constant map: state %v, boxes %v", m.State, m.Boxes)
	}
	got := r.Summary()
	for i, c := range got.Classes {
		got.Classes[i].Probability = math.Round(1e6*c.Probability) / 1e6
	}
	text, err := json.Marshal(got)
	check(t, err)
	// Normalised after resizing, the fused map is below a fifth of its maximum in one corner alone.
	want := `{"width":8,"height":4,` +
		`"classes":[{"index":1,"name":"dog","probability":0.75},{"index":0,"name":"cat","probability":0.25}],` +
		`"boxes":[{"class":1,"name":"dog","x0":0,"y0":0,"x1":7,"y1":3,"score":1,"threshold":0.2}],` +
		`"threshold":0.2,"threshold_from":"stated","notes":["dog: the box is nearly the whole picture: 81 % of the map is above 0.2 of its maximum; try --threshold 0.55","cat: no box: the map is constant"]}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestDrawingsShowTheMapInTheFrameOfThePicture(t *testing.T) {
	l, seen := threeBranches(t, "gt")
	// Only the right half of the picture is the input, all of which is the object.
	g := pixels.Geometry{Width: 80, Height: 40, ResizedW: 40, ResizedH: 20, CropX: 20, Size: 20}
	r, err := l.result(g, seen)
	check(t, err)
	r.Maps[0].Score = cam.New(20, 20)
	for i := range r.Maps[0].Score.V {
		r.Maps[0].Score.V[i] = 1
	}
	r.Maps[0].Boxes = nil
	style, err := Config{Colormap: "gray", Opacity: 1}.Style()
	check(t, err)
	over, err := Overlay(datatest.Disc(80, 40), r, r.Maps[0], style)
	check(t, err)
	for _, x := range []int{0, 30, 50, 79} {
		want := uint8(0)
		if x >= 40 {
			want = 255
		}
		if got := over.NRGBAAt(x, 20).R; got != want {
			t.Errorf("grey at column %d is %d, want %d", x, got, want)
		}
	}
	wide, err := Panel(datatest.Disc(80, 40), r, r.Maps[0], PanelOptions{"a.png", "Model x.", style})
	check(t, err)
	r.Maps[0].Branches = r.Maps[0].Branches[:1]
	less, err := Panel(datatest.Disc(80, 40), r, r.Maps[0], PanelOptions{"a.png", "Model x.", style})
	check(t, err)
	tile := func(p *image.NRGBA, n int) int { return p.Rect.Dx() / n }
	// Image, three branches, two erasures and the fused map, then image, one branch and fused map.
	if a, b := tile(wide, 7), tile(less, 3); a == 0 || math.Abs(float64(a-b)) > 0.1*float64(b) {
		t.Errorf("panels of %d and %d pixels: not 7 and 3 tiles", wide.Rect.Dx(), less.Rect.Dx())
	}
	if c := r.caption(r.Maps[0]); !strings.HasPrefix(c, "dog 75 %, no box: the map is constant.") {
		t.Errorf("caption %q", c)
	}
}
