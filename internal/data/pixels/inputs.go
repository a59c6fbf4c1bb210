package pixels

import "slices"

// Inputs is memory for square inputs of a network: either normalised values, or the pixels, for a
// network that normalises them itself. These are a quarter of the size.
type Inputs struct {
	// X is float32 with the axes (N,3,Size,Size), R, G, B, normalised by Norm; nil where there are
	// Bytes.
	X []float32
	// Bytes has the axes (N,Size,Size,3).
	Bytes []byte
	Size  int
	Norm  *Normalizer
}

// NewInputs makes room for n inputs, as bytes or as normalised values.
func NewInputs(n, size int, norm *Normalizer, bytes bool) Inputs {
	in := Inputs{Size: size, Norm: norm}
	if bytes {
		in.Bytes = make([]byte, n*in.values())
	} else {
		in.X = make([]float32, n*in.values())
	}
	return in
}

// values is the number of values of one input.
func (in Inputs) values() int { return 3 * in.Size * in.Size }

// Range is the memory of the inputs from one up to before another, which may be beyond those that
// in has, within its capacity.
func (in Inputs) Range(from, to int) Inputs {
	from, to = from*in.values(), to*in.values()
	if in.Bytes != nil {
		in.Bytes = in.Bytes[:cap(in.Bytes)][from:to]
	} else {
		in.X = in.X[:cap(in.X)][from:to]
	}
	return in
}

// Copy copies as many inputs of the same form as there is room for, and gives how many values
// these are.
func (in Inputs) Copy(from Inputs) int { return copy(in.X, from.X) + copy(in.Bytes, from.Bytes) }

// Clone is a copy.
func (in Inputs) Clone() Inputs {
	in.X, in.Bytes = slices.Clone(in.X), slices.Clone(in.Bytes)
	return in
}

// Put writes the pixels of m from (x,y) on to the memory of one input, mirrored if flip is true. It
// is an error if the square leaves the image.
func (in Inputs) Put(m *RGB, x, y int, flip bool) error {
	if in.Bytes != nil {
		return m.Crop(in.Bytes, x, y, in.Size, flip)
	}
	return in.Norm.Put(in.X, m, x, y, in.Size, flip)
}

// Values are the inputs as normalised values, as a copy.
func (in Inputs) Values() []float32 {
	if in.Bytes == nil {
		return append([]float32(nil), in.X...)
	}
	x, per := make([]float32, len(in.Bytes)), in.values()
	for at := 0; at+per <= len(x); at += per {
		in.Norm.Planes(x[at:][:per], in.Bytes[at:][:per])
	}
	return x
}
