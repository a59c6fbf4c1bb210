package stablehlo

import "acol/internal/kernel"

// normalize gathers each value's entry of the table, which makes the bits of the host's. Arithmetic
// would not: compilers multiply by one over a divisor.
func normalize(b *builder, s kernel.Normalize, in []value) value {
	x := b.transpose(b.toInt(in[0]), 0, 3, 1, 2)
	at := b.add(x, b.binary("multiply", b.iota(x.shape, 1), b.fillInt(kernel.ByteValues, x.shape)))
	table := b.reshape(in[1], []int{3 * kernel.ByteValues})
	return b.line(s.Out(), "f32", `"stablehlo.gather"(%s, %s) <{dimension_numbers = `+
		`#stablehlo.gather<collapsed_slice_dims = [0], start_index_map = [0], `+
		`index_vector_dim = 4>, slice_sizes = array<i64: 1>}> : (%s, %s) -> %s`,
		table.name, at.name, table.typ(), at.typ(), tensor(s.Out(), "f32"))
}
