package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"acol/internal/atomicfile"
)

// WriteFile writes an array to path, whole or not at all. See Write. Errors name the path.
func WriteFile[T float32 | float64](path string, shape []int, data []T) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, shape, data) })
}

// Write writes data (row-major) byte for byte as numpy.save writes the array of that shape and
// type. It is an error if shape and len(data) disagree.
func Write[T float32 | float64](w io.Writer, shape []int, data []T) error {
	n, err := count(shape, math.MaxInt)
	if err != nil || n != len(data) || len(shape) > maxRank {
		return fmt.Errorf("shape %v does not fit %d elements", shape, len(data))
	}
	const piece = 1 << 13
	wide := isFloat64[T]()
	descr, size := "<f4", 4
	if wide {
		descr, size = "<f8", 8
	}
	b := appendHeader(make([]byte, 0, max(256, min(n, piece)*size)), descr, shape)
	if _, err := w.Write(b); err != nil {
		return err
	}
	for len(data) > 0 {
		b = b[:0]
		k := min(len(data), piece)
		for _, v := range data[:k] {
			if wide {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(v)))
			} else {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
			}
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		data = data[k:]
	}
	return nil
}

func isFloat64[T float32 | float64]() bool {
	_, ok := any(T(0)).(float64)
	return ok
}
