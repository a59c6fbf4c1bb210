// Package npy reads and writes NumPy's .npy files (numpy.lib.format, versions 1 to 3): one array of
// numbers or booleans.
package npy

import "fmt"

// Array is an array read from a .npy file.
type Array struct {
	Shape []int // one length for each axis; empty for a scalar
	// DType is NumPy's name of the type in the file: float64, float32, float16, int64, int32, uint8
	// or bool.
	DType string
	// Data holds the elements row-major (C order): []float64, []float32 (also for float16),
	// []int64, []int32, []uint8 or []bool.
	Data any
}

// Float64s returns the elements as float64 in new memory. An int64 beyond 2^53 is rounded; all
// other types are exact. False and true are 0 and 1.
func (a Array) Float64s() []float64 {
	switch d := a.Data.(type) {
	case []float64:
		return convert[float64](d)
	case []float32:
		return convert[float64](d)
	case []int64:
		return convert[float64](d)
	case []int32:
		return convert[float64](d)
	case []uint8:
		return convert[float64](d)
	case []bool:
		return numbers[float64](d)
	}
	return nil
}

// Float32s returns the elements as float32 in new memory. Wider types are rounded to nearest. False
// and true are 0 and 1.
func (a Array) Float32s() []float32 {
	switch d := a.Data.(type) {
	case []float64:
		return convert[float32](d)
	case []float32:
		return convert[float32](d)
	case []int64:
		return convert[float32](d)
	case []int32:
		return convert[float32](d)
	case []uint8:
		return convert[float32](d)
	case []bool:
		return numbers[float32](d)
	}
	return nil
}

type float interface{ float32 | float64 }

func convert[To float, From float | int64 | int32 | uint8](in []From) []To {
	out := make([]To, len(in))
	for i, v := range in {
		out[i] = To(v)
	}
	return out
}

func numbers[To float](in []bool) []To {
	out := make([]To, len(in))
	for i, v := range in {
		if v {
			out[i] = 1
		}
	}
	return out
}

// count multiplies the lengths of a shape; no length and no product may be over most.
func count(shape []int, most int) (int, error) {
	n := 1
	for _, s := range shape {
		if s < 0 || s > most || (s > 0 && n > most/s) {
			return 0, fmt.Errorf("shape %v: want at most %d elements", shape, most)
		}
		n *= s
	}
	return n, nil
}
