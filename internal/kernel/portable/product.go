package portable

import "unsafe"

// The sizes of the blocks by which matrix products are computed.
const (
	// depth is how many columns of patches are taken at a time: a tile's rows of them stay in the
	// first-level cache.
	depth = 576
	// breadth is how many columns of weights are taken at a time: depth rows of them stay in the
	// second-level cache.
	breadth = 384
	// leastPanels is how many panels a task has at least, since it copies its patches.
	leastPanels = 4
	// cacheWords is how many floats of weights stay in the second-level cache.
	cacheWords = 1 << 18
	// tilesEach is how many tiles of rows a task has at most.
	tilesEach = 32
	// pageWords is the number of floats of a page: rows that far apart evict each other from the
	// first-level cache.
	pageWords = 4 << 10 / 4
)

// product multiplies patches by weights: dst[place(m)][j] = sum_k patch(m)[k]*weights[k][j]
// + bias[j], for each group of channels.
type product struct {
	p *Backend
	patches
	to     places
	taps   []tap
	images int
	groups int
	c, n   int // channels of a group of the source and of dst

	weightOrder

	panels           int  // of one group
	padded           int  // columns of one group's panels
	direct           bool // no copy of patches is made
	ld               int  // of a copy
	mBlock, nBlock   int  // tiles and panels of a task
	mBlocks, nBlocks int

	prepacked               bool      // weights come in panels
	relu                    bool      // takes the positive part of what is done
	residual                []float32 // is added before, as dst lies; nil for none
	src, weights, bias, dst []float32
	packed, biases, own     []float32
	none                    [32]float32 // the bias of all but the first block of columns
	pack, multiply          func(worker, lo, hi int)
}

// places says where row (n,i,j) of the grid goes: to pixel (i*sy+oy, j*sx+ox) of image n.
type places struct {
	h, w, ld       int
	sy, sx, oy, ox int
}

func (g *product) setup() {
	is := g.p.isa
	g.cut(g.taps, g.c, depth, 16)
	g.panels = (g.n + is.wide - 1) / is.wide
	last := g.n - (g.panels-1)*is.wide
	g.padded = (g.panels-1)*is.wide + is.panel(last)
	g.direct = g.stored() && (g.patches.ld%pageWords != 0 || g.n < 2*is.wide)
	g.ld = g.blocks[0].k
	if g.ld%pageWords == 0 {
		g.ld += 16
	}
	g.split()
	g.pack, g.multiply = g.packPanels, g.multiplyBlocks
}

// split chooses the tasks. There are enough of them to keep all threads busy; where the weights
// exceed the caches, there are few rows of tasks, since each row reads all weights.
func (g *product) split() {
	want := g.p.team.threads * 2 * chunksPerThread
	tiles := (g.rows() + g.p.isa.rows - 1) / g.p.isa.rows
	g.nBlock = min(max(breadth/g.p.isa.wide, 1), g.panels)
	g.mBlock = tilesEach
	least := 1
	if g.k*g.padded > cacheWords {
		least = tilesEach / 2
	}
	tasks := func() int {
		g.mBlocks = (tiles + g.mBlock - 1) / g.mBlock
		g.nBlocks = (g.panels + g.nBlock - 1) / g.nBlock
		return g.groups * g.mBlocks * g.nBlocks
	}
	for tasks() < want && g.mBlock > least {
		g.mBlock /= 2
	}
	for tasks() < want && g.nBlock > leastPanels {
		g.nBlock /= 2
	}
	for tasks() < want && g.mBlock > 1 {
		g.mBlock /= 2
	}
}

func (g *product) rows() int { return g.images * g.gh * g.gw }

// panel is the width of a panel for n columns.
func (s *isa) panel(n int) int {
	if n <= s.narrow {
		return s.narrow
	}
	return s.wide
}

// scratch is how many floats of working memory run needs: packed weights, the bias, and for each
// thread the patches and results of a tile.
func (g *product) scratch() int {
	n := g.groups*g.padded + g.p.team.threads*g.ownSize() + 2*cacheLine
	if !g.prepacked {
		n += g.packedSize()
	}
	return n
}

func (g *product) ownSize() int {
	return roundUp(g.p.isa.rows*g.ld, cacheLine) + widest
}

// run computes dst; bias may be nil.
func (g *product) run(dst, src, weights, bias, scratch []float32) {
	scratch = aligned(scratch)
	g.dst, g.src, g.weights, g.bias = dst, src, weights, bias
	if g.prepacked {
		g.packed = weights
	} else {
		g.packed, scratch = scratch[:g.packedSize()], scratch[g.packedSize():]
	}
	g.biases, g.own = scratch[:g.groups*g.padded], aligned(scratch[g.groups*g.padded:])
	if g.prepacked {
		g.padBias()
	} else {
		g.p.team.run(g.groups*g.panels, 1, g.pack)
	}
	g.p.team.run(g.groups*g.mBlocks*g.nBlocks, 1, g.multiply)
}

func (g *product) multiplyBlocks(worker, lo, hi int) {
	is := g.p.isa
	own := g.own[worker*g.ownSize():][:g.ownSize()]
	w := productWorker{g, own[len(own)-widest:], own[:len(own)-widest]}
	rows := g.rows()
	for i := lo; i < hi; i++ {
		// Neighbours share the weights' block.
		mb := i % g.mBlocks
		nb := i / g.mBlocks % g.nBlocks
		group := i / g.mBlocks / g.nBlocks
		m0 := mb * g.mBlock * is.rows
		m1 := min(m0+g.mBlock*is.rows, rows)
		p0 := nb * g.nBlock
		p1 := min(p0+g.nBlock, g.panels)
		for b := range g.blocks {
			tiles := (m1 - m0 + is.rows - 1) / is.rows
			for t := range tiles {
				from, to := m0+(m1-m0)*t/tiles, m0+(m1-m0)*(t+1)/tiles
				w.tileRow(group, from, to-from, p0, p1, &g.blocks[b])
			}
		}
		if g.relu || g.residual != nil {
			g.finish(m0, m1, group*g.n+p0*is.wide, min((p1-p0)*is.wide, g.n-p0*is.wide))
		}
	}
}

// finish adds the residual to rows [m0,m1) of a dense dst, n channels from channel on, and applies
// the ReLU, while the task's results are in the caches.
func (g *product) finish(m0, m1, channel, n int) {
	vec := &g.p.isa.vec
	for m := m0; m < m1; m++ {
		row := g.dst[m*g.to.ld+channel:][:n]
		if g.residual != nil {
			vec.add(row, row, g.residual[m*g.to.ld+channel:][:n])
		}
		if g.relu {
			vec.relu(row, row)
		}
	}
}

type productWorker struct {
	*product
	tmp, patch []float32
}

// tileRow computes rows [m,m+rows) and panels [p0,p1) over the columns b of the patches.
func (w *productWorker) tileRow(group, m, rows, p0, p1 int, b *columns) {
	g, is := w.product, w.p.isa
	var a *float32
	rs := g.ld * 4
	if g.direct {
		rs = g.patches.ld * 4
		a = &g.src[m*g.patches.ld+group*g.c+b.k0]
	} else {
		g.gather(&is.vec, w.patch, g.ld, g.src, group*g.c, m, rows, b)
		a = &w.patch[0]
	}
	dense := g.to.dense(&g.patches)
	for p := p0; p < p1; p++ {
		j0 := p * is.wide
		cols := min(is.wide, g.n-j0)
		width, micro := is.wide, is.wides[rows]
		if cols <= is.narrow {
			width, micro = is.narrow, is.narrows[rows]
		}
		from := (group*g.padded+j0)*g.k + b.k0*width
		var bp *float32
		if b.k > 0 {
			bp = &g.packed[from]
		}
		bias := &g.biases[group*g.padded+j0]
		if b.k0 > 0 {
			bias = &g.none[0]
		}
		if dense && cols == width {
			micro(b.k, a, rs, 4, bp, width*4, &g.dst[m*g.to.ld+group*g.n+j0], g.to.ld*4, bias, b.k0 > 0)
			continue
		}
		micro(b.k, a, rs, 4, bp, width*4, &w.tmp[0], width*4, bias, false)
		w.put(group*g.n+j0, m, rows, cols, width, b.k0 > 0)
	}
}

// put copies the rows of a tile from tmp to their places in dst.
func (w *productWorker) put(channel, m, rows, cols, width int, add bool) {
	for r := range rows {
		from := w.tmp[r*width:][:cols]
		to := w.dst[w.to.offset(&w.patches, m+r)+channel:][:cols]
		if add {
			w.p.isa.vec.add(to, to, from)
		} else {
			copy(to, from)
		}
	}
}

// dense says whether the rows of the grid lie one behind the other in dst.
func (to *places) dense(t *patches) bool {
	return to.sy == 1 && to.sx == 1 && to.h == t.gh && to.w == t.gw
}

// offset is the index in dst of row m of the grid.
func (to *places) offset(t *patches, m int) int {
	j := m % t.gw
	i := m / t.gw % t.gh
	n := m / t.gw / t.gh
	return ((n*to.h+i*to.sy+to.oy)*to.w + j*to.sx + to.ox) * to.ld
}

const cacheLine = 16 // floats

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// aligned drops the elements before the first one that starts a cache line.
func aligned(s []float32) []float32 {
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(s))) % (4 * cacheLine) / 4
	return s[skip:]
}
