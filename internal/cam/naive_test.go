package cam

import (
	"math"
	"slices"
	"testing"

	"acol/internal/box"
)

var (
	maskKinds = []string{"noise", "shapes", "lines", "rings", "checks", "blocks", "flat", "dot"}
	mapKinds  = []string{"uniform", "levels", "smooth", "rough", "plateau"}
)

// naive finds contours from their definitions alone, slowly: a set encloses
// what no path from outside of the image reaches without crossing it.
type naive struct {
	h, w int // with a border of one pixel
	fg   []bool
}

// flood is what is reached from a pixel through pixels that pass.
func (n naive) flood(from int, eight bool, pass func(i int) bool) []bool {
	seen := make([]bool, n.h*n.w)
	seen[from] = true
	todo := []int{from}
	for len(todo) > 0 {
		i := todo[0]
		todo = todo[1:]
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				y, x := i/n.w+dy, i%n.w+dx
				if (dy != 0 && dx != 0 && !eight) || y < 0 || x < 0 || y >= n.h || x >= n.w {
					continue
				}
				if k := y*n.w + x; !seen[k] && pass(k) {
					seen[k] = true
					todo = append(todo, k)
				}
			}
		}
	}
	return seen
}

type contour struct {
	first  int
	hole   bool
	filled []bool
	depth  int
	box    box.Box
	halves int
}

// contours lists them, except the outside, in raster order.
func (n naive) contours() []*contour {
	var out []*contour
	done := n.flood(0, false, func(i int) bool { return !n.fg[i] })
	for i := range n.fg {
		if done[i] {
			continue
		}
		member := n.flood(i, n.fg[i], func(k int) bool { return n.fg[k] == n.fg[i] })
		reached := n.flood(0, !n.fg[i], func(k int) bool { return !member[k] })
		c := &contour{first: i, hole: !n.fg[i], filled: make([]bool, len(n.fg))}
		x0, y0, x1, y1 := n.w, n.h, 0, 0
		for k := range member {
			done[k] = done[k] || member[k]
			c.filled[k] = !reached[k]
			if member[k] {
				x0, x1 = min(x0, k%n.w-1), max(x1, k%n.w-1)
				y0, y1 = min(y0, k/n.w-1), max(y1, k/n.w-1)
			}
		}
		if c.hole {
			x0, y0, x1, y1 = x0-1, y0-1, x1+1, y1+1
		}
		c.box = box.Box{X0: x0, Y0: y0, X1: min(x1+1, n.w-3), Y1: min(y1+1, n.h-3)}
		for k := range n.w * (n.h - 1) {
			set := 0
			for _, q := range []int{k, k + 1, k + n.w, k + n.w + 1} {
				if q < len(c.filled) && c.filled[q] && !c.hole {
					set++
				}
			}
			c.halves += max(0, set-2)
		}
		out = append(out, c)
	}
	for _, c := range out {
		for _, d := range out {
			if c != d && d.filled[c.first] {
				c.depth++
			}
		}
	}
	return out
}

func (n naive) boxes(mode Contours) []box.Box {
	all := n.contours()
	var list []*contour
	var within func(parent *contour, depth int)
	within = func(parent *contour, depth int) {
		for _, c := range slices.Backward(all) {
			if c.depth == depth && (parent == nil || parent.filled[c.first]) {
				list = append(list, c)
				within(c, depth+1)
			}
		}
	}
	within(nil, 0)
	if len(list) == 0 {
		return []box.Box{{}}
	}
	if mode == Largest {
		best := list[0]
		for _, c := range list {
			if c.halves > best.halves {
				best = c
			}
		}
		return []box.Box{best.box}
	}
	var out []box.Box
	for _, c := range list {
		out = append(out, c.box)
	}
	return out
}

// naiveBoxes is Boxes by definition.
func naiveBoxes(m Map, tau float64, mode Contours) []box.Box {
	top := uint8(0)
	for _, v := range m.V {
		top = max(top, uint8(math.Trunc(v*255)))
	}
	n := naive{h: m.H + 2, w: m.W + 2, fg: make([]bool, (m.H+2)*(m.W+2))}
	for i, v := range m.V {
		n.fg[(i/m.W+1)*n.w+i%m.W+1] = int(math.Trunc(v*255)) > int(tau*float64(top))
	}
	return n.boxes(mode)
}

func checkNaive(t *testing.T, m Map, tau float64) {
	t.Helper()
	for _, mode := range []Contours{Largest, All} {
		got, err := new(Extractor).Boxes(m, tau, mode)
		if err != nil {
			t.Fatal(err)
		}
		if want := naiveBoxes(m, tau, mode); !slices.Equal(got, want) {
			t.Fatalf("%dx%d map %v, threshold %g, %v contours:\n got %v\nwant %v", m.H, m.W, m.V, tau, mode, got, want)
		}
	}
}

func TestBoxesFollowFromTheDefinitionOfContours(t *testing.T) {
	for seed := range 200 {
		r := rng(seed)
		h, w := 1+r.Below(14), 1+r.Below(14)
		checkNaive(t, mask(maskKinds[seed%len(maskKinds)], h, w, &r), 0)
	}
}

func FuzzBoxes(f *testing.F) {
	f.Add(uint8(3), uint16(200), []byte("\x00\xff\x00\xff\x80\xff\x00\xff\x00"))
	f.Add(uint8(5), uint16(0), []byte("\xff\xff\xff\xff\xff\xff\x00\x00\x00\xff\xff\x00\xff\x00\xff\xff\x00\x00\x00\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, width uint8, tau uint16, levels []byte) {
		w := 1 + int(width)%12
		h := min(len(levels)/w, 12)
		if h == 0 {
			return
		}
		m := New(h, w)
		for i := range m.V {
			m.V[i] = float64(levels[i]) / 255
		}
		checkNaive(t, m, float64(tau%1001)*0.001)
		checkSweep(t, new(Sweep), new(Extractor), m)
	})
}
