package backend

// Layout is the physical order of a tensor's elements in memory and their number format, which is
// float32 unless a layout says otherwise.
type Layout uint16

const (
	// Any is a demand that accepts whatever layout the tensor has.
	Any Layout = iota
	// Plain is row-major in the order of the logical axes: (N,C,H,W), (O,I,KH,KW), (N,K), (C).
	Plain
	// NHWC stores a logical (N,C,H,W) tensor with channels innermost.
	NHWC
	// FirstOwn is the first of the layouts that a backend names for itself.
	FirstOwn
	// Bytes is Plain with a byte a value, of 0 to 255. As all tensors have memory of float32, each
	// word of it holds four values. No backend reorders it.
	Bytes Layout = 1<<16 - 1
)
