package viz

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"sort"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// maxText is the number of runes of a text after which the rest is cut off.
const maxText = 4096

var (
	regular = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(goregular.TTF) })
	bold    = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(gobold.TTF) })
)

// textStyle is a font at a size. A face holds buffers, so a style serves one goroutine at a time.
type textStyle struct {
	face    font.Face
	ascent  int // pixels above the baseline
	descent int // pixels below it
}

// newStyle makes a face of a font, size pixels an em. Should the font not load, it takes a small
// bitmap font.
func newStyle(load func() (*opentype.Font, error), size float64) textStyle {
	var face font.Face = basicfont.Face7x13
	if f, err := load(); err == nil {
		if sized, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72}); err == nil {
			face = sized
		}
	}
	m := face.Metrics()
	return textStyle{face, m.Ascent.Ceil(), m.Descent.Ceil()}
}

// height is the height of a line in pixels, from the ascent to the descent.
func (s textStyle) height() int { return s.ascent + s.descent }

// width is the advance of text in pixels, rounded up.
func (s textStyle) width(text string) int { return font.MeasureString(s.face, text).Ceil() }

// draw writes text with the top of its line at (x,y), clipped to dst.
func (s textStyle) draw(dst draw.Image, x, y int, text string, c color.Color) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: s.face, Dot: fixed.P(x, y+s.ascent)}
	d.DrawString(text)
}

// fit shortens text with an ellipsis until it is at most width pixels wide. The result is empty
// where not even the ellipsis fits.
func (s textStyle) fit(text string, width int) string {
	text = oneLine(text)
	if s.width(text) <= width {
		return text
	}
	if s.width("…") > width {
		return ""
	}
	runes := []rune(text)
	cut := func(n int) string { return strings.TrimRight(string(runes[:n]), " ") + "…" }
	n := sort.Search(len(runes)-1, func(n int) bool { return s.width(cut(n+1)) > width })
	return cut(n)
}

// wrap breaks text between words into lines of at most width pixels. A word that is wider is
// shortened. Where the text needs more than most lines, the last of them ends in an ellipsis.
func (s textStyle) wrap(text string, width, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(oneLine(text)) {
		longer := strings.TrimLeft(line+" "+word, " ")
		switch {
		case line == "" || s.width(longer) <= width:
			line = longer
		case len(lines) == most-1:
			return append(lines, s.fit(longer, width))
		default:
			lines, line = append(lines, s.fit(line, width)), word
		}
	}
	if line != "" {
		lines = append(lines, s.fit(line, width))
	}
	return lines
}

// oneLine turns control characters and line ends into spaces, bytes that are not UTF-8 into U+FFFD,
// and all that follows the first maxText runes into an ellipsis.
func oneLine(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > maxText {
			b.WriteRune('…')
			break
		}
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

// scaled is a length in pixels that grows with the picture: the side of the square that has as many
// pixels as w x h, divided by parts, and no less than least.
func scaled(w, h int, parts float64, least int) int {
	return max(int(math.Sqrt(float64(w)*float64(h))/parts+0.5), least)
}
