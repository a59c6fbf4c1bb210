package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// legacyMagic is the first pickle of a file that PyTorch 0.1.10 to 1.5 wrote.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

const legacyVersion = 1001

// openLegacy reads a file of PyTorch 0.1.10 to 1.5. It has five pickles one after the other (magic
// number, version, the system that wrote it, the object, the list of storage keys), then each
// storage as its number of elements (8 bytes) and its bytes.
func openLegacy(r io.ReaderAt, size int64) (*File, error) {
	// One more pickle than the object, and the short ones before them, fit into the bytes ahead.
	in := make([]byte, min(size, 2*maxPickle))
	if err := readAt(r, in, 0); err != nil {
		return nil, err
	}
	p := &pickles{in: in}
	magic, ok := p.next("magic number", noPersistent).(*big.Int)
	if p.err == nil && (!ok || magic.Cmp(legacyMagic) != 0) {
		return nil, errors.New("a pickle that torch.save did not write")
	}
	if v := p.next("version", noPersistent); p.err == nil && v != any(int64(legacyVersion)) {
		return nil, fmt.Errorf("legacy format of version %v, want %d", v, legacyVersion)
	}
	if err := checkLittleEndian(p.next("system information", noPersistent), p.err); err != nil {
		return nil, err
	}
	types := map[string]DType{}
	persist := func(id any) (any, error) { return legacyStorage(id, types) }
	object := p.next("object", persist)
	keys, ok := p.next("storage keys", noPersistent).(*list)
	if p.err != nil {
		return nil, p.err
	}
	if !ok {
		return nil, errors.New("no list of storage keys")
	}
	e := &extents{r: r, size: size, spans: map[string]extent{}}
	at := int64(p.pos)
	var err error
	for _, k := range keys.items {
		key, _ := k.(string)
		d, known := types[key]
		if !known {
			return nil, fmt.Errorf("storage key %s, which no tensor has", describe(k))
		}
		if at, err = e.add(key, d, at); err != nil {
			return nil, err
		}
	}
	return newPyTorch(LegacyFormat, size, object, e)
}

// pickles reads several pickles that follow each other. After an error it reads no more.
type pickles struct {
	in  []byte
	pos int
	err error
}

func (p *pickles) next(what string, persist func(any) (any, error)) any {
	if p.err != nil {
		return nil
	}
	in := p.in[p.pos:]
	v, n, err := unpickle(in[:min(len(in), maxPickle)], persist)
	if err != nil {
		p.err = fmt.Errorf("%s: %w", what, err)
	}
	p.pos += n
	return v
}

// checkLittleEndian checks the byte order in what the writer of a file says of its machine.
func checkLittleEndian(info any, err error) error {
	if err != nil {
		return err
	}
	d, ok := info.(*dict)
	if !ok {
		return fmt.Errorf("the system information is %s, want a dict", describe(info))
	}
	if d.values["little_endian"] == any(false) {
		return errors.New("byte order big not supported: re-save it on a little-endian machine")
	}
	return nil
}

// legacyStorage reads a persistent id: ("storage", type, key, device, number of elements, view),
// where view is None or (key, offset, number of elements), or the class and source text of a
// module, which it does not look at. It notes the type of each key.
func legacyStorage(id any, types map[string]DType) (any, error) {
	t, ok := id.(tuple)
	if ok && len(t) == 4 && t[0] == any("module") {
		if g, ok := t[1].(global); ok {
			return g, nil
		}
	}
	if !ok || len(t) != 6 || t[0] != any("storage") {
		return nil, fmt.Errorf("got %s, want the six parts of a storage", describe(id))
	}
	v, err := storageOf(t)
	if o, ok := v.(*opaque); ok && o.class == untypedStorage && t[5] == nil {
		key, _ := t[2].(string)
		types[key] = U8 // whose bytes nobody reads
		return o, nil
	}
	s, known := v.(*storage)
	if err != nil || !known {
		if err == nil {
			err = fmt.Errorf("storage type %s not supported", describe(t[1]))
		}
		return nil, err
	}
	if old, twice := types[s.key]; twice && old != s.dtype {
		return nil, fmt.Errorf("storage %s is of %s and of %s", quote(s.key), old, s.dtype)
	}
	types[s.key] = s.dtype
	if t[5] == nil {
		return s, nil
	}
	part, ok := t[5].(tuple)
	if !ok || len(part) != 3 {
		return nil, fmt.Errorf("a view of a storage is %s, want a key, an offset and a length",
			describe(t[5]))
	}
	return s.slice(part[1], part[2])
}

// slice returns the n elements of a storage from base on.
func (s *storage) slice(base, n any) (*storage, error) {
	from, ok1 := base.(int64)
	count, ok2 := n.(int64)
	if !ok1 || !ok2 || from < 0 || count < 0 || from > s.numel || count > s.numel-from {
		return nil, fmt.Errorf("storage %s: a part from %v of length %v leaves its %d elements",
			quote(s.key), base, n, s.numel)
	}
	part := &storage{key: s.key, dtype: s.dtype, numel: count, base: s.base + from, part: true}
	return part, nil
}

// readInt64 reads 8 bytes at an offset of a file of that size.
func readInt64(r io.ReaderAt, at, size int64) (int64, error) {
	var b [8]byte
	if at < 0 || at > size-8 {
		return 0, errors.New("the file ends before it: truncated or damaged")
	}
	err := readAt(r, b[:], at)
	return int64(binary.LittleEndian.Uint64(b[:])), err
}
