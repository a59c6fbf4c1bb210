package weights

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// archive is the zip file that torch.save writes. NAME/data.pkl is a pickle that describes the
// object, NAME/data/KEY holds the bytes of each storage.
type archive struct {
	r       io.ReaderAt
	size    int64
	prefix  string // "NAME/"
	entries map[string]*zip.File
}

// openZip reads the directory and the pickle of an archive, and checks every tensor against the
// storages.
func openZip(r io.ReaderAt, size int64) (*File, error) {
	a, err := openArchive(r, size)
	if err != nil {
		return nil, err
	}
	text, err := a.read("data.pkl", maxPickle)
	if err != nil {
		return nil, err
	}
	object, _, err := unpickle(text, newStorage)
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	return newPyTorch(PyTorchFormat, size, object, a)
}

// openArchive reads the directory and checks its names: they are in one folder, no path leaves it,
// and none comes twice.
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
		if strings.HasPrefix(e.Name, "/") || strings.Contains(e.Name, `\`) ||
			slices.Contains(strings.Split(e.Name, "/"), "..") {
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
		return nil, errors.New("a TorchScript archive, which is not supported: " +
			"save model.state_dict() with torch.save")
	}
	return a, a.checkByteOrder()
}

func (a *archive) checkByteOrder() error {
	if a.entries[a.prefix+"byteorder"] == nil { // before PyTorch 2.1
		return nil
	}
	order, err := a.read("byteorder", 16)
	if err == nil && string(order) != "little" {
		err = fmt.Errorf("byte order %s not supported: re-save it on a little-endian machine",
			quote(string(order)))
	}
	return err
}

// lookup finds an entry and checks that its bytes are in the file without compression.
func (a *archive) lookup(name string) (e *zip.File, err error) {
	e = a.entries[a.prefix+name]
	switch {
	case e == nil:
		return nil, fmt.Errorf("zip archive: no entry %s", quote(name))
	case e.Method != zip.Store:
		return nil, fmt.Errorf("zip archive: %s is compressed, which torch.save never does: "+
			"re-save it with torch.save", quote(name))
	case e.CompressedSize64 != e.UncompressedSize64 || e.UncompressedSize64 > uint64(a.size):
		return nil, fmt.Errorf("zip archive: %s claims %d bytes in a file of %d",
			quote(name), e.UncompressedSize64, a.size)
	}
	return e, nil
}

// read returns the bytes of an entry of at most so many bytes, checked against its checksum.
func (a *archive) read(name string, most int64) ([]byte, error) {
	e, err := a.lookup(name)
	if err != nil {
		return nil, err
	}
	n := int64(e.UncompressedSize64)
	if n > most {
		return nil, fmt.Errorf("zip archive: %s has %d bytes, want at most %d",
			quote(name), n, most)
	}
	at, err := e.DataOffset()
	if err != nil || at > a.size-n {
		return nil, fmt.Errorf("zip archive: %s lies outside the file: truncated or damaged",
			quote(name))
	}
	b := make([]byte, n)
	if err := readAt(a.r, b, at); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(b) != e.CRC32 {
		return nil, fmt.Errorf("zip archive: the checksum of %s is wrong: the file is damaged",
			quote(name))
	}
	return b, nil
}

func (a *archive) bytes(key string) (int64, error) {
	e, err := a.lookup("data/" + key)
	if err != nil {
		return 0, err
	}
	return int64(e.UncompressedSize64), nil
}

func (a *archive) load(key string) ([]byte, error) { return a.read("data/"+key, a.size) }
