package cam

import "acol/internal/box"

// Span is the box of a contour and the cuts t at which the contour exists: From <= t < To.
type Span struct {
	Box      box.Box
	From, To int
}

// Sweep finds the boxes of a score map at all thresholds in one pass over its
// pixels sorted by level, instead of one extraction for each of the up to 255
// different binary images. Components of the foreground grow as the threshold
// falls and those of the background as it rises, so a union-find follows each
// and notes for how long its box lasts.
//
// It reuses its buffers from map to map. The zero value is ready for use; it is not safe for
// concurrent use.
type Sweep struct {
	grid    grid
	filled  []uint8 // the cut from which on a pixel is outside of every contour
	reach   []uint8
	pixels  []pixel
	first   [257]int
	forest  forest
	live    []int32
	spans   []Span
	largest [255]box.Box
}

// Set takes a score map. A map that Boxes refuses is an error.
func (s *Sweep) Set(score Map) error {
	s.spans = s.spans[:0]
	if err := s.grid.set(score); err != nil {
		s.grid.max = 0
		return err
	}
	if s.grid.max == 0 {
		s.spans = append(s.spans, Span{To: 1})
		s.largest[0] = box.Box{}
		return nil
	}
	s.sort(s.grid.level)
	s.forest.resetHoles(&s.grid, &s.spans)
	s.sink()
	holes := s.fill()
	s.forest.reset(&s.grid, &s.spans)
	s.raise(!holes)
	if holes {
		s.sort(s.filled)
		s.forest.reset(&s.grid, nil)
		s.raise(true)
	}
	return nil
}

// Cuts returns how many different cuts there are: the largest grey level, or 1 for a map of zeros.
func (s *Sweep) Cuts() int { return max(1, int(s.grid.max)) }

// Cut returns the grey level int(tau*max) of a threshold tau. What is strictly above it is
// foreground. For tau in [0,1) it is below Cuts.
func (s *Sweep) Cut(tau float64) int { return cut(tau, s.grid.max) }

// Largest returns the box that Boxes gives at a cut for the contour of the largest area. It is
// [0,0,0,0] at and beyond Cuts.
func (s *Sweep) Largest(cut int) box.Box {
	if cut < 0 || cut >= s.Cuts() {
		return box.Box{}
	}
	return s.largest[cut]
}

// Spans lists the boxes of all contours, those of holes included, in no order, each with the cuts
// at which Boxes gives it. Contours that share a box are listed one by one. The slice is valid
// until the next Set.
func (s *Sweep) Spans() []Span { return s.spans }

// pixel is a position on the padded grid: y<<16 | x.
type pixel uint32

func (p pixel) xy() (x, y int32) { return int32(p & 0xffff), int32(p >> 16) }

// sort lists the pixels by ascending level, in raster order within one.
func (s *Sweep) sort(level []uint8) {
	g := &s.grid
	var at [257]int
	for y := 1; y <= g.h; y++ {
		for _, l := range level[y*g.stride+1:][:g.w] {
			at[int(l)+1]++
		}
	}
	for l := range 256 {
		at[l+1] += at[l]
	}
	s.first = at
	s.pixels = resized(s.pixels, g.h*g.w)
	for y := 1; y <= g.h; y++ {
		for x, l := range level[y*g.stride+1:][:g.w] {
			s.pixels[at[l]] = pixel(y<<16 | (x + 1))
			at[l]++
		}
	}
}

// at lists the pixels of a level.
func (s *Sweep) at(level int) []pixel { return s.pixels[s.first[level]:s.first[level+1]] }

// sink adds pixels to the background by ascending level.
func (s *Sweep) sink() {
	for l := range int(s.grid.max) {
		for _, p := range s.at(l) {
			x, y := p.xy()
			s.forest.add(x, y, int32(l))
		}
	}
	s.forest.finish(int32(s.grid.max))
}

// fill computes, after sink, the grey-scale hole filling of the map: for each pixel, the lowest cut
// at which background connects it to the outside. The pixels whose filled level is above a cut are
// the foreground with its holes filled, which contourArea measures. fill reports whether the
// filling differs from the map.
func (s *Sweep) fill() bool {
	f := &s.forest
	s.reach = resized(s.reach, len(f.trees))
	for id := range s.reach {
		s.reach[id] = s.grid.max
	}
	s.reach[0] = 0
	// Later merges first: what a tree merged into knows by then.
	for k := len(f.merges) - 1; k >= 0; k-- {
		m := f.merges[k]
		s.reach[m.from] = s.reach[m.into]
		if m.into == 0 {
			s.reach[m.from] = uint8(m.level)
		}
	}
	s.filled = append(s.filled[:0], s.grid.level...)
	holes := false
	for _, p := range s.pixels[:s.first[s.grid.max]] {
		x, y := p.xy()
		i := int(y)*s.grid.stride + int(x)
		if r := s.reach[f.id[i]]; r > s.filled[i] {
			s.filled[i] = r
			holes = true
		}
	}
	return holes
}

// raise adds pixels to the foreground by descending level and, with pick, notes the largest
// component's box at each.
func (s *Sweep) raise(pick bool) {
	f := &s.forest
	s.live = s.live[:0]
	for l := int(s.grid.max); l > 0; l-- {
		known := len(f.trees)
		for _, p := range s.at(l) {
			x, y := p.xy()
			f.add(x, y, int32(l))
		}
		if !pick {
			continue
		}
		for id := known; id < len(f.trees); id++ {
			s.live = append(s.live, int32(id))
		}
		s.largest[l-1] = f.boxOf(&f.trees[s.pick()])
	}
	f.finish(0)
}

// pick returns the live tree of the largest contourArea, of several the one that comes last in
// raster order, which is the first in OpenCV's. It drops trees that have merged from the list.
func (s *Sweep) pick() int32 {
	trees, n, best := s.forest.trees, 0, int32(-1)
	for _, id := range s.live {
		t := &trees[id]
		if t.parent != id {
			continue
		}
		s.live[n] = id
		n++
		if best < 0 || t.halves > trees[best].halves ||
			(t.halves == trees[best].halves && t.first > trees[best].first) {
			best = id
		}
	}
	s.live = s.live[:n]
	return best
}
