package portable

// isa holds the inner loops for one instruction set.
type isa struct {
	name string
	vec  vectors

	// wides[i] and narrows[i], 0 < i <= rows, are the micro-kernels for tiles of i rows and of wide
	// or narrow columns.
	rows         int
	wide, narrow int
	wides        []tile
	narrows      []tile
}

// tile is a micro-kernel: with M rows and N columns fixed,
//
//	c[i][j] = bias[j] + sum over l < k of a[i][l]*b[l][j]  (+ c[i][j] with add)
//
// rs and cs are the distances between rows and between columns of a, ldb and ldc those between rows
// of b and of c, all in bytes.
type tile func(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int,
	bias *float32, add bool)

var goISA = &isa{
	name: "go", vec: goVectors,
	rows: 4, wide: 4, narrow: 4, wides: goTiles, narrows: goTiles,
}

// widest bounds the size of a tile: rows times columns.
const widest = 14 * 32
