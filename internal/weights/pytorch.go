package weights

import (
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
)

// Views may repeat elements of a storage, as those of expanded tensors and of tied weights do, so
// that tensors may take more bytes than the file: at most maxExpansion times as many, plus
// expansionFloor.
const (
	maxExpansion   = 16
	expansionFloor = 1 << 20
)

// storages gives the bytes of the storages in a PyTorch file, by their keys.
type storages interface {
	// bytes returns how many bytes a storage has.
	bytes(key string) (int64, error)
	// load reads a storage.
	load(key string) ([]byte, error)
}

// newPyTorch finds the state dict in the object that a file's pickle describes, and checks every
// tensor against the storages.
func newPyTorch(format Format, size int64, object any, s storages) (*File, error) {
	f := &File{info: Info{Format: format, Size: size}, metadata: map[string]string{}}
	state, err := findStateDict(object, f)
	if err != nil {
		return nil, err
	}
	var views []*view // nil for a tensor of a type that this package does not read
	for _, key := range state.keys {
		if o, ok := state.values[key].(*opaque); ok && o.dtype != "" {
			n, _ := count(o.shape)
			e := Entry{Name: key, DType: o.dtype, Shape: o.shape, Parameters: n}
			f.entries, views = append(f.entries, e), append(views, nil)
			continue
		}
		v, ok := asView(state.values[key])
		if !ok {
			f.aside(key, state.values[key])
			continue
		}
		n, _ := byteSize(v.storage.dtype, v.shape)
		f.entries = append(f.entries, Entry{
			Name: key, DType: v.storage.dtype, Shape: v.shape,
			Parameters: int64(v.numel()), Bytes: n,
		})
		views = append(views, v)
	}
	f.tensor, err = readViews(s, size, f.entries, views)
	return f, err
}

// readViews checks the storage of each view and returns the function that reads tensor i. Memory
// stays in proportion to the file's size: storages that overlap are refused, and so are more views
// of one than maxExpansion allows.
func readViews(
	s storages, size int64, entries []Entry, views []*view,
) (func(i int) (Tensor, error), error) {
	uses := map[string]int{}
	var stored, expanded int64
	most := expansionFloor + maxExpansion*size
	for i, v := range views {
		if v == nil {
			continue
		}
		n, err := s.bytes(v.storage.key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", quote(entries[i].Name), err)
		}
		elements := v.storage.base + v.storage.numel
		want, ok := mul(elements, int64(v.storage.dtype.Size()))
		if !ok || want > n || want < n && !v.storage.part {
			return nil, fmt.Errorf("%s: storage of %d elements of %s, "+
				"but the file has %d bytes for it",
				quote(entries[i].Name), elements, v.storage.dtype, n)
		}
		if uses[v.storage.key]++; uses[v.storage.key] == 1 {
			stored += n
		}
		if entries[i].Bytes > most-expanded || stored > size {
			return nil, fmt.Errorf("%s: tensors of more than %d bytes, or overlapping entries, "+
				"in a file of %d bytes", quote(entries[i].Name), most, size)
		}
		expanded += entries[i].Bytes
	}
	shared := map[string][]byte{} // storages of several tensors are read once
	return func(i int) (Tensor, error) {
		v := views[i]
		if v == nil {
			return Tensor{}, fmt.Errorf("dtype %s not supported", quote(string(entries[i].DType)))
		}
		raw, ok := shared[v.storage.key]
		if !ok {
			var err error
			if raw, err = s.load(v.storage.key); err != nil {
				return Tensor{}, err
			}
			if uses[v.storage.key] > 1 {
				shared[v.storage.key] = raw
			}
		}
		if uses[v.storage.key] > 1 || !v.whole(len(raw)) {
			raw = v.contiguous(raw)
		}
		return Tensor{DType: v.storage.dtype, Shape: slices.Clone(v.shape), Raw: raw}, nil
	}, nil
}

// stateKeys are the names under which training scripts keep the state dict, the least ambiguous
// first.
var stateKeys = []string{
	"state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params",
}

// findStateDict returns the dict of tensors: the object itself, or its entry under one of the names
// that training scripts use, or such an entry of that entry. The entries beside it go into f's
// metadata and info.
func findStateDict(object any, f *File) (*dict, error) {
	d, ok := object.(*dict)
	if !ok {
		return nil, fmt.Errorf("the file holds %s, want a state dict: "+
			"torch.save(model.state_dict(), path)", describe(object))
	}
	const depth = 3 // a dict can hold itself
	for range depth {
		key := d.stateKey()
		if key == "" {
			if d.hasTensor() || len(d.keys) == 0 {
				return d, nil
			}
			break
		}
		for _, k := range d.keys {
			if k != key {
				f.aside(k, d.values[k])
			}
		}
		if f.info.Key != "" {
			f.info.Key += "."
		}
		f.info.Key += key
		d = d.values[key].(*dict)
	}
	keys := make([]string, len(d.keys))
	for i, k := range d.keys {
		keys[i] = quote(k)
	}
	return nil, fmt.Errorf("no tensors in the file, nor under state_dict, model or the like; "+
		"it has: %s", Abbreviate(keys))
}

// stateKey returns the name of the entry that is the state dict or contains it. It is "" where d is
// the state dict itself, or where there is none. An entry with tensors is preferred even where d
// has a tensor too: a best accuracy is often one.
func (d *dict) stateKey() string {
	leads := ""
	for _, key := range slices.Backward(stateKeys) {
		inner, ok := d.values[key].(*dict)
		if ok && (inner.hasTensor() || leads == "" || !d.values[leads].(*dict).hasTensor()) {
			leads = key
		}
	}
	if leads != "" && d.hasTensor() && !d.values[leads].(*dict).hasTensor() {
		return ""
	}
	return leads
}

func (d *dict) hasTensor() bool {
	for _, v := range d.values {
		if _, ok := asView(v); ok {
			return true
		}
	}
	return false
}

// aside keeps a number or a text as metadata, and of anything else its name.
func (f *File) aside(key string, v any) {
	switch v := v.(type) {
	case string:
		f.metadata[key] = v
	case bool:
		f.metadata[key] = strconv.FormatBool(v)
	case int64:
		f.metadata[key] = strconv.FormatInt(v, 10)
	case *big.Int:
		f.metadata[key] = v.String()
	case float64:
		f.metadata[key] = strconv.FormatFloat(v, 'g', -1, 64)
	case *opaque:
		f.info.Skipped = append(f.info.Skipped, key+" ("+string(v.class)+")")
	default:
		f.info.Skipped = append(f.info.Skipped, key)
	}
}

// extents are the storages of a file that holds their bytes one after the other, without an
// archive.
type extents struct {
	r     io.ReaderAt
	size  int64 // of the file
	spans map[string]extent
}

// extent is the place of a storage: its first byte in the file and its length in bytes.
type extent struct{ at, n int64 }

func (e *extents) bytes(key string) (int64, error) {
	s, ok := e.spans[key]
	if !ok {
		return 0, fmt.Errorf("no storage %s in the file", quote(key))
	}
	return s.n, nil
}

func (e *extents) load(key string) ([]byte, error) {
	s, ok := e.spans[key]
	if !ok {
		return nil, fmt.Errorf("no storage %s in the file", quote(key))
	}
	b := make([]byte, s.n)
	return b, readAt(e.r, b, s.at)
}

// add reads the number of elements at offset at and remembers the place of the storage behind it.
// It returns where the storage ends.
func (e *extents) add(key string, d DType, at int64) (end int64, err error) {
	n, err := readInt64(e.r, at, e.size)
	if err != nil {
		return 0, fmt.Errorf("storage %s: %w", quote(key), err)
	}
	at += 8
	bytes, ok := mul(n, int64(d.Size()))
	if !ok || bytes > e.size-at {
		return 0, fmt.Errorf("storage %s of %d elements of %s, but %d bytes are left in the file: "+
			"truncated or damaged", quote(key), n, d, e.size-at)
	}
	if _, twice := e.spans[key]; twice {
		return 0, fmt.Errorf("storage %s comes twice", quote(key))
	}
	e.spans[key] = extent{at, bytes}
	return at + bytes, nil
}
