package weights

import (
	"archive/tar"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxTarParts bounds the storages and the tensors of a tar; reading each costs a small read.
const maxTarParts = 1 << 17

// tarFile is the tar archive of PyTorch before 0.1.10 and of torchvision's first files. Of its
// members, sys_info and pickle are pickles; storages and tensors hold a number and then as many
// records, each a pickle and binary data.
type tarFile struct {
	r       io.ReaderAt
	size    int64
	members map[string]extent
	data    *extents
	stores  map[int64]*storage
	views   map[string]*view
}

// openTar reads the four members and checks every tensor against the storages.
func openTar(r io.ReaderAt, size int64) (*File, error) {
	t := &tarFile{
		r: r, size: size, data: &extents{r: r, size: size, spans: map[string]extent{}},
		stores: map[int64]*storage{}, views: map[string]*view{},
	}
	if err := t.list(); err != nil {
		return nil, fmt.Errorf("tar archive: %w", err)
	}
	info, _, err := t.unpickle("sys_info", 0, maxPickle, noPersistent)
	if err := checkLittleEndian(info, err); err != nil {
		return nil, err
	}
	if err := t.readStorages(); err != nil {
		return nil, fmt.Errorf("tar archive: storages: %w", err)
	}
	if err := t.readTensors(); err != nil {
		return nil, fmt.Errorf("tar archive: tensors: %w", err)
	}
	object, _, err := t.unpickle("pickle", 0, maxPickle, t.persistent)
	if err != nil {
		return nil, err
	}
	return newPyTorch(TarFormat, size, object, t.data)
}

// list finds the members' places. The four have plain names; anything else is not extracted and so
// not looked at.
func (t *tarFile) list() error {
	t.members = map[string]extent{}
	section := io.NewSectionReader(t.r, 0, t.size)
	for tr := tar.NewReader(section); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if len(t.members) > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
				break // what is missing is named below
			}
			return err
		}
		// The reader takes whole blocks, so that this is where the data begins.
		at, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		sparse := h.PAXRecords["GNU.sparse.major"] != "" || h.PAXRecords["GNU.sparse.map"] != ""
		if h.Typeflag != tar.TypeReg || sparse {
			return fmt.Errorf("%s is not a plain file", quote(h.Name))
		}
		if _, twice := t.members[h.Name]; twice {
			return fmt.Errorf("%s comes twice", quote(h.Name))
		}
		if h.Size > t.size-at {
			return fmt.Errorf("%s has %d bytes, but %d are left in the file: truncated or damaged",
				quote(h.Name), h.Size, t.size-at)
		}
		t.members[h.Name] = extent{at, h.Size}
		if len(t.members) > 16 {
			return errors.New("more members than torch.save writes")
		}
	}
	for _, name := range []string{"sys_info", "storages", "tensors", "pickle"} {
		if _, ok := t.members[name]; !ok {
			return fmt.Errorf("no member %s: not a file of torch.save, or truncated", name)
		}
	}
	return nil
}

// unpickle reads the pickle at an offset of a member, of at most so many bytes, and gives the
// offset behind it.
func (t *tarFile) unpickle(
	member string, off int64, most int, persist func(any) (any, error),
) (any, int64, error) {
	m := t.members[member]
	b := make([]byte, min(m.n-off, int64(most)))
	if err := readAt(t.r, b, m.at+off); err != nil {
		return nil, 0, err
	}
	v, n, err := unpickle(b, persist)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: at byte %d: %w", member, off, err)
	}
	return v, off + int64(n), nil
}

// recordSize is more than the pickle in front of a storage or tensor takes.
const recordSize = 512

// records reads the number at the start of a member and calls each with every record's pickled
// tuple of three and the offset behind it; each returns where the record ends.
func (t *tarFile) records(
	member string, each func(args tuple, off int64) (int64, error),
) (off int64, err error) {
	v, off, err := t.unpickle(member, 0, recordSize, noPersistent)
	if err != nil {
		return 0, err
	}
	n, ok := v.(int64)
	if !ok || n < 0 || n > maxTarParts {
		return 0, fmt.Errorf("their number is %v, want 0 to %d", v, maxTarParts)
	}
	for range n {
		if v, off, err = t.unpickle(member, off, recordSize, noPersistent); err != nil {
			return 0, err
		}
		args, ok := v.(tuple)
		if !ok || len(args) != 3 {
			return 0, fmt.Errorf("a record is %s, want three values", describe(v))
		}
		if off, err = each(args, off); err != nil {
			return 0, err
		}
	}
	return off, nil
}

// readStorages reads records (key, device, type) with the storage's number of elements and bytes
// behind them, then a list of parts of storages: (key, key of the whole, offset, number of
// elements).
func (t *tarFile) readStorages() error {
	m := t.members["storages"]
	off, err := t.records("storages", func(args tuple, off int64) (int64, error) {
		key, ok := args[0].(int64)
		kind, _ := args[2].(global)
		d, known := storageTypes[kind]
		if !ok || !known {
			return 0, fmt.Errorf("key %s of type %s", describe(args[0]), describe(args[2]))
		}
		name := strconv.FormatInt(key, 10)
		end, err := t.data.add(name, d, m.at+off)
		if err != nil {
			return 0, err
		}
		t.stores[key] = &storage{key: name, dtype: d, numel: t.data.spans[name].n / int64(d.Size())}
		if end > m.at+m.n {
			return 0, fmt.Errorf("storage %s leaves the member", name)
		}
		return end - m.at, nil
	})
	if err != nil {
		return err
	}
	v, _, err := t.unpickle("storages", off, maxPickle, noPersistent)
	if err != nil {
		return err
	}
	parts, ok := v.(*list)
	if !ok {
		return fmt.Errorf("their parts are %s, want a list", describe(v))
	}
	for _, p := range parts.items {
		if err := t.addPart(p); err != nil {
			return err
		}
	}
	return nil
}

func (t *tarFile) addPart(p any) error {
	args, ok := p.(tuple)
	if !ok || len(args) != 4 {
		return fmt.Errorf("a part is %s, want four values", describe(p))
	}
	key, ok1 := args[0].(int64)
	root, ok2 := args[1].(int64)
	whole, ok3 := t.stores[root]
	if !ok1 || !ok2 || !ok3 {
		return fmt.Errorf("a part of storage %v, which the file lacks", args[1])
	}
	s, err := whole.slice(args[2], args[3])
	t.stores[key] = s
	return err
}

// readTensors reads records (key, storage's key, type) with the shape behind them: the number of
// axes (4 bytes, 4 unused), sizes, strides and the offset (8 bytes each).
func (t *tarFile) readTensors() error {
	m := t.members["tensors"]
	_, err := t.records("tensors", func(args tuple, off int64) (int64, error) {
		key, ok1 := args[0].(int64)
		id, ok2 := args[1].(int64)
		s, ok3 := t.stores[id]
		if !ok1 || !ok2 || !ok3 {
			return 0, fmt.Errorf("tensor %v of storage %v, which the file lacks", args[0], args[1])
		}
		in := io.NewSectionReader(t.r, m.at+off, m.n-off)
		var head struct{ Rank, Unused int32 }
		if err := binary.Read(in, binary.LittleEndian, &head); err != nil {
			return 0, fmt.Errorf("the member ends too early: %w", err)
		}
		rank := int(head.Rank)
		if rank < 0 || rank > maxRank {
			return 0, fmt.Errorf("tensor %d has %d axes, want 0 to %d", key, rank, maxRank)
		}
		numbers := make([]int64, 2*rank+1)
		if err := binary.Read(in, binary.LittleEndian, numbers); err != nil {
			return 0, fmt.Errorf("the member ends too early: %w", err)
		}
		v, err := newView(s, numbers[2*rank], numbers[:rank], numbers[rank:2*rank])
		if err != nil {
			return 0, fmt.Errorf("tensor %d: %w", key, err)
		}
		t.views[strconv.FormatInt(key, 10)] = v
		return off + int64(8+8*len(numbers)), nil
	})
	return err
}

// persistent looks up a tensor by its key, or gives the class of a module.
func (t *tarFile) persistent(id any) (any, error) {
	switch id := id.(type) {
	case tuple:
		if len(id) > 0 {
			if g, ok := id[0].(global); ok {
				return g, nil
			}
		}
	case string:
		if v, ok := t.views[id]; ok {
			return v, nil
		}
		return nil, fmt.Errorf("tensor %s, which the file lacks", quote(id))
	}
	return nil, fmt.Errorf("got %s, want a tensor's key", describe(id))
}
