package device_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/portable"
	"acol/internal/kernel/suite"
)

// equalParts fails where the replicas differ in one bit.
func equalParts(t *testing.T, what string, x []float32, replicas int) {
	t.Helper()
	n := len(x) / replicas
	for r := 1; r < replicas; r++ {
		if !suite.SameBits(x[:n], x[r*n:][:n]) {
			t.Errorf("%s: replica %d has %v, and the first %v", what, r, x[r*n:][:n], x[:n])
		}
	}
}

// What devices compute of their parts is what one computes of the whole batch.
func TestSeveralDevicesComputeWhatOneDoesOfTheWholeBatch(t *testing.T) {
	for _, n := range []int{2, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			g := &graph{Graph: backend.Graph{Replicas: n}}
			norm := normOnSeveral(g, n)
			guide := guideOnSeveral(g, n)
			out := g.run(t, openSeveral(t, n, backend.FP32))
			t.Run("batch norm", func(t *testing.T) { norm(t, out[:4]) })
			t.Run("guide loss", func(t *testing.T) { guide(t, out[4]) })
		})
	}
}

// normOnSeveral adds a batch norm, forward and backward, to a graph, and gives the test of its
// outputs.
func normOnSeveral(g *graph, n int) func(t *testing.T, out [][]float32) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	part, whole := kernel.Shape4{3, 5, 4, 2}, kernel.Shape4{3 * n, 5, 4, 2}
	const c, eps = 5, 1e-3
	x, dy := suite.Random(rng, whole.Size()), suite.Random(rng, whole.Size())
	for i := range x { // so that the parts have means of their own
		x[i] += float32(i/part.Size()) * 3
	}
	scale, shift := suite.Random(rng, c), suite.Random(rng, c)
	share := 1 / float32(n)
	xs, dys := g.leaf(x, true, part[:]...), g.leaf(dy, true, part[:]...)
	scales, shifts := g.leaf(scale, false, c), g.leaf(shift, false, c)
	own := g.compute(kernel.NormStats{X: part}, xs)
	stats := g.compute(kernel.PartStats{C: c, Share: share}, own)
	y := g.compute(kernel.Norm{X: part, Eps: eps}, xs, stats, scales, shifts)
	ownSums := g.compute(kernel.NormBackParams{X: part, Eps: eps}, xs, stats, dys)
	sums := g.compute(kernel.PartSums{C: c, Share: share}, ownSums)
	dx := g.compute(kernel.NormBackData{X: part, Eps: eps}, xs, stats, scales, sums, dys)
	total := g.compute(kernel.PartSum{Tensor: kernel.NewTensor([]int{2, c})}, ownSums)
	for _, i := range []int{stats, y, dx, total} {
		g.output(i, true)
	}
	return func(t *testing.T, out [][]float32) {
		t.Helper()
		wholeStats := suite.Reference(kernel.NormStats{X: whole}, [][]float32{x})
		rounded := kerneltest.Compute(t, portable.New(1), kernel.NormStats{X: whole},
			[][]float32{x})
		wholeSums := suite.Reference(kernel.NormBackParams{X: whole, Eps: eps},
			[][]float32{x, rounded, dy})
		sums32 := make([]float32, len(wholeSums))
		for i, v := range wholeSums {
			sums32[i] = float32(v)
		}
		kerneltest.Close(t, out[0], slices.Repeat(wholeStats, n))
		kerneltest.Close(t, out[1], suite.Reference(kernel.Norm{X: whole, Eps: eps},
			[][]float32{x, rounded, scale, shift}))
		kerneltest.Close(t, out[2], suite.Reference(kernel.NormBackData{X: whole, Eps: eps},
			[][]float32{x, rounded, scale, sums32, dy}))
		kerneltest.Close(t, out[3], slices.Repeat(wholeSums, n))
		equalParts(t, "statistics", out[0], n)
		equalParts(t, "sums", out[3], n)
	}
}

// guideOnSeveral adds a loss over positions that count to a graph, and gives the test of its
// output.
func guideOnSeveral(g *graph, n int) func(t *testing.T, out []float32) {
	rng := rand.New(rand.NewPCG(2, uint64(n)))
	part := kernel.GuideMask{N: 2, H: 3, W: 4}
	size := 2 * 3 * 4
	logits, mask := suite.Random(rng, n*size), make([]float32, n*size)
	for i := range mask { // the parts have other numbers of positions that count, the last none
		mask[i] = kernel.GuideIgnored
		if rng.IntN(n) >= i/size && i/size < n-1 {
			mask[i] = float32(rng.IntN(2))
		}
	}
	xs := g.leaf(logits, true, part.N, 1, part.H, part.W)
	ms := g.leaf(mask, true, part.N, 1, part.H, part.W)
	loss := g.compute(kernel.GuideLoss{N: part.N, H: part.H, W: part.W}, xs, ms)
	summand := g.compute(kernel.PartMean{N: part.N, H: part.H, W: part.W}, ms, loss)
	g.output(g.compute(kernel.PartSum{}, summand), false)
	return func(t *testing.T, out []float32) {
		t.Helper()
		kerneltest.Close(t, out, suite.Reference(
			kernel.GuideLoss{N: part.N * n, H: part.H, W: part.W}, [][]float32{logits, mask}))
	}
}

// The order of additions is one for all replicas and runs, also where several runs are under way.
func TestSumsOverDevicesAreTheSameBitsEverywhereAndAlways(t *testing.T) {
	const n, size, runs = 4, 50021, 6
	rng := rand.New(rand.NewPCG(3, 3))
	g := &graph{Graph: backend.Graph{Replicas: n}}
	x := g.leaf(suite.Random(rng, n*size), true, size)
	stats := g.leaf(suite.Random(rng, n*2*size), true, 2, size)
	g.output(g.compute(kernel.PartSum{Tensor: kernel.NewTensor([]int{size})}, x), true)
	g.output(g.compute(kernel.PartStats{C: size, Share: 1. / n}, stats), true)
	g.output(g.compute(kernel.PartSums{C: size, Share: 1. / n}, stats), true)
	p, err := openSeveral(t, n, backend.FP32).CompileGraph(g.Graph)
	if err != nil {
		t.Fatal(err)
	}
	var first [][]float32
	for run := range runs {
		for range 2 {
			if err := p.Start(g.in, true); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			out := g.place()
			if err := p.Finish(out); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = out
			}
			for i, v := range out {
				equalParts(t, fmt.Sprintf("run %d, output %d", run, i), v, n)
				if !suite.SameBits(v, first[i]) {
					t.Errorf("run %d: output %d is another than that of the first run", run, i)
				}
			}
		}
	}
}
