package stablehlo

import (
	"math"
	"slices"

	"acol/internal/kernel"
)

// window folds windows of float32 of four axes with add or maximum. apart spreads the elements.
func (b *builder) window(
	op string, x value, size, strides, apart []int, pad [][2]int, shape []int,
) value {
	start := b.scalar(neutral[op])
	return b.line(shape, "f32", `"stablehlo.reduce_window"(%s, %s) <{base_dilations = %s, `+
		`padding = %s, window_dilations = array<i64: 1, 1, 1, 1>, window_dimensions = %s, `+
		`window_strides = %s}> ({
    ^bb0(%%a: tensor<f32>, %%b: tensor<f32>):
      %%m = stablehlo.%s %%a, %%b : tensor<f32>
      stablehlo.return %%m : tensor<f32>
    }) : (%s, tensor<f32>) -> %s`, x.name, start.name, array(apart...), pads(pad), array(size...),
		array(strides...), op, x.typ(), tensor(shape, "f32"))
}

// one is a stride, a window or a distance of one along four axes.
var one = []int{1, 1, 1, 1}

// pool folds the windows of a pool. The padding behind is what the output's size takes.
func (b *builder) pool(op string, g kernel.PoolGeom, x value) value {
	behind := func(in, out, k, stride, pad int) int { return max(0, (out-1)*stride+k-in-pad) }
	pad := [][2]int{
		{0, 0}, {0, 0}, {g.PadH, behind(g.H, g.OH, g.KH, g.StrideH, g.PadH)},
		{g.PadW, behind(g.W, g.OW, g.KW, g.StrideW, g.PadW)},
	}
	return b.window(op, x, []int{1, 1, g.KH, g.KW}, []int{1, 1, g.StrideH, g.StrideW}, one, pad,
		[]int{g.N, g.C, g.OH, g.OW})
}

func maxPool(b *builder, s kernel.MaxPool, in []value) value {
	return b.pool("maximum", s.PoolGeom, in[0])
}

// maxPoolBack finds the winner of each window among its taps in raster order, and adds dy to the
// winners tap by tap, each tap a shifted copy of the windows. All of it is done element by element,
// which XLA joins into a few loops. StableHLO's own select_and_scatter adds in no fixed order on
// GPUs, where XLA refuses it if results must be repeatable.
func maxPoolBack(b *builder, s kernel.MaxPoolBack, in []value) value {
	t := &taps{b: b, g: s.PoolGeom, dy: in[1]}
	// Minus infinity around the input up to where the last window ends.
	endH, endW := (s.OH-1)*s.StrideH+s.KH, (s.OW-1)*s.StrideW+s.KW
	t.x = b.pad(in[0], math.Inf(-1), []int{0, 0, s.PadH, s.PadW},
		[]int{0, 0, endH - s.PadH - s.H, endW - s.PadW - s.W}, []int{0, 0, 0, 0})
	t.rows, t.cols = b.iota(t.dy.shape, 2), b.iota(t.dy.shape, 3)
	winner := t.winner()
	var sum value
	for i := range s.KH {
		for j := range s.KW {
			if g := t.share(winner, i, j); sum.name == "" {
				sum = g
			} else {
				sum = b.add(sum, g)
			}
		}
	}
	return sum
}

// taps are the elements of max pool's windows: tap (i,j) is row i, column j of each.
type taps struct {
	b          *builder
	g          kernel.PoolGeom
	x, dy      value
	rows, cols value // of each window
}

// inside says for which windows a tap lies in the input, along one axis on which the windows have
// the places at.
func (t *taps) inside(at value, tap, stride, pad, n int) value {
	first := 0
	if pad > tap {
		first = (pad - tap + stride - 1) / stride
	}
	last := -1
	if n-1+pad >= tap {
		last = (n - 1 + pad - tap) / stride
	}
	return t.b.and(t.b.compare("GE", at, t.b.fillInt(first, at.shape)),
		t.b.compare("LE", at, t.b.fillInt(last, at.shape)))
}

// number is the number of a tap, for each window. It takes a byte where the window is small enough,
// since it goes through memory.
func (t *taps) number(n int) value {
	elem := "i8"
	if t.g.KH*t.g.KW > math.MaxInt8 {
		elem = "i32"
	}
	return t.b.fillWhole(n, elem, t.dy.shape)
}

// winner is the number of the tap that each window's gradient goes to: of the first maximum, or of
// the last NaN; -1 for a window without elements.
func (t *taps) winner() value {
	b, g, shape := t.b, t.g, t.dy.shape
	none := t.number(-1)
	best, winner := b.fill(math.Inf(-1), shape), none
	for i := range g.KH {
		for j := range g.KW {
			v := b.strided(t.x, []int{0, 0, i, j}, shape, []int{1, 1, g.StrideH, g.StrideW})
			wins := b.or(b.compare("GT", v, best), b.compare("NE", v, v))
			wins = b.or(wins, b.compare("EQ", winner, none)) // minus infinity wins against nothing
			wins = b.and(wins, b.and(t.inside(t.rows, i, g.StrideH, g.PadH, g.H),
				t.inside(t.cols, j, g.StrideW, g.PadW, g.W)))
			best = b.choose(wins, v, best)
			winner = b.choose(wins, t.number(i*g.KW+j), winner)
		}
	}
	return winner
}

// share is dy of the windows that tap (i,j) has won, at its place in the input.
func (t *taps) share(winner value, i, j int) value {
	b, g := t.b, t.g
	won := b.compare("EQ", winner, t.number(i*g.KW+j))
	v := b.choose(won, t.dy, b.fill(0, t.dy.shape))
	before := []int{0, 0, i - g.PadH, j - g.PadW}
	behind := []int{
		0, 0, g.H - ((g.OH-1)*g.StrideH + 1) - before[2],
		g.W - ((g.OW-1)*g.StrideW + 1) - before[3],
	}
	return b.pad(v, 0, before, behind, []int{0, 0, g.StrideH - 1, g.StrideW - 1})
}

func avgPool(b *builder, s kernel.AvgPool, in []value) value {
	return b.times(b.pool("add", s.PoolGeom, in[0]), 1/float64(s.KH*s.KW))
}

// avgPoolBack sums dy, its elements a stride apart, over windows of the pool's size.
func avgPoolBack(b *builder, s kernel.AvgPoolBack, in []value) value {
	dy := b.times(in[0], 1/float64(s.KH*s.KW))
	pad := [][2]int{
		{0, 0}, {0, 0}, around(s.H, s.OH, s.KH, s.StrideH, 1, s.PadH),
		around(s.W, s.OW, s.KW, s.StrideW, 1, s.PadW),
	}
	return b.window("add", dy, []int{1, 1, s.KH, s.KW}, one, []int{1, 1, s.StrideH, s.StrideW}, pad,
		slices.Clone(s.Out()))
}

func globalAvgPool(b *builder, s kernel.GlobalAvgPool, in []value) value {
	return b.times(b.reduce("add", in[0], 2, 3), 1/float64(s.X[2]*s.X[3]))
}

func globalAvgPoolBack(b *builder, s kernel.GlobalAvgPoolBack, in []value) value {
	return b.spread(b.times(in[0], 1/float64(s.X[2]*s.X[3])), s.X[:], 0, 1)
}
