package cam

// components are the 8-connected components of a binary image and the
// 4-connected ones of its background, on a grid with a border of background:
// axes (H+2,W+2), row-major.
type components struct {
	h, w, stride int
	fg           []bool
	label        []int32
	list         []component
	child, next  []int32
}

// component is one component of an image, or a part of one that the scan met before it knew where
// the part belongs. Coordinates are those of the map, without the border.
type component struct {
	parent         int32 // of the union-find: never larger than its own index
	around         int32 // the component left of its first pixel, which encloses it
	size           int32 // in pixels
	x0, y0, x1, y1 int32
	fg             bool
}

// reset starts an image of h x w pixels, all of them background.
func (c *components) reset(h, w int) {
	c.h, c.w, c.stride = h, w, w+2
	c.fg = resized(c.fg, (h+2)*c.stride)
	clear(c.fg)
	c.label = resized(c.label, len(c.fg))
	c.list = c.list[:0]
}

// scan finds the components in one raster scan. Indices ascend by the first
// pixel in raster order; 0 is the outside.
func (c *components) scan() {
	c.list = append(c.list, component{x0: -1, y0: -1, x1: int32(c.w), y1: int32(c.h)})
	clear(c.label[:c.stride])
	for y := 1; y < c.h+2; y++ {
		row := y * c.stride
		c.label[row] = 0
		for x := 1; x < c.stride; x++ {
			i := row + x
			var id int32
			if c.fg[i] {
				id = c.joinForeground(i)
			} else {
				id = c.joinBackground(i)
			}
			if id < 0 {
				id = int32(len(c.list))
				c.list = append(c.list, component{
					parent: id, around: c.label[i-1], fg: c.fg[i],
					x0: int32(x - 1), x1: int32(x - 1), y0: int32(y - 1),
				})
			}
			c.label[i] = id
			p := &c.list[id]
			p.size++
			p.x0, p.x1, p.y1 = min(p.x0, int32(x-1)), max(p.x1, int32(x-1)), int32(y-1)
		}
	}
	c.gather()
}

// joinForeground unites the components of the neighbours of foreground pixel i that were scanned
// before it and returns one of their labels, or -1 where there is none. The neighbours above left
// and above right can belong to two components only where the one above is background.
func (c *components) joinForeground(i int) int32 {
	up := i - c.stride
	switch {
	case c.fg[up]:
		return c.label[up]
	case c.fg[up+1]:
		id := c.label[up+1]
		if c.fg[i-1] {
			c.union(id, c.label[i-1])
		} else if c.fg[up-1] {
			c.union(id, c.label[up-1])
		}
		return id
	case c.fg[i-1]:
		return c.label[i-1]
	case c.fg[up-1]:
		return c.label[up-1]
	}
	return -1
}

// joinBackground does for background pixel i what joinForeground does for a foreground pixel. The
// background is 4-connected, so that only the neighbours above and to the left count.
func (c *components) joinBackground(i int) int32 {
	up, left := i-c.stride, i-1
	switch {
	case !c.fg[up] && !c.fg[left]:
		if c.fg[up-1] {
			c.union(c.label[up], c.label[left])
		}
		return c.label[up]
	case !c.fg[up]:
		return c.label[up]
	case !c.fg[left]:
		return c.label[left]
	}
	return -1
}

// find returns the root of a component's tree and shortens the way to it.
func (c *components) find(id int32) int32 {
	for c.list[id].parent != id {
		c.list[id].parent = c.list[c.list[id].parent].parent
		id = c.list[id].parent
	}
	return id
}

// union makes one component of two.
func (c *components) union(a, b int32) {
	a, b = c.find(a), c.find(b)
	c.list[max(a, b)].parent = min(a, b)
}

// gather makes every part's parent the root of its component, and adds the parts up in the root.
func (c *components) gather() {
	for id := range c.list {
		p := &c.list[id]
		p.parent = c.list[p.parent].parent
		if int(p.parent) == id {
			continue
		}
		r := &c.list[p.parent]
		r.size += p.size
		r.x0, r.y0 = min(r.x0, p.x0), min(r.y0, p.y0)
		r.x1, r.y1 = max(r.x1, p.x1), max(r.y1, p.y1)
	}
}

// root reports whether id stands for a whole component.
func (c *components) root(id int) bool { return int(c.list[id].parent) == id }

// enclosing returns the component around a component: background around foreground, and foreground
// around a hole.
func (c *components) enclosing(id int) int { return int(c.list[c.list[id].around].parent) }

// walk visits the components but the outside in the order of OpenCV's contour
// tree: each before those inside it, siblings in reverse raster order of
// their first pixel.
func (c *components) walk(visit func(id int)) {
	n := len(c.list)
	c.child, c.next = resized(c.child, n), resized(c.next, n)
	clear(c.child)
	for id := 1; id < n; id++ {
		if c.root(id) {
			up := c.enclosing(id)
			c.next[id], c.child[up] = c.child[up], int32(id)
		}
	}
	for id := int(c.child[0]); id > 0; {
		visit(id)
		if c.child[id] > 0 {
			id = int(c.child[id])
			continue
		}
		for id > 0 && c.next[id] == 0 {
			id = c.enclosing(id)
		}
		if id > 0 {
			id = int(c.next[id])
		}
	}
}

// largest returns the component whose outer contour has the largest contourArea, of several the
// first in the order of walk; 0 means that there is none. What lies inside a contour has no larger
// area and comes later, so only the outermost components count. The area of a component with its
// holes filled is summed over cells of 2x2 pixels: 1 for a cell with four of its pixels, 1/2 for
// one with three.
func (c *components) largest() int {
	outermost, halves := resized(c.child, len(c.list)), resized(c.next, len(c.list))
	c.child, c.next = outermost, halves
	clear(halves)
	for id := range c.list {
		switch p := &c.list[id]; {
		case id == 0:
			outermost[id] = 0
		case !c.root(id):
			outermost[id] = outermost[p.parent]
		case outermost[c.enclosing(id)] == 0:
			outermost[id] = int32(id)
		default:
			outermost[id] = outermost[c.enclosing(id)]
		}
	}
	for i := c.stride; i+1 < len(c.label); i++ {
		cell := [4]int32{
			outermost[c.label[i-c.stride]], outermost[c.label[i-c.stride+1]],
			outermost[c.label[i]], outermost[c.label[i+1]],
		}
		set, of := 0, int32(0)
		for _, id := range cell {
			if id > 0 {
				set, of = set+1, id
			}
		}
		if set > 2 {
			halves[of] += int32(set - 2)
		}
	}
	best := 0
	for id := range c.list {
		if id > 0 && int(outermost[id]) == id && (best == 0 || halves[id] >= halves[best]) {
			best = id
		}
	}
	return best
}
