package weights

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Views may repeat elements of a storage (an expanded tensor, tied weights), so tensors may take more bytes than the file: at most
// maxExpansion times as many plus expansionFloor.
const (
	maxExpansion   = 16
	expansionFloor = 1 << 20
)

// archive is the zip file that torch.save writes: NAME/data.pkl, a pickle that describes the object, and NAME/data/KEY for each storage.
type archive struct {
	r       io.ReaderAt
	size    int64
	prefix  string // "NAME/"
	entries map[string]*zip.File
}

// openPyTorch reads the archive's directory and its pickle and checks every tensor against the storages.
func openPyTorch(r io.ReaderAt, size int64) (*File, error) {
	a, err := openArchive(r, size)
	if err != nil {
		return nil, err
	}
	text, err := a.read("data.pkl", maxPickle)
	if err != nil {
		return nil, err
	}
	object, err := unpickle(text)
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	f := &File{info: Info{Format: PyTorchFormat, Size: size}, metadata: map[string]string{}}
	state, err := findStateDict(object, f)
	if err != nil {
		return nil, err
	}
	var views []*view
	for _, key := range state.keys {
		v, ok := state.values[key].(*view)
		if !ok {
			f.aside(key, state.values[key])
			continue
		}
		n, _ := byteSize(v.storage.dtype, v.shape)
		f.entries = append(f.entries, Entry{Name: key, DType: v.storage.dtype, Shape: v.shape, Parameters: int64(v.numel()), Bytes: n})
		views = append(views, v)
	}
	if f.tensor, err = a.tensors(f.entries, views); err != nil {
		return nil, err
	}
	return f, nil
}

// openArchive checks names: one folder, no path that leaves it, no name twice.
func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	z, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrFormat) {
		return nil, errors.New("the zip archive has no valid directory: truncated or damaged")
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("zip archive: %w", err)
	}
	a := &archive{r: r, size: size, entries: make(map[string]*zip.File, len(z.File))}
	for _, e := range z.File {
		if strings.HasPrefix(e.Name, "/") || strings.Contains(e.Name, `\`) || slices.Contains(strings.Split(e.Name, "/"), "..") {
			return nil, fmt.Errorf("zip archive: unsafe path %s", quote(e.Name))
		}
		if a.entries[e.Name] != nil {
			return nil, fmt.Errorf("zip archive: %s comes twice", quote(e.Name))
		}
		a.entries[e.Name] = e
		if folder, name, _ := strings.Cut(e.Name, "/"); name == "data.pkl" {
			if a.prefix != "" {
				return nil, errors.New("zip archive: more than one data.pkl")
			}
			a.prefix = folder + "/"
		}
	}
	switch {
	case a.prefix == "":
		return nil, errors.New("a zip archive without data.pkl, which torch.save did not write")
	case a.entries[a.prefix+"constants.pkl"] != nil:
		return nil, errors.New("a TorchScript archive, which is not supported: save model.state_dict() with torch.save")
	}
	return a, a.checkByteOrder()
}

func (a *archive) checkByteOrder() error {
	if a.entries[a.prefix+"byteorder"] == nil { // before PyTorch 2.1
		return nil
	}
	order, err := a.read("byteorder", 16)
	if err == nil && string(order) != "little" {
		err = fmt.Errorf("byte order %s not supported: re-save it on a little-endian machine", quote(string(order)))
	}
	return err
}

// lookup finds an entry and checks that its bytes lie in the file as they are.
func (a *archive) lookup(name string) (e *zip.File, err error) {
	e = a.entries[a.prefix+name]
	switch {
	case e == nil:
		return nil, fmt.Errorf("zip archive: no entry %s", quote(name))
	case e.Method != zip.Store:
		return nil, fmt.Errorf("zip archive: %s is compressed, which torch.save never does: re-save it with torch.save", quote(name))
	case e.CompressedSize64 != e.UncompressedSize64 || e.UncompressedSize64 > uint64(a.size):
		return nil, fmt.Errorf("zip archive: %s claims %d bytes in a file of %d", quote(name), e.UncompressedSize64, a.size)
	}
	return e, nil
}

// read returns an entry's bytes, checked against its checksum.
func (a *archive) read(name string, most int64) ([]byte, error) {
	e, err := a.lookup(name)
	if err != nil {
		return nil, err
	}
	n := int64(e.UncompressedSize64)
	if n > most {
		return nil, fmt.Errorf("zip archive: %s has %d bytes, want at most %d", quote(name), n, most)
	}
	at, err := e.DataOffset()
	if err != nil || at > a.size-n {
		return nil, fmt.Errorf("zip archive: %s lies outside the file: truncated or damaged", quote(name))
	}
	b := make([]byte, n)
	if err := readAt(a.r, b, at); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(b) != e.CRC32 {
		return nil, fmt.Errorf("zip archive: the checksum of %s is wrong: the file is damaged", quote(name))
	}
	return b, nil
}

// tensors checks each view's storage and returns the function that reads tensor i. The bounds keep memory in proportion to the file:
// overlapping entries and endless views of one storage are refused.
func (a *archive) tensors(entries []Entry, views []*view) (func(i int) (Tensor, error), error) {
	uses := map[string]int{}
	var stored, expanded int64
	most := expansionFloor + maxExpansion*a.size
	for i, v := range views {
		e, err := a.lookup("data/" + v.storage.key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", quote(entries[i].Name), err)
		}
		if n, ok := mul(v.storage.numel, int64(v.storage.dtype.Size())); !ok || uint64(n) != e.UncompressedSize64 {
			return nil, fmt.Errorf("%s: storage of %d elements of %s, but its entry in the archive has %d bytes",
				quote(entries[i].Name), v.storage.numel, v.storage.dtype, e.UncompressedSize64)
		}
		if uses[v.storage.key]++; uses[v.storage.key] == 1 {
			stored += int64(e.UncompressedSize64)
		}
		if entries[i].Bytes > most-expanded || stored > a.size {
			return nil, fmt.Errorf("%s: tensors of more than %d bytes, or overlapping entries, in a file of %d bytes", quote(entries[i].Name), most, a.size)
		}
		expanded += entries[i].Bytes
	}
	shared := map[string][]byte{} // storages of several tensors are read once
	return func(i int) (Tensor, error) {
		v := views[i]
		raw, ok := shared[v.storage.key]
		if !ok {
			var err error
			if raw, err = a.read("data/"+v.storage.key, a.size); err != nil {
				return Tensor{}, err
			}
			if uses[v.storage.key] > 1 {
				shared[v.storage.key] = raw
			}
		}
		if uses[v.storage.key] > 1 || !v.whole() {
			raw = v.contiguous(raw)
		}
		return Tensor{DType: v.storage.dtype, Shape: slices.Clone(v.shape), Raw: raw}, nil
	}, nil
}

// findStateDict returns the dict of tensors: the object itself, or its entry under one of the names that training scripts use. What lies
// beside that entry goes into f's metadata and info.
func findStateDict(object any, f *File) (*dict, error) {
	d, ok := object.(*dict)
	if !ok {
		return nil, fmt.Errorf("the file holds %s, want a state dict: torch.save(model.state_dict(), path)", describe(object))
	}
	if d.holdsTensors() {
		return d, nil
	}
	for _, key := range []string{"state_dict", "model_state_dict", "model"} {
		inner, ok := d.values[key].(*dict)
		if !ok || !inner.holdsTensors() {
			continue
		}
		f.info.Key = key
		for _, k := range d.keys {
			if k != key {
				f.aside(k, d.values[k])
			}
		}
		return inner, nil
	}
	keys := make([]string, len(d.keys))
	for i, k := range d.keys {
		keys[i] = quote(k)
	}
	return nil, fmt.Errorf("no tensors in the file, nor under state_dict, model_state_dict or model; it has: %s", Abbreviate(keys))
}

func (d *dict) holdsTensors() bool {
	for _, v := range d.values {
		if _, ok := v.(*view); ok {
			return true
		}
	}
	return len(d.keys) == 0
}

// aside keeps a number or a text as metadata and only the name of anything else.
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
	default:
		f.info.Skipped = append(f.info.Skipped, key)
	}
}
