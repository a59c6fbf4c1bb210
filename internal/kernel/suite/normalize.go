package suite

import (
	"math/rand/v2"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

var normalizations = family{
	cases: func() []kernel.Spec {
		return []kernel.Spec{
			kernel.Normalize{N: 1, H: 1, W: 1}, kernel.Normalize{N: 2, H: 3, W: 5},
			kernel.Normalize{N: 3, H: 17, W: 9},
		}
	},
	large: []kernel.Spec{kernel.Normalize{N: 4, H: 40, W: 33}},
	suit: func(rng *rand.Rand, s kernel.Spec, in [][]float32) {
		if n, ok := s.(kernel.Normalize); ok {
			for i := range bytesOf(n, in) {
				bytesOf(n, in)[i] = byte(rng.IntN(kernel.ByteValues))
			}
		}
	},
	reference: func(s kernel.Spec, in [][]float32) []float64 {
		n, ok := s.(kernel.Normalize)
		if !ok {
			return nil
		}
		x, y := bytesOf(n, in), make([]float64, kernel.Elements(s.Out()))
		each(kernel.Shape4(s.Out()), func(i, image, c, h, w int) {
			v := x[((image*n.H+h)*n.W+w)*3+c]
			y[i] = float64(in[1][c*kernel.ByteValues+int(v)])
		})
		return y
	},
	defined: []defined{{
		"the first and the last value of each colour", kernel.Normalize{N: 1, H: 1, W: 2},
		[][]float32{packed(0, 255, 1, 255, 0, 254), numbered(3 * kernel.ByteValues)},
		[]float64{0, 255, 511, 256, 513, 766},
	}},
}

// bytesOf is the images of a Normalize.
func bytesOf(s kernel.Normalize, in [][]float32) []byte {
	return backend.AsBytes(in[0], 3*s.N*s.H*s.W)
}

// packed is memory that holds bytes.
func packed(values ...byte) []float32 {
	words := make([]float32, backend.WordsOfBytes(len(values)))
	copy(backend.AsBytes(words, len(values)), values)
	return words
}

// numbered is 0, 1, 2 and so on.
func numbered(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i)
	}
	return x
}
