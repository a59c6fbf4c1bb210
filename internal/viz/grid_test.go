package viz

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"acol/internal/box"
)

var (
	white = color.NRGBA{255, 255, 255, 255}
	red   = color.NRGBA{255, 0, 0, 255}
)

// TestGridPutsTilesInRowsWithMargins states where the parts of a grid with cells of 256x384
// lie. Margins are 18 and gaps 12 pixels.
func TestGridPutsTilesInRowsWithMargins(t *testing.T) {
	photo := plain(300, 200, red)
	row := []Tile{{Image: photo}, {Image: photo}}
	got := Grid([][]Tile{row, row}, GridOptions{})
	if want := image.Rect(0, 0, 18+384+12+384+18, 18+256+12+256+18); got.Rect != want {
		t.Fatalf("the grid is %v, want %v", got.Rect, want)
	}
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			in := func(v, size int) bool { return v >= 18 && v < 30+2*size && (v < 18+size || v >= 30+size) }
			want := white
			if in(x, 384) && in(y, 256) {
				want = red
			}
			if c := got.NRGBAAt(x, y); c != want {
				t.Fatalf("pixel (%d,%d) is %v, want %v", x, y, c, want)
			}
		}
	}
}

func TestGridMakesRoomForWhatIsThere(t *testing.T) {
	tile := Tile{Image: plain(256, 256, red)}
	height := func(tile Tile, opt GridOptions) int { return Grid([][]Tile{{tile}}, opt).Rect.Dy() }
	bare := height(tile, GridOptions{})
	if bare != 18+256+18 {
		t.Fatalf("a bare tile is %d high", bare)
	}
	f := newLayout(image.Pt(256, 256), 1, OverlayOptions{})
	labelled, withMap, withBox := tile, tile, tile
	labelled.Label = "image"
	mixed, endless := tile, tile
	mixed.Label = "Black-footed Albatross 73 % + Laysan Albatross 27 %"
	endless.Label = strings.Repeat("a b ", 999)
	withMap.Map = single(1)
	withBox.Truth = []box.Box{{X1: 9, Y1: 9}}
	for name, c := range map[string]struct{ got, want int }{
		"label":            {height(labelled, GridOptions{}), f.label.height() + 6},
		"long label":       {height(mixed, GridOptions{}), 2*f.label.height() + 6},
		"too long a label": {height(endless, GridOptions{}), 3*f.label.height() + 6},
		"title":            {height(tile, GridOptions{Title: "a"}), f.title.height() + 12},
		"caption":          {height(tile, GridOptions{Caption: "a"}), f.small.height() + 12},
		"long caption": {
			height(tile, GridOptions{Caption: strings.Repeat("a b ", 999)}), 4*f.small.height() + 12,
		},
		"blank caption": {height(tile, GridOptions{Caption: " "}), 12},
		"scores":        {height(withMap, GridOptions{}), f.small.height() + 12},
		"boxes":         {height(withBox, GridOptions{}), f.small.height() + 12},
	} {
		if c.got-bare != c.want {
			t.Errorf("%s takes %d pixels, want %d", name, c.got-bare, c.want)
		}
	}
}

func TestGridCellsOfAnyAspect(t *testing.T) {
	for _, c := range []struct {
		w, h, cellW, picW, picH int
	}{
		{1, 1, 256, 256, 256},
		{1, 2000, 160, 1, 256},
		{2000, 1, 512, 512, 1},
		{3000, 300, 512, 512, 51},
		{4000, 3000, 341, 341, 256},
		{30, 60, 160, 128, 256},
	} {
		got := Grid([][]Tile{{{Image: plain(c.w, c.h, red)}}}, GridOptions{})
		if got.Rect.Dx() != c.cellW+36 || got.Rect.Dy() != 256+36 {
			t.Errorf("the grid of %dx%d is %v, want a cell of %dx256", c.w, c.h, got.Rect.Size(), c.cellW)
		}
		cell := plain(c.cellW, 256, cellColor)
		blank := plain(got.Rect.Dx(), got.Rect.Dy(), white)
		for y := range 256 {
			copy(blank.Pix[blank.PixOffset(18, 18+y):], cell.Pix[:4*c.cellW])
		}
		picture := difference(got, blank)
		if picture.Dx() != c.picW || picture.Dy() != c.picH {
			t.Errorf("the picture of %dx%d is %v, want %dx%d", c.w, c.h, picture.Size(), c.picW, c.picH)
		}
		if left, right := picture.Min.X-18, c.cellW+18-picture.Max.X; right-left < 0 || right-left > 1 {
			t.Errorf("the picture of %dx%d has %d pixels left and %d right of it", c.w, c.h, left, right)
		}
	}
}

func TestAGridWithoutPicturesIsStillAPicture(t *testing.T) {
	for name, rows := range map[string][][]Tile{
		"no rows":       nil,
		"empty row":     {{}},
		"empty tile":    {{{}}},
		"empty picture": {{{Image: &image.Gray{}}}},
	} {
		got := Grid(rows, GridOptions{})
		if got.Rect.Dx() != 18+160+18 {
			t.Errorf("%s: the grid is %v", name, got.Rect.Size())
		}
		want := white
		if name == "empty tile" || name == "empty picture" {
			want = cellColor
		}
		wantPixel(t, got, 98, got.Rect.Dy()/2, want)
	}
}

func TestRowsOfDifferentLengths(t *testing.T) {
	tile := Tile{Image: plain(256, 256, red)}
	got := Grid([][]Tile{{tile, tile, tile}, {tile}}, GridOptions{})
	wantPixel(t, got, 18+2*268+128, 18+128, red)
	wantPixel(t, got, 18+128, 18+268+128, red)
	wantPixel(t, got, 18+268+128, 18+268+128, white)
}

func TestTileHeightIsBounded(t *testing.T) {
	for h, want := range map[int]int{0: 256, 1: 64, -5: 64, 64: 64, 300: 300, 1 << 40: 2048} {
		if got := tileHeight(h); got != want {
			t.Errorf("a tile height of %d is %d, want %d", h, got, want)
		}
	}
}

func TestTransparentPicturesLieOnWhite(t *testing.T) {
	for _, size := range []int{256, 10} { // as it is, and enlarged
		got := Grid([][]Tile{{{Image: image.NewNRGBA(image.Rect(0, 0, size, size))}}}, GridOptions{})
		wantPixel(t, got, 128, 128, white)
	}
}

func TestScaleBoxCoversWholePixels(t *testing.T) {
	for _, c := range []struct {
		b        box.Box
		from, to image.Point
		want     box.Box
	}{
		{
			box.Box{X0: 0, Y0: 0, X1: 99, Y1: 49}, image.Pt(100, 50),
			image.Pt(200, 100), box.Box{X0: 0, Y0: 0, X1: 199, Y1: 99},
		},
		{
			box.Box{X0: 10, Y0: 10, X1: 19, Y1: 19}, image.Pt(100, 100),
			image.Pt(50, 50), box.Box{X0: 5, Y0: 5, X1: 9, Y1: 9},
		},
		{
			box.Box{X0: 11, Y0: 11, X1: 12, Y1: 12}, image.Pt(100, 100),
			image.Pt(10, 10), box.Box{X0: 1, Y0: 1, X1: 1, Y1: 1},
		},
		{
			box.Box{X0: 0, Y0: 0, X1: 1 << 60, Y1: 1 << 60}, image.Pt(100, 100),
			image.Pt(10, 20), box.Box{X0: 0, Y0: 0, X1: 9, Y1: 19},
		},
		{box.Box{X0: 5, X1: 1}, image.Pt(100, 100), image.Pt(10, 20), box.Box{X0: 5, X1: 1}},
	} {
		if got := scaleBox(c.b, c.from, c.to); got != c.want {
			t.Errorf("%v of %v in %v is %v, want %v", c.b, c.from, c.to, got, c.want)
		}
	}
}
