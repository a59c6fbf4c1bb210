package portable

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/suite"
)

// TestTilesAddProductsOfRowsOrColumns checks each micro-kernel: with a by rows and by columns, gaps
// behind the rows of all three matrices, added to c or not.
func TestTilesAddProductsOfRowsOrColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, is := range isas() {
		for m := 1; m <= is.rows; m++ {
			for _, k := range []int{0, 1, 2, 37} {
				for _, byRows := range []bool{true, false} {
					for _, add := range []bool{true, false} {
						checkTile(t, rng, is.name, is.wides[m], m, is.wide, k, byRows, add)
						checkTile(t, rng, is.name, is.narrows[m], m, is.narrow, k, byRows, add)
					}
				}
			}
		}
	}
}

func checkTile(t *testing.T, rng *rand.Rand, name string, micro tile, m, n, k int, byRows,
	add bool) {
	rs, cs := k+3, 1
	if !byRows {
		rs, cs = 1, m+2
	}
	ldb, ldc := n+5, n+4
	a, b, c, bias := suite.Random(rng, m*rs+k*cs+1), suite.Random(rng,
		k*ldb+n), suite.Random(rng, m*ldc), suite.Random(rng, n)
	want := suite.Mapped(c, func(i int, v float64) float64 {
		row, col := i/ldc, i%ldc
		if col >= n {
			return v
		}
		if !add {
			v = 0
		}
		v += float64(bias[col])
		for l := range k {
			v += float64(a[row*rs+l*cs]) * float64(b[l*ldb+col])
		}
		return v
	})
	micro(k, &a[0], rs*4, cs*4, &b[0], ldb*4, &c[0], ldc*4, &bias[0], add)
	t.Run(fmt.Sprintf("%s-%dx%dx%d-%v-%v", name, m, n, k, byRows, add),
		func(t *testing.T) { kerneltest.Close(t, c, want) })
}

// odd values and lengths for the loops over memory.
func oddValues(rng *rand.Rand, n int) []float32 {
	inf, nan, huge := float32(math.Inf(1)), float32(math.NaN()), float32(math.MaxFloat32)
	special := []float32{0, float32(math.Copysign(0, -1)), 1e-40, inf, -inf, nan,
		float32(math.Copysign(math.NaN(), -1)), huge}
	x := suite.Random(rng, n)
	for i := range x {
		if rng.IntN(4) == 0 {
			x[i] = special[rng.IntN(len(special))]
		}
	}
	return x
}

// TestVectorLoopsEqualThoseInGo holds each instruction set's loops to those in Go, on all lengths
// around a vector's.
func TestVectorLoopsEqualThoseInGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, is := range isas() {
		for n := range 41 {
			x, y := oddValues(rng, n), oddValues(rng, n)
			for name, f := range map[string][2]func(z, x, y []float32){
				"relu": {func(z, x, _ []float32) { is.vec.relu(z, x) },
					func(z, x, _ []float32) { reluGo(z, x) }},
				"reluBack": {is.vec.reluBack, reluBackGo},
				"add":      {is.vec.add, addGo},
			} {
				got, want := make([]float32, n), make([]float32, n)
				f[0](got, x, y)
				f[1](want, x, y)
				t.Run(fmt.Sprintf("%s-%s-%d", is.name, name, n), func(t *testing.T) { checkSame(t, got, want) })
			}
		}
		for c := 1; c <= 40; c++ {
			checkRowLoops(t, rng, is, c)
		}
	}
}

// checkSame allows another zero or NaN, nothing else.
func checkSame(t *testing.T, got, want []float32) {
	t.Helper()
	for i, v := range want {
		if got[i] != v && (got[i] == got[i] || v == v) {
			t.Fatalf("element %d is %g, want %g", i, got[i], v)
		}
	}
}

func checkRowLoops(t *testing.T, rng *rand.Rand, is *isa, c int) {
	const rows = 7
	x, dy := suite.Random(rng, rows*c), suite.Random(rng, rows*c)
	mean, k1 := suite.Random(rng, c), suite.Random(rng, c)
	k2, k3 := suite.Random(rng, c), suite.Random(rng, c)
	check := func(name string, n int, f func(v *vectors, out []float32)) {
		t.Run(fmt.Sprintf("%s-%s-%d", is.name, name, c), func(t *testing.T) {
			got, want := make([]float32, n), make([]float32, n)
			f(&is.vec, got)
			f(&goVectors, want)
			kerneltest.Close(t, got, suite.Mapped(want, func(_ int, v float64) float64 { return v }))
		})
	}
	check("affine", rows*c, func(v *vectors, out []float32) { v.affine(out, x, mean, k1, k2) })
	check("blend", rows*c, func(v *vectors, out []float32) { v.blend(out, dy, x, mean, k1, k2, k3) })
	check("scale", rows*c, func(v *vectors, out []float32) { v.scale(out, x, k1) })
	check("sum", c, func(v *vectors, out []float32) { v.sum(out, x) })
	check("sqdev", c, func(v *vectors, out []float32) { v.sqdev(out, x, mean) })
	check("dot", 2*c, func(v *vectors, out []float32) { v.dot(out[:c], out[c:], dy, x, mean) })
	check("copyRows", rows*(c+2),
		func(v *vectors, out []float32) { v.copyRows(out, c+2, x, c, c, rows) })
	check("transpose8", 8*9, func(v *vectors, out []float32) {
		if c >= 8 {
			v.transpose8(out, 9, append(x, x...), c)
		}
	})
	check("maxWindow", c, func(v *vectors, out []float32) { v.maxWindow(out, x, 2, 2, c, 3*c) })
	check("maxWindowBack", rows*c,
		func(v *vectors, out []float32) { v.maxWindowBack(out, x, dy[:c], 2, 2, c, 3*c, 1, 2) })
}
