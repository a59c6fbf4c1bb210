package weights

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// maxHeader bounds the JSON header as the reference implementation does.
const maxHeader = 100_000_000

// looksLikeSafetensors tests the first bytes: the header's length (8 bytes, little endian), then
// the JSON object. The length leaves the upper half of its 8 bytes zero, which neither a zip
// archive nor a torch pickle does.
func looksLikeSafetensors(head []byte) bool {
	return len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint32(head[4:]) == 0
}

// openSafetensors reads the header and checks all of it as the reference implementation does:
// tensors laid end to end from the header to the end of the file, each of the bytes that its shape
// and dtype ask for.
func openSafetensors(r io.ReaderAt, size int64) (*File, error) {
	h, start, err := readHeader(r, size)
	if err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	// The data's order is the file's order; tensors without elements stay where the header has
	// them.
	slices.SortStableFunc(h.tensors, func(a, b headerTensor) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	sum, err := takeSums(h.metadata)
	if err != nil {
		return nil, err
	}
	f := &File{info: Info{Format: SafetensorsFormat, Size: size, Sum: sum}, metadata: h.metadata}
	var end uint64
	for _, t := range h.tensors {
		e, err := t.entry(end)
		if err != nil {
			return nil, fmt.Errorf("safetensors header: %s: %w", quote(t.name), err)
		}
		f.entries = append(f.entries, e)
		end = t.end
	}
	if want := uint64(size - start); end != want {
		return nil, fmt.Errorf("the tensors take %d bytes, the file has %d after its header: "+
			"truncated or damaged", end, want)
	}
	f.tensor = func(i int) (Tensor, error) {
		e := f.entries[i]
		if e.DType.Size() == 0 {
			return Tensor{}, fmt.Errorf("dtype %s not supported", quote(string(e.DType)))
		}
		t := Tensor{DType: e.DType, Shape: slices.Clone(e.Shape), Raw: make([]byte, e.Bytes)}
		return t, readAt(r, t.Raw, start+int64(h.tensors[i].begin))
	}
	return f, nil
}

// readHeader returns the parsed header and the offset of the data behind it.
func readHeader(r io.ReaderAt, size int64) (*header, int64, error) {
	var b [8]byte
	if size < int64(len(b)) {
		return nil, 0, errors.New("shorter than 8 bytes")
	}
	if err := readAt(r, b[:], 0); err != nil {
		return nil, 0, err
	}
	n := binary.LittleEndian.Uint64(b[:])
	if n > maxHeader {
		return nil, 0, fmt.Errorf("%d bytes, want at most %d", n, maxHeader)
	}
	if int64(n) > size-8 {
		err := fmt.Errorf("%d bytes, but the file has only %d: truncated or damaged", n, size)
		return nil, 0, err
	}
	text := make([]byte, n)
	if err := readAt(r, text, 8); err != nil {
		return nil, 0, err
	}
	if !utf8.Valid(text) {
		return nil, 0, errors.New("not UTF-8")
	}
	h, err := parseHeader(text)
	return h, 8 + int64(n), err
}

// entry checks the description, whose data must begin at byte want, and returns it as an Entry.
func (t headerTensor) entry(want uint64) (Entry, error) {
	switch {
	case t.begin > t.end:
		return Entry{}, fmt.Errorf("data offsets %d to %d run backwards", t.begin, t.end)
	case t.begin < want:
		return Entry{}, fmt.Errorf("data begins at %d and overlaps a tensor that ends at %d",
			t.begin, want)
	case t.begin > want:
		return Entry{}, fmt.Errorf("data begins at %d and leaves a hole after a tensor "+
			"that ends at %d", t.begin, want)
	}
	if t.dtype.Size() == 0 { // a newer type, of which the offsets alone say the size
		n, ok := count(t.shape)
		if !ok {
			return Entry{}, fmt.Errorf("the size of shape %s overflows", shapeString(t.shape))
		}
		return Entry{
			Name: t.name, DType: t.dtype, Shape: t.shape,
			Parameters: n, Bytes: int64(t.end - t.begin),
		}, nil
	}
	n, ok := byteSize(t.dtype, t.shape)
	if !ok {
		return Entry{}, fmt.Errorf("the size of shape %s overflows", quote(shapeString(t.shape)))
	}
	if uint64(n) != t.end-t.begin {
		return Entry{}, fmt.Errorf("shape %s of %s takes %d bytes, data offsets %d to %d have %d",
			quote(shapeString(t.shape)), t.dtype, n, t.begin, t.end, t.end-t.begin)
	}
	return Entry{
		Name: t.name, DType: t.dtype, Shape: t.shape,
		Parameters: n / int64(t.dtype.Size()), Bytes: n,
	}, nil
}
