package npy

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"acol/internal/half"
	"acol/internal/regular"
)

// ReadFile reads the array in the file at path, which must hold that and nothing else. See Read.
// Errors name the path.
func ReadFile(path string, maxElements int) (Array, error) {
	f, err := regular.Open(path)
	if err != nil {
		return Array{}, fmt.Errorf("reading array: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<16)
	a, err := Read(r, maxElements)
	if err == nil {
		if _, more := r.ReadByte(); !errors.Is(more, io.EOF) {
			err = errors.New(".npy file goes on after its array")
		}
	}
	if err != nil {
		return Array{}, fmt.Errorf("reading array %s: %w", path, err)
	}
	return a, nil
}

// Read reads one array of at most maxElements elements, of either byte order and either memory
// order, and nothing behind it. Memory stays in proportion to the bytes that r really has.
func Read(r io.Reader, maxElements int) (Array, error) {
	h, err := readHeader(r)
	if err != nil {
		return Array{}, err
	}
	n, err := count(h.shape, maxElements)
	if err != nil {
		return Array{}, fmt.Errorf(".npy header: %w", err)
	}
	a := Array{Shape: h.shape}
	var order binary.ByteOrder = binary.LittleEndian
	kind := h.descr
	if kind != "" {
		switch kind[0] {
		case '>':
			order = binary.BigEndian
			kind = kind[1:]
		case '<', '|', '=':
			kind = kind[1:]
		}
	}
	switch kind {
	case "f8":
		a.DType = "float64"
		a.Data, err = elements(r, h, n, 8, func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) })
	case "f4":
		a.DType = "float32"
		a.Data, err = elements(r, h, n, 4, func(b []byte) float32 { return math.Float32frombits(order.Uint32(b)) })
	case "f2":
		a.DType = "float16"
		a.Data, err = elements(r, h, n, 2, func(b []byte) float32 { return half.Float16(order.Uint16(b)) })
	case "i8":
		a.DType = "int64"
		a.Data, err = elements(r, h, n, 8, func(b []byte) int64 { return int64(order.Uint64(b)) })
	case "i4":
		a.DType = "int32"
		a.Data, err = elements(r, h, n, 4, func(b []byte) int32 { return int32(order.Uint32(b)) })
	case "u1":
		a.DType = "uint8"
		a.Data, err = elements(r, h, n, 1, func(b []byte) uint8 { return b[0] })
	case "b1":
		a.DType = "bool"
		a.Data, err = elements(r, h, n, 1, func(b []byte) bool { return b[0] != 0 })
	default:
		return Array{}, fmt.Errorf(".npy dtype %q not supported: want float16 to float64, int32, int64, uint8 or bool", h.descr)
	}
	if err != nil {
		return Array{}, err
	}
	return a, nil
}

// elements reads n elements of size bytes in pieces, so that a short file costs little whatever its
// header claims.
func elements[T any](r io.Reader, h header, n, size int, decode func([]byte) T) ([]T, error) {
	const piece = 1 << 13
	buf := make([]byte, min(n, piece)*size)
	out := make([]T, 0, min(n, piece))
	for len(out) < n {
		b := buf[:min(n-len(out), piece)*size]
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, truncated(err)
		}
		for i := 0; i < len(b); i += size {
			out = append(out, decode(b[i:]))
		}
	}
	if h.fortran {
		out = rowMajor(out, h.shape)
	}
	return out, nil
}

// rowMajor reorders an array whose first axis runs fastest.
func rowMajor[T any](in []T, shape []int) []T {
	out := slices.Clone(in)
	strides := make([]int, len(shape)) // of the input
	step := 1
	for i, s := range shape {
		strides[i] = step
		step *= s
	}
	index := make([]int, len(shape))
	at := 0
	for i := range out {
		out[i] = in[at]
		for axis := len(shape) - 1; axis >= 0; axis-- { // count up, last axis fastest
			at += strides[axis]
			if index[axis]++; index[axis] < shape[axis] {
				break
			}
			at -= index[axis] * strides[axis]
			index[axis] = 0
		}
	}
	return out
}
