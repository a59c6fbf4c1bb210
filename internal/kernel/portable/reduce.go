package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// rowBlocks cuts the N*H*W rows of an activation into blocks for sums over them. Each block is
// summed in float32 and the sums of the blocks in float64, so that rounding does not grow with the
// number of rows, and no result depends on the number of threads.
type rowBlocks struct {
	rows, c     int
	size, count int // rows of a block, blocks
}

const (
	blockElements = 1 << 14 // stays in the caches for a second look
	minBlockRows  = 16      // keeps the partial sums small beside the tensor
	maxBlockRows  = 256
)

func newRowBlocks(x kernel.Shape4) rowBlocks {
	b := rowBlocks{rows: x[0] * x[2] * x[3], c: x[1]}
	b.size = min(max(blockElements/b.c, minBlockRows), maxBlockRows)
	b.count = (b.rows + b.size - 1) / b.size
	return b
}

// span is the range of elements of block i.
func (b rowBlocks) span(i int) (lo, hi int) {
	return i * b.size * b.c, min((i+1)*b.size, b.rows) * b.c
}

// len is how many rows block i has.
func (b rowBlocks) len(i int) int { return min(b.size, b.rows-i*b.size) }

// total sums column at of the blocks' partial results, whose rows lie stride apart.
func (b rowBlocks) total(parts []float32, at, stride int) float64 {
	t := 0.0
	for i := range b.count {
		t += float64(parts[i*stride+at])
	}
	return t
}

func (p *Backend) channelSum(s kernel.ChannelSum) *backend.Routine {
	b := newRowBlocks(s.X)
	c := b.c
	var y, x, parts []float32
	partial := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			e0, e1 := b.span(i)
			p.isa.vec.sum(parts[i*c:][:c], x[e0:e1])
		}
	}
	finish := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			y[i] = float32(b.total(parts, i, c))
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: plain, InPlace: -1, Scratch: b.count * c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, x, parts = out, in[0], scratch
			p.Parallel(b.count, 1, partial)
			p.Parallel(c, channelGrain, finish)
		},
	}
}

// channelGrain is how many channels a thread takes at a time, so that no two threads write to one
// cache line.
const channelGrain = 64

func (p *Backend) globalAvgPool(s kernel.GlobalAvgPool) *backend.Routine {
	img := s.X
	img[0] = 1
	b := newRowBlocks(img)
	n, c := s.X[0], b.c
	var y, x, parts []float32
	partial := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			e0, e1 := b.span(i % b.count)
			at := i / b.count * b.rows * c
			p.isa.vec.sum(parts[i*c:][:c], x[at+e0:at+e1])
		}
	}
	finish := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range c {
				y[i*c+j] = float32(b.total(parts[i*b.count*c:], j, c) / float64(b.rows))
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: plain, InPlace: -1, Scratch: n * b.count * c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, x, parts = out, in[0], scratch
			p.Parallel(n*b.count, 1, partial)
			p.Parallel(n, rowGrain(c*b.count), finish)
		},
	}
}

func (p *Backend) globalAvgPoolBack(s kernel.GlobalAvgPoolBack) *backend.Routine {
	var dx, dy []float32
	c, hw := s.X[1], s.X[2]*s.X[3]
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			img := dx[i*hw*c:][:hw*c]
			for j, v := range dy[i*c:][:c] {
				img[j] = float32(float64(v) / float64(hw))
			}
			for r := c; r < hw*c; r += c {
				copy(img[r:][:c], img)
			}
		}
	}
	return &backend.Routine{
		In: layouts{plain}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, dy = out, in[0]
			p.Parallel(s.X[0], rowGrain(hw*c), body)
		},
	}
}
