package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// The sizes of the blocks by which gradients of weights are summed.
const (
	sumRows    = 256         // rows of patches at a time
	sumColumns = 256         // columns of patches of a task
	sumOut     = 256         // output channels of a task
	sumTasks   = 32          // wanted: enough for many threads
	sumSlice   = 4 * sumRows // rows of a slice at least
	sumMemory  = 4 << 20     // floats of all partial sums together
)

// weightSum computes dw[o][k] = sum_m dy[m][o]*patch(m)[k] of each group. The rows m are cut into
// slices that are summed separately and then added in order. The number of slices depends on the
// geometry alone, so the result does not depend on the number of threads.
type weightSum struct {
	p *Backend
	patches
	geom    kernel.ConvGeom
	cg, og  int
	slices  int
	slice   int    // rows
	oTiles  []span // tiles of output channels
	oBlocks []span // of tiles
	padded  int    // columns of dw while it is summed
	ldb     int    // of a copy of patches

	x, dy, dw   []float32
	parts, own  []float32
	zeros       []float32
	sum, finish func(worker, lo, hi int)
}

type span struct{ lo, hi int }

func (p *Backend) convBackWeights(s kernel.ConvBackWeights) *backend.Routine {
	oh, ow := s.OutHW()
	g := &weightSum{
		p:       p,
		patches: patches{h: s.H, w: s.W, ld: s.C, gh: oh, gw: ow, sy: s.StrideH, sx: s.StrideW},
		geom:    s.ConvGeom, cg: s.C / s.Groups, og: s.O / s.Groups,
	}
	g.setup()
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: plain, InPlace: -1, Scratch: g.scratch(), Run: g.run,
	}
}

func (g *weightSum) rows() int { return g.geom.N * g.gh * g.gw }

func (g *weightSum) setup() {
	is := g.p.isa
	g.cut(allTaps(g.geom), g.cg, sumColumns, is.wide)
	last := &g.blocks[len(g.blocks)-1]
	g.padded = last.k0 + roundUp(last.k, is.narrow)
	g.ldb = roundUp(g.blocks[0].k, is.wide) + cacheLine // not a power of two
	tiles := (g.og + is.rows - 1) / is.rows
	for t := range tiles {
		g.oTiles = append(g.oTiles, span{g.og * t / tiles, g.og * (t + 1) / tiles})
	}
	blocks := (g.og + sumOut - 1) / sumOut
	for b := range blocks {
		g.oBlocks = append(g.oBlocks, span{tiles * b / blocks, tiles * (b + 1) / blocks})
	}
	each := g.geom.Groups * len(g.blocks) * blocks
	g.slices = min((sumTasks+each-1)/each, g.rows()/sumSlice, sumMemory/(g.geom.O*g.padded))
	g.slices = max(g.slices, 1)
	g.slice = roundUp((g.rows()+g.slices-1)/g.slices, sumRows)
	g.slices = (g.rows() + g.slice - 1) / g.slice
	g.sum, g.finish = g.sumRange, g.finishChannels
}

func (g *weightSum) scratch() int {
	return g.slices*g.geom.O*g.padded + widest + g.p.team.threads*g.ownSize() + 3*cacheLine
}

// ownSize is how many floats of memory a thread has: a block of patches and one of dy.
func (g *weightSum) ownSize() int { return sumRows * (g.ldb + sumOut + 32) }

func (g *weightSum) run(out []float32, in [][]float32, scratch []float32) {
	g.dw, g.x, g.dy = out, in[0], in[1]
	scratch = aligned(scratch)
	n := g.slices * g.geom.O * g.padded
	g.parts, g.zeros = scratch[:n], scratch[n:n+32]
	g.own = aligned(scratch[n+32:])
	clear(g.zeros)
	tasks := g.geom.Groups * len(g.blocks) * len(g.oBlocks) * g.slices
	g.p.team.run(tasks, 1, g.sum)
	g.p.team.run(g.geom.O, max(elementGrain/(g.k*g.slices), 1), g.finish)
}

func (g *weightSum) sumRange(worker, lo, hi int) {
	own := g.own[worker*g.ownSize():][:g.ownSize()]
	xs, dys := own[:sumRows*g.ldb], own[sumRows*g.ldb:]
	for i := lo; i < hi; i++ {
		slice, t := i%g.slices, i/g.slices
		ob, t := t%len(g.oBlocks), t/len(g.oBlocks)
		b, group := &g.blocks[t%len(g.blocks)], t/len(g.blocks)
		m1 := min((slice+1)*g.slice, g.rows())
		for m := slice * g.slice; m < m1; m += sumRows {
			rows := min(sumRows, m1-m)
			g.gather(&g.p.isa.vec, xs, g.ldb, g.x, group*g.cg, m, rows, b)
			g.packDy(dys, group, g.oBlocks[ob], m, rows)
			g.sumBlock(xs, dys, group, slice, rows, g.oBlocks[ob], b, m > slice*g.slice)
		}
	}
}

// packDy copies rows [m,m+rows) of dy so that the channels of each tile lie together.
func (g *weightSum) packDy(dst []float32, group int, tiles span, m, rows int) {
	for _, t := range g.oTiles[tiles.lo:tiles.hi] {
		n := t.hi - t.lo
		src := g.dy[m*g.geom.O+group*g.og+t.lo:]
		g.p.isa.vec.copyRows(dst, n, src, g.geom.O, n, rows)
		dst = dst[rows*n:]
	}
}

// sumBlock adds the products of a block of dy and of a block of patches.
func (g *weightSum) sumBlock(xs, dys []float32, group, slice, rows int, tiles span, b *columns,
	add bool) {
	is := g.p.isa
	first := g.oTiles[tiles.lo].lo
	for j := 0; j < b.k; j += is.wide {
		kernels := is.wides
		if b.k-j <= is.narrow {
			kernels = is.narrows
		}
		for _, t := range g.oTiles[tiles.lo:tiles.hi] {
			n := t.hi - t.lo
			c := &g.parts[((slice*g.geom.Groups+group)*g.og+t.lo)*g.padded+b.k0+j]
			kernels[n](rows, &dys[(t.lo-first)*rows], 4, n*4, &xs[j], g.ldb*4, c, g.padded*4, &g.zeros[0],
				add)
		}
	}
}

// finishChannels adds the slices and turns (taps, channels) into (channels, KH, KW).
func (g *weightSum) finishChannels(_, lo, hi int) {
	area := g.geom.KH * g.geom.KW
	for o := lo; o < hi; o++ {
		sum := g.parts[o*g.padded:][:g.k]
		for s := 1; s < g.slices; s++ {
			g.p.isa.vec.add(sum, sum, g.parts[(s*g.geom.O+o)*g.padded:][:g.k])
		}
		dst := g.dw[o*g.k:][:g.k]
		for t := range area {
			for c, v := range sum[t*g.cg:][:g.cg] {
				dst[c*area+t] = v
			}
		}
	}
}
