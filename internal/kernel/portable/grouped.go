package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Convolutions of many narrow groups, such as ResNeXt's groups of four channels, do not fill a
// panel of a product. Several groups are therefore joined to one, with weights of zero between
// them. That is more products, but each at the pace of an ordinary convolution. A value that is not
// finite reaches the groups that are joined with its own.

// joinedWidth is how many channels joined groups have at most.
const joinedWidth = 32

// joined gives the geometry with as many groups as possible joined to one, and how many groups each
// of them joins; that is 1 where the groups fill panels by themselves.
func joined(g kernel.ConvGeom) (kernel.ConvGeom, int) {
	width := max(g.C/g.Groups, g.O/g.Groups)
	if width > joinedWidth/4 { // fills enough by itself
		return g, 1
	}
	most := joinedWidth / width
	for m := min(most, g.Groups); m > 1; m-- {
		if g.Groups%m == 0 && !g.Depthwise() {
			g.Groups /= m
			return g, m
		}
	}
	return g, 1
}

// eachRun visits the joined weights that are not zero, as runs: the n weights of (O,C/groups,KH,KW)
// from index from on lie from index to on among the joined ones.
func eachRun(g kernel.ConvGeom, m int, f func(to, from, n int)) {
	n := g.C / g.Groups * g.KH * g.KW
	each := g.O / g.Groups
	for o := range g.O {
		f((o*m+o/each%m)*n, o*n, n)
	}
}

// withJoined makes a routine over joined weights one that reads the weights, its input w, as they
// are.
func withJoined(g kernel.ConvGeom, m, w int, inner *backend.Routine) *backend.Routine {
	size := g.Weights().Size() * m
	outer := *inner
	outer.Scratch = inner.Scratch + size
	in := make([][]float32, len(inner.In))
	outer.Run = func(out []float32, given [][]float32, scratch []float32) {
		all := scratch[:size]
		clear(all)
		eachRun(g, m, func(to, from, n int) { copy(all[to:to+n], given[w][from:from+n]) })
		copy(in, given)
		in[w] = all
		inner.Run(out, in, scratch[size:])
	}
	return &outer
}

func (p *Backend) convJoined(s kernel.ConvAct, j kernel.ConvGeom, m int) *backend.Routine {
	g := s.ConvGeom
	s.ConvGeom = j
	s.Inference = false // the joined weights are made in each run
	return withJoined(g, m, 1, p.convProduct(s))
}

func (p *Backend) joinedBackData(s kernel.ConvBackData, j kernel.ConvGeom, m int) *backend.Routine {
	return withJoined(s.ConvGeom, m, 0, p.convBackData(kernel.ConvBackData{ConvGeom: j}))
}

// joinedBackWeights computes the gradients of the joined weights and drops those of the zeros.
func (p *Backend) joinedBackWeights(s kernel.ConvBackWeights, j kernel.ConvGeom,
	m int) *backend.Routine {
	inner := p.convBackWeights(kernel.ConvBackWeights{ConvGeom: j})
	size := s.Weights().Size() * m
	outer := *inner
	outer.Scratch = inner.Scratch + size
	outer.Run = func(out []float32, in [][]float32, scratch []float32) {
		all := scratch[:size]
		inner.Run(all, in, scratch[size:])
		eachRun(s.ConvGeom, m, func(to, from, n int) { copy(out[from:from+n], all[to:to+n]) })
	}
	return &outer
}
