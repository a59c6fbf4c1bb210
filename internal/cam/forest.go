package cam

import (
	"encoding/binary"

	"acol/internal/box"
)

// forest holds the components of a set of pixels that grows level by level, as a union-find on a
// grid with a border of one pixel. It notes a Span for every box that a component keeps for some
// levels.
type forest struct {
	grid   *grid
	joins  *[512]joins
	window [9]int
	set    []uint8 // 1 where a pixel was added; three bytes longer than the grid
	id     []int32 // the tree that a pixel was added to
	trees  []tree
	merges []merge
	spans  *[]Span // where spans go; nil drops them
	hole   int32   // 1 where components are holes: their contours run one pixel further out
}

// tree is a component, or one that has become part of another. Coordinates are those of the padded
// grid.
type tree struct {
	parent         int32
	size           int32 // in pixels
	halves         int32 // contourArea in half pixels, were it a foreground without holes
	first          int32 // its first pixel in raster order, as an index
	since          int32 // the level that gave it its box
	x0, y0, x1, y1 int32
}

// merge says that one tree became part of another one at a level.
type merge struct{ from, into, level int32 }

// reset empties the forest and makes it one of 8-connected foreground. Spans are appended to spans;
// nil drops them.
func (f *forest) reset(g *grid, spans *[]Span) {
	f.grid, f.spans = g, spans
	f.joins, f.window, f.hole = joins8, window(g.stride), 0
	f.set, f.id = resized(f.set, len(g.level)+3), resized(f.id, len(g.level))
	clear(f.set)
	f.trees, f.merges = f.trees[:0], f.merges[:0]
}

// resetHoles makes the forest one of 4-connected background, whose tree 0 is the border.
func (f *forest) resetHoles(g *grid, spans *[]Span) {
	f.reset(g, spans)
	f.joins, f.hole = joins4, 1
	f.trees = append(f.trees, tree{x1: int32(g.w + 1), y1: int32(g.h + 1), size: 1 << 30})
	last := len(f.id) - g.stride
	for x := range g.stride {
		f.set[x], f.id[x] = 1, 0
		f.set[last+x], f.id[last+x] = 1, 0
	}
	for y := g.stride; y < last; y += g.stride {
		f.set[y], f.id[y] = 1, 0
		f.set[y+g.stride-1], f.id[y+g.stride-1] = 1, 0
	}
}

// add puts the pixel at (x,y) of the padded grid into the set, at a level, and returns its tree.
func (f *forest) add(x, y, level int32) int32 {
	i := int(y)*f.grid.stride + int(x)
	j := &f.joins[f.mask(i)]
	f.set[i] = 1
	if j.n == 0 {
		id := int32(len(f.trees))
		f.trees = append(f.trees, tree{
			parent: id, size: 1, halves: int32(j.halves), first: int32(i), since: level,
			x0: x, y0: y, x1: x, y1: y,
		})
		f.id[i] = id
		return id
	}
	id := f.find(f.id[i+f.window[j.at[0]]])
	for _, k := range j.at[1:j.n] {
		if other := f.find(f.id[i+f.window[k]]); other != id {
			id = f.merge(id, other, level)
		}
	}
	f.id[i] = id
	t := &f.trees[id]
	t.size++
	t.halves += int32(j.halves)
	t.first = min(t.first, int32(i))
	if x < t.x0 || x > t.x1 || y < t.y0 || y > t.y1 {
		f.note(t, level)
		t.x0, t.y0, t.x1, t.y1 = min(t.x0, x), min(t.y0, y), max(t.x1, x), max(t.y1, y)
	}
	return id
}

// mask returns a bit for each neighbour of pixel i that is in the set, in the order of joins.
func (f *forest) mask(i int) uint32 {
	up, down := i-f.grid.stride-1, i+f.grid.stride-1
	return three(f.set[up:]) | three(f.set[i-1:])<<3 | three(f.set[down:])<<6
}

// three packs three bytes of 0 or 1 into as many bits; it reads a fourth one.
func three(b []uint8) uint32 {
	return binary.LittleEndian.Uint32(b) * (1<<16 | 1<<9 | 1<<2) >> 16 & 7
}

// find returns the root of a tree and shortens the way to it.
func (f *forest) find(id int32) int32 {
	t := f.trees
	for t[id].parent != id {
		t[id].parent = t[t[id].parent].parent
		id = t[id].parent
	}
	return id
}

// merge joins two trees at a level, the smaller into the larger, and returns the one that is left.
func (f *forest) merge(a, b, level int32) int32 {
	if f.trees[a].size < f.trees[b].size {
		a, b = b, a
	}
	t, u := &f.trees[a], &f.trees[b]
	f.note(u, level)
	if u.x0 < t.x0 || u.y0 < t.y0 || u.x1 > t.x1 || u.y1 > t.y1 {
		f.note(t, level)
		t.x0, t.y0, t.x1, t.y1 = min(t.x0, u.x0), min(t.y0, u.y0), max(t.x1, u.x1), max(t.y1, u.y1)
	}
	u.parent = a
	t.size += u.size
	t.halves += u.halves
	t.first = min(t.first, u.first)
	f.merges = append(f.merges, merge{b, a, level})
	return a
}

// note ends the span of a tree's box at a level. The span is the cuts between
// the two levels, whether the levels fall or rise.
func (f *forest) note(t *tree, level int32) {
	if t.since != level && f.spans != nil {
		from, to := min(t.since, level), max(t.since, level)
		*f.spans = append(*f.spans, Span{f.boxOf(t), int(from), int(to)})
	}
	t.since = level
}

// finish ends the spans of all trees that are left, except that of the outside.
func (f *forest) finish(level int32) {
	for id := int(f.hole); id < len(f.trees); id++ {
		if t := &f.trees[id]; int(t.parent) == id {
			f.note(t, level)
		}
	}
}

// boxOf returns the reference's box of a tree's contour.
func (f *forest) boxOf(t *tree) box.Box {
	lo, hi := -1-f.hole, -1+f.hole
	return f.grid.boxOf(int(t.x0+lo), int(t.y0+lo), int(t.x1+hi), int(t.y1+hi))
}
