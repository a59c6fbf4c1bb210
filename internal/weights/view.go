package weights

import (
	"fmt"
	"math"
)

// maxRank bounds the number of axes; PyTorch itself stops at 64.
const maxRank = 64

// view is a tensor in a storage: its element (i, j, ...) is element offset + i*strides[0] +
// j*strides[1] + ... of the storage.
type view struct {
	storage *storage
	offset  int64 // in elements, as the strides are; from the start of what the file stores
	shape   []int
	strides []int64
}

// viewOf reads the arguments of the function that rebuilds a tensor: (storage, offset, shape,
// strides[, requires_grad, hooks[, metadata]]).
func viewOf(args tuple) (*view, error) {
	if len(args) != 4 && len(args) != 6 && len(args) != 7 {
		return nil, fmt.Errorf("got %d arguments, want 4, 6 or 7", len(args))
	}
	s, ok1 := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	sizes, ok3 := integers(args[2])
	strides, ok4 := integers(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, fmt.Errorf("bad storage, offset, shape or strides")
	}
	return newView(s, offset, sizes, strides)
}

// newView makes a view and checks that it stays inside the storage.
func newView(s *storage, offset int64, sizes, strides []int64) (*view, error) {
	if offset < 0 || len(sizes) != len(strides) || len(sizes) > maxRank {
		return nil, fmt.Errorf("bad storage, offset, shape or strides")
	}
	v := &view{storage: s, strides: strides, shape: make([]int, len(sizes))}
	last, empty, overflow := offset, false, false
	for i, n := range sizes {
		if n < 0 || n > math.MaxInt || strides[i] < 0 {
			return nil, fmt.Errorf("bad storage, offset, shape or strides")
		}
		v.shape[i] = int(n)
		empty = empty || n == 0
		step, ok := mul(max(n-1, 0), strides[i])
		overflow = overflow || !ok || step > math.MaxInt64-last
		if !overflow {
			last += step
		}
	}
	if _, ok := byteSize(s.dtype, v.shape); !ok || !empty && (overflow || last >= s.numel) {
		return nil, fmt.Errorf("shape %s, strides %v and offset %d leave a storage of %d elements",
			shapeString(v.shape), strides, offset, s.numel)
	}
	if !empty {
		v.offset = s.base + offset
	}
	return v, nil
}

// integers reads a tuple of numbers from 0 to the largest int.
func integers(v any) ([]int64, bool) {
	t, ok := v.(tuple)
	out := make([]int64, 0, len(t))
	for _, x := range t {
		n, isInt := x.(int64)
		if !isInt || n < 0 || n > math.MaxInt {
			return nil, false
		}
		out = append(out, n)
	}
	return out, ok
}

// whole reports whether the view is all of the size bytes that are stored, in order, so that they
// can be the tensor's own. (A view of every element that stays inside has no offset.)
func (v *view) whole(size int) bool {
	return v.block() == 0 && v.numel()*v.storage.dtype.Size() == size
}

// numel returns the number of elements.
func (v *view) numel() int {
	n := 1
	for _, s := range v.shape {
		n *= s
	}
	return n
}

// block returns the first axis from which on the elements are stored in row-major order without
// gaps.
func (v *view) block() int {
	step := int64(1)
	axis := len(v.shape)
	for axis > 0 && (v.shape[axis-1] == 1 || v.strides[axis-1] == step) {
		axis--
		step *= int64(v.shape[axis])
	}
	return axis
}

// contiguous returns a copy of the view's elements in row-major order; raw is the storage.
func (v *view) contiguous(raw []byte) []byte {
	size := v.storage.dtype.Size()
	out := make([]byte, 0, v.numel()*size)
	if cap(out) == 0 {
		return out
	}
	outer := v.block()
	run := size
	for _, s := range v.shape[outer:] {
		run *= s
	}
	index := make([]int, outer)
	at := int(v.offset) * size
	for {
		out = append(out, raw[at:at+run]...)
		axis := outer - 1
		for ; axis >= 0; axis-- { // count up, last axis fastest
			step := int(v.strides[axis]) * size
			at += step
			if index[axis]++; index[axis] < v.shape[axis] {
				break
			}
			at -= index[axis] * step
			index[axis] = 0
		}
		if axis < 0 {
			return out
		}
	}
}
