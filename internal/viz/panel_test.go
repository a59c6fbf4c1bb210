package viz

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"acol/internal/box"
)

// TestPanelShowsItsTilesInOrder looks at the middle of each tile of a panel.
func TestPanelShowsItsTilesInOrder(t *testing.T) {
	in := PanelInput{
		Image:  plain(512, 512, mid),
		Maps:   []LabelledMap{{"branch 1 (p)", single(1)}, {"branch 2 (p)", single(0)}},
		Erased: []LabelledMask{{"erased by branch 1", Mask{1, 1, []bool{true}}}},
		Fused:  LabelledMap{Map: single(0.2)},
		Boxes:  []LabelledBox{{box.Box{X0: 128, Y0: 128, X1: 383, Y1: 383}, "Gadwall 87 %"}},
		Truth:  []box.Box{{X0: 0, Y0: 0, X1: 511, Y1: 511}},
		Title:  "a.jpg", Caption: "p, 87 %",
	}
	got := Panel(in, PanelOptions{Overlay: OverlayOptions{Palette: Palette{"gray"}, Opacity: 1}})
	if want := 18 + 5*256 + 4*12 + 18; got.Rect.Dx() != want {
		t.Fatalf("the panel is %d wide, want %d", got.Rect.Dx(), want)
	}
	f := newLayout(image.Pt(256, 256), 5, OverlayOptions{})
	top := 18 + f.title.height() + 12 + f.label.height() + 6
	if want := top + 256 + 12 + f.small.height() + 12 + f.small.height() + 18; got.Rect.Dy() != want {
		t.Errorf("the panel is %d high, want %d", got.Rect.Dy(), want)
	}
	at := func(tile, x, y int) (int, int) { return 18 + tile*268 + x, top + y }
	for _, c := range []struct {
		name       string
		tile, x, y int
		want       color.NRGBA
	}{
		{"image", 0, 128, 128, mid},
		{"image without boxes", 0, 64, 128, mid},
		{"branch 1", 1, 128, 128, color.NRGBA{255, 255, 255, 255}},
		{"branch 2", 2, 128, 128, color.NRGBA{0, 0, 0, 255}},
		{"erased", 3, 128, 129, color.NRGBA{80, 80, 80, 255}},
		{"fused", 4, 128, 128, color.NRGBA{51, 51, 51, 255}},
		{"predicted, left side", 4, 64, 128, predictedColor},
		{"predicted, right side", 4, 191, 128, predictedColor},
		{"outline", 4, 63, 128, outlineColor},
		{"true, corner", 4, 0, 0, truthColor},
	} {
		x, y := at(c.tile, c.x, c.y)
		if p := got.NRGBAAt(x, y); p != c.want {
			t.Errorf("%s is %v, want %v", c.name, p, c.want)
		}
	}
}

func TestPanelTakesAnyInput(t *testing.T) {
	long := strings.Repeat("Clark’s Nutcracker 克拉克星鸦 \xff\n", 500)
	for _, size := range []image.Point{{1, 1}, {1, 2000}, {2000, 1}, {7, 5}} {
		in := PanelInput{
			Image:  plain(size.X, size.Y, mid),
			Maps:   []LabelledMap{{long, single(1)}},
			Erased: []LabelledMask{{long, Mask{}}},
			Boxes:  []LabelledBox{{box.Box{X1: size.X - 1, Y1: size.Y - 1}, long}, {box.Box{X0: -3}, long}},
			Truth:  []box.Box{{X0: 5, X1: 1}, {X1: 9999, Y1: 9999}},
			Title:  long, Caption: long,
		}
		tall := Panel(in, PanelOptions{Overlay: DefaultOverlay()})
		if want := cellWidth([]image.Point{size}, 256)*4 + 3*12 + 36; tall.Rect.Dx() != want {
			t.Errorf("the panel of %v is %d wide, want %d", size, tall.Rect.Dx(), want)
		}
	}
	for _, img := range []image.Image{nil, image.NewNRGBA(image.Rectangle{})} {
		in := PanelInput{
			Image: img, Boxes: []LabelledBox{{box.Box{X1: 3, Y1: 3}, "x"}},
			Fused: LabelledMap{"fused", single(1)},
		}
		got := Panel(in, PanelOptions{})
		if got.Rect.Dx() != 18+160+12+160+18 {
			t.Errorf("the panel of nothing is %v", got.Rect.Size())
		}
		wantPixel(t, got, 98, 150, cellColor)
	}
}
