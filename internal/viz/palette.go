// Package viz draws what a network saw: score maps over photographs, boxes,
// and figures that put the branches of an ACoL network side by side.
package viz

import (
	"encoding/hex"
	"fmt"
	"image/color"
	"math"
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

// palettes holds how each colour map is made. The tables state their origin;
// jet and gray are formulas.
var palettes = map[string]func() *table{
	"jet":     sync.OnceValue(jet),
	"turbo":   sync.OnceValue(func() *table { return parseTable(turboTable) }),
	"viridis": sync.OnceValue(func() *table { return parseTable(viridisTable) }),
	"plasma":  sync.OnceValue(func() *table { return parseTable(plasmaTable) }),
	"inferno": sync.OnceValue(func() *table { return parseTable(infernoTable) }),
	"magma":   sync.OnceValue(func() *table { return parseTable(magmaTable) }),
	"cividis": sync.OnceValue(func() *table { return parseTable(cividisTable) }),
	"gray":    sync.OnceValue(gray),
}

// table holds R, G, B for each of the 256 levels.
type table [256][3]uint8

// Names lists the colour maps in alphabetical order.
func Names() []string {
	names := make([]string, 0, len(palettes))
	for n := range palettes {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Colormap returns the colour map of that name. The error for an unknown one
// lists the names and the nearest of them.
func Colormap(name string) (Palette, error) {
	if _, ok := palettes[name]; !ok {
		return Palette{}, fmt.Errorf("colour map %.40q is not known (the nearest is %s), want one of %s",
			name, nearest.Name(name, Names()), strings.Join(Names(), ", "))
	}
	return Palette{name}, nil
}

// Name is the name that Colormap takes.
func (p Palette) Name() string {
	if p.name == "" {
		return "jet"
	}
	return p.name
}

// At is the opaque colour of a score in [0,1]. Scores outside are clamped; NaN is 0.
func (p Palette) At(score float64) color.NRGBA {
	c := p.table()[level(float32(unit(score)))]
	return color.NRGBA{c[0], c[1], c[2], 255}
}

func (p Palette) table() *table { return palettes[p.Name()]() }

// level is the nearest of the 256 levels of a score in [0,1].
func level(score float32) uint8 { return uint8(score*255 + 0.5) }

// unit clamps v to [0,1]; NaN is 0.
func unit(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, 0), 1)
}

// jet is the piecewise linear map of Matlab as OpenCV's COLORMAP_JET rounds it
// (level 159 has blue 1 there and 2 here; all other values are equal).
func jet() *table {
	t := new(table)
	for i := range t {
		t[i] = [3]uint8{
			clampByte(min(4*i-382, 1148-4*i)),
			clampByte(min(4*i-128, 892-4*i)),
			clampByte(min(4*i+128, 638-4*i)),
		}
	}
	return t
}

func gray() *table {
	t := new(table)
	for i := range t {
		t[i] = [3]uint8{uint8(i), uint8(i), uint8(i)}
	}
	return t
}

// parseTable reads 256 colours of six hexadecimal digits. The tables are
// constants and a test decodes each, so a digit that is none leaves black.
func parseTable(digits string) *table {
	t := new(table)
	raw, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		return t
	}
	for i := range min(len(t), len(raw)/3) {
		t[i] = [3]uint8(raw[3*i:])
	}
	return t
}

func clampByte(v int) uint8 { return uint8(min(max(v, 0), 255)) }
