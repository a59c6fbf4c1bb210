package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"acol/internal/half"
)

// Tensor is a typed array as a weight file holds it.
type Tensor struct {
	DType DType
	Shape []int  // one length for each axis; empty for a scalar
	Raw   []byte // the elements, little endian, row-major
}

// FromFloat32s makes an F32 tensor; data (row-major) is copied. It is an error if shape and
// len(data) disagree.
func FromFloat32s(shape []int, data []float32) (Tensor, error) {
	raw := make([]byte, 4*len(data))
	if littleEndian && len(data) > 0 {
		bytes := (*byte)(unsafe.Pointer(unsafe.SliceData(data)))
		copy(raw, unsafe.Slice(bytes, len(raw)))
	} else {
		for i, v := range data {
			binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
		}
	}
	return newTensor(F32, shape, raw)
}

func newTensor(d DType, shape []int, raw []byte) (Tensor, error) {
	t := Tensor{DType: d, Shape: append([]int{}, shape...), Raw: raw}
	return t, t.check()
}

// check reports an unknown type, or a Raw that does not have as many bytes as type and shape ask
// for.
func (t Tensor) check() error {
	if t.DType.Size() == 0 {
		return fmt.Errorf("dtype %s not supported", quote(string(t.DType)))
	}
	want, ok := byteSize(t.DType, t.Shape)
	if !ok {
		return fmt.Errorf("impossible shape %s", shapeString(t.Shape))
	}
	if want != int64(len(t.Raw)) {
		return fmt.Errorf("shape %s of %s: got %d bytes, want %d",
			shapeString(t.Shape), t.DType, len(t.Raw), want)
	}
	return nil
}

// Len returns the number of elements.
func (t Tensor) Len() int {
	if size := t.DType.Size(); size > 0 {
		return len(t.Raw) / size
	}
	return 0
}

// Float32s returns the elements, row-major, in new memory. F16 and BF16 are exact; F64 and the
// wider integers are rounded to the nearest float32; false and true are 0 and 1. It is an error if
// DType, Shape and Raw disagree.
func (t Tensor) Float32s() ([]float32, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	out := make([]float32, t.Len())
	return out, t.CopyFloat32s(out)
}

// CopyFloat32s writes what Float32s returns into dst, which must have as many elements.
func (t Tensor) CopyFloat32s(dst []float32) error {
	if err := t.check(); err != nil {
		return err
	}
	if len(dst) != t.Len() {
		return fmt.Errorf("copying %d elements into %d", t.Len(), len(dst))
	}
	switch {
	case t.DType == F32 && littleEndian && len(dst) > 0:
		raw := (*byte)(unsafe.Pointer(unsafe.SliceData(dst)))
		copy(unsafe.Slice(raw, 4*len(dst)), t.Raw)
	case t.DType == F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Raw[4*i:]))
		}
	case t.DType == I64: // not through float64, which would round twice
		for i := range dst {
			dst[i] = float32(int64(binary.LittleEndian.Uint64(t.Raw[8*i:])))
		}
	default:
		for i := range dst {
			dst[i] = float32(t.at(i))
		}
	}
	return nil
}

// littleEndian says that numbers have the same bytes in this machine's memory as in Raw.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// NotFinite returns the index of the first element that is an infinity or NaN as a float32, or -1.
func (t Tensor) NotFinite() int {
	if t.DType == F32 {
		const exponent = 0x7f800000
		for i := 0; i+4 <= len(t.Raw); i += 4 {
			if binary.LittleEndian.Uint32(t.Raw[i:])&exponent == exponent {
				return i / 4
			}
		}
		return -1
	}
	for i := range t.Len() {
		if v := float32(t.at(i)); v-v != 0 {
			return i
		}
	}
	return -1
}

// at returns element i as a float64, exactly unless it is an I64 beyond 2^53.
func (t Tensor) at(i int) float64 {
	le := binary.LittleEndian
	switch t.DType {
	case F64:
		return math.Float64frombits(le.Uint64(t.Raw[8*i:]))
	case F32:
		return float64(math.Float32frombits(le.Uint32(t.Raw[4*i:])))
	case F16:
		return float64(half.Float16(le.Uint16(t.Raw[2*i:])))
	case BF16:
		return float64(half.BFloat16(le.Uint16(t.Raw[2*i:])))
	case I64:
		return float64(int64(le.Uint64(t.Raw[8*i:])))
	case I32:
		return float64(int32(le.Uint32(t.Raw[4*i:])))
	case I16:
		return float64(int16(le.Uint16(t.Raw[2*i:])))
	case I8:
		return float64(int8(t.Raw[i]))
	case Bool:
		if t.Raw[i] == 0 {
			return 0
		}
		return 1
	}
	return float64(t.Raw[i])
}

// shapeString writes a shape as PyTorch's users do: (64,3,7,7).
func shapeString(shape []int) string {
	s := make([]string, len(shape))
	for i, n := range shape {
		s[i] = strconv.Itoa(n)
	}
	return "(" + strings.Join(s, ",") + ")"
}

// quote makes a text from a file safe for a terminal and short enough for a message.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		s = s[:most] + "..."
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
