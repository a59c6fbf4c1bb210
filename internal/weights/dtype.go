package weights

import "math"

// DType is the type of a tensor's elements, by its name in safetensors.
type DType string

// The element types that state dicts hold.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"  // IEEE 754 binary16
	BF16 DType = "BF16" // the upper half of a float32
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U8   DType = "U8"
	Bool DType = "BOOL" // one byte, 0 or 1
)

// dtypes holds every DType in the order in which the reference safetensors writer lays tensors out.
var dtypes = []DType{I64, F64, F32, I32, BF16, F16, I16, I8, U8, Bool}

// Size returns the number of bytes of one element, 0 for a type that this package does not know.
func (d DType) Size() int {
	switch d {
	case F64, I64:
		return 8
	case F32, I32:
		return 4
	case F16, BF16, I16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

// Float reports whether the type is a floating-point type, as those of parameters are.
func (d DType) Float() bool { return d == F64 || d == F32 || d == F16 || d == BF16 }

// byteSize returns the number of bytes of a tensor; ok is false for an unknown type, a negative
// dimension or an overflow.
func byteSize(d DType, shape []int) (n int64, ok bool) {
	if d.Size() == 0 {
		return 0, false
	}
	if n, ok = count(shape); !ok {
		return 0, false
	}
	return mul(n, int64(d.Size()))
}

// count returns the number of elements of a shape; ok is false for a negative dimension or an
// overflow.
func count(shape []int) (n int64, ok bool) {
	n = 1
	for _, s := range shape {
		if n, ok = mul(n, int64(s)); !ok {
			return 0, false
		}
	}
	return n, true
}

// mul multiplies two numbers that must not be negative; ok is false where one is, or where the
// product overflows.
func mul(a, b int64) (n int64, ok bool) {
	if a < 0 || b < 0 || (a > 0 && b > math.MaxInt64/a) {
		return 0, false
	}
	return a * b, true
}
