package viz

import (
	"embed"
	"fmt"
	"image/color"
	"image/png"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"sync"

	"acol/internal/nearest"
)

// Palette is a colour map: 256 colours from cold (score 0) to hot (score 1).
// It is immutable; the zero Palette is jet.
type Palette struct {
	name string
}

// levels is the number of colours of a colour map.
const levels = 256

// table holds R, G and B of each level.
type table [levels][3]uint8

// paletteFiles holds one picture for each colour map, NAME.png, levels pixels wide and 1 high.
// To add a colour map, add its file.
//
//go:embed colormaps/*.png
var paletteFiles embed.FS

// palettes are the colour maps by name. They are decoded when the first is asked for. A test
// decodes every file, so that a picture of another size cannot be left out here unnoticed.
var palettes = sync.OnceValue(func() map[string]*table {
	all := map[string]*table{}
	files, _ := paletteFiles.ReadDir("colormaps")
	for _, f := range files {
		if t, err := readPalette(path.Join("colormaps", f.Name())); err == nil {
			all[strings.TrimSuffix(f.Name(), ".png")] = t
		}
	}
	return all
})

// readPalette decodes one of paletteFiles.
func readPalette(name string) (*table, error) {
	f, err := paletteFiles.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	img, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("reading colour map %s: %w", name, err)
	}
	if b := img.Bounds(); b.Dx() != levels || b.Dy() != 1 {
		return nil, fmt.Errorf("reading colour map %s: it is %dx%d pixels, want %dx1",
			name, b.Dx(), b.Dy(), levels)
	}
	t := new(table)
	for i := range t {
		c := color.NRGBAModel.Convert(img.At(i, 0)).(color.NRGBA)
		t[i] = [3]uint8{c.R, c.G, c.B}
	}
	return t, nil
}

// Names lists the colour maps in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(palettes())) }

// Colormap returns the colour map of that name. The error for an unknown name lists all names
// and suggests the nearest.
func Colormap(name string) (Palette, error) {
	if _, ok := palettes()[name]; !ok {
		return Palette{}, fmt.Errorf("colour map %.40q is not known (the nearest is %s), want one of %s",
			name, nearest.Name(name, Names()), strings.Join(Names(), ", "))
	}
	return Palette{name}, nil
}

// Name is the name by which Colormap finds p.
func (p Palette) Name() string {
	if p.name == "" {
		return "jet"
	}
	return p.name
}

// At is the opaque colour of a score in [0,1]. Scores outside are clamped; NaN counts as 0.
func (p Palette) At(score float64) color.NRGBA {
	c := p.table()[level(unit(score))]
	return color.NRGBA{c[0], c[1], c[2], 255}
}

// table is the colours of p.
func (p Palette) table() *table { return palettes()[p.Name()] }

// level is the nearest of the 256 levels to a score in [0,1].
func level(score float64) uint8 { return uint8(score*(levels-1) + 0.5) }

// unit clamps v to [0,1]; NaN becomes 0.
func unit(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, 0), 1)
}
