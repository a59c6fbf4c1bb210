package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"acol/internal/regular"
)

// Format is a kind of weight file.
type Format string

// The formats that Open knows.
const (
	SafetensorsFormat Format = "safetensors"
	// PyTorchFormat is the zip archive that torch.save writes since PyTorch 1.6.
	PyTorchFormat Format = "pytorch"
	// LegacyFormat is the sequence of pickles that PyTorch 0.1.10 to 1.5 wrote.
	LegacyFormat Format = "pytorch-legacy"
	// TarFormat is the tar archive of PyTorch before 0.1.10 and of torchvision's first files.
	TarFormat Format = "pytorch-tar"
)

// Info describes a weight file.
type Info struct {
	Format Format
	Size   int64 // of the file, bytes
	// Key is the entry of a PyTorch checkpoint that holds the state dict, such as "state_dict" or
	// "model.net". It is empty where the file is a state dict itself.
	Key string
	// Skipped names the entries of a PyTorch file that are neither tensors nor metadata, such as
	// the state of an optimizer; those that are objects are followed by their class.
	Skipped []string
	// Sum is StateDict.Sum of the tensors as a safetensors file of acol carries it; "" where the
	// file has none. Whoever reads the state dict can rely on it.
	Sum string
}

// Entry describes one tensor of a file.
type Entry struct {
	Name string
	// DType may be one that this package does not read, whose Size is 0: Tensor is then an error,
	// and StateDict leaves the tensor out.
	DType      DType
	Shape      []int
	Parameters int64 // number of elements
	Bytes      int64 // 0 where a PyTorch file does not say
}

// File is an open weight file. Its directory has been read and checked; its tensors are read when
// they are asked for. It is not safe for concurrent use.
type File struct {
	info     Info
	metadata map[string]string
	entries  []Entry
	tensor   func(i int) (Tensor, error)
	closer   io.Closer
}

// FileError is of a file that is there and can be opened, but whose content cannot be used.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("reading weights %s: %v", e.Path, e.Err) }

// Unwrap returns what is wrong with the content.
func (e *FileError) Unwrap() error { return e.Err }

// Open reads the whole weight file at path, safetensors or .pth, which it tells apart by their
// content. Errors name the path, and are a *FileError where the content is at fault. A file of acol
// whose checksums are wrong is ErrDamaged.
func Open(path string) (*StateDict, Info, error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, Info{}, err
	}
	defer func() { _ = f.Close() }()
	d, err := f.StateDict()
	if err != nil {
		return nil, Info{}, &FileError{path, err}
	}
	return d, f.info, nil
}

// OpenFile reads and checks the directory of the weight file at path, the checksum of its metadata
// included, but no tensor's data. Close it after use.
func OpenFile(path string) (*File, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading weights: %w", err)
	}
	w, err := newOSFile(f)
	if err != nil {
		_ = f.Close()
		return nil, &FileError{path, err}
	}
	w.closer = f
	return w, nil
}

func newOSFile(f *os.File) (*File, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return NewFile(f, st.Size())
}

// NewFile does what OpenFile does for the size bytes of r. Memory stays in proportion to size
// whatever the bytes are.
func NewFile(r io.ReaderAt, size int64) (*File, error) {
	format, err := detect(r, size)
	if err != nil {
		return nil, err
	}
	switch format {
	case PyTorchFormat:
		return openZip(r, size)
	case LegacyFormat:
		return openLegacy(r, size)
	case TarFormat:
		return openTar(r, size)
	}
	return openSafetensors(r, size)
}

// Info returns the description of the file.
func (f *File) Info() Info { return f.info }

// Metadata returns the file's free text, as in StateDict.
func (f *File) Metadata() map[string]string { return f.metadata }

// Entries lists the tensors in the file's order.
func (f *File) Entries() []Entry { return f.entries }

// Tensor reads the tensor of Entries()[i].
func (f *File) Tensor(i int) (Tensor, error) {
	t, err := f.tensor(i)
	if err != nil {
		return Tensor{}, fmt.Errorf("%s: %w", quote(f.entries[i].Name), err)
	}
	return t, nil
}

// StateDict reads all tensors but those of StateDict.Unread. Where the file carries their checksum
// it has to be right: an error is else ErrDamaged. A tensor is summed while the next one is read.
func (f *File) StateDict() (*StateDict, error) {
	if f.info.Sum == "" {
		return f.stateDict(func(string, Tensor) {})
	}
	s := newSummer(len(f.entries))
	d, err := f.stateDict(s.add)
	sum := s.close()
	if err != nil {
		return nil, err
	}
	return d, f.compareSum(sum)
}

// stateDict reads all tensors that have a known type, and calls each for every one of them.
func (f *File) stateDict(each func(name string, t Tensor)) (*StateDict, error) {
	d := NewStateDict()
	d.Metadata = f.metadata
	for i, e := range f.entries {
		if e.DType.Size() == 0 {
			d.unread[e.Name] = e.DType
			continue
		}
		t, err := f.Tensor(i)
		if err != nil {
			return nil, err
		}
		d.Set(e.Name, t)
		each(e.Name, t)
	}
	return d, nil
}

// Close closes a file that OpenFile opened.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// detect recognises the format by the first bytes.
func detect(r io.ReaderAt, size int64) (Format, error) {
	if size == 0 {
		return "", errors.New("the file is empty")
	}
	head := make([]byte, min(size, 512))
	if err := readAt(r, head, 0); err != nil {
		return "", err
	}
	switch {
	case looksLikeSafetensors(head):
		return SafetensorsFormat, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return PyTorchFormat, nil
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return TarFormat, nil
	case len(head) > 2 && head[0] == 0x80 && head[1] <= 5:
		return LegacyFormat, nil
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return "", errors.New("a Git LFS pointer, not the file itself: fetch it with git lfs pull")
	}
	return "", errors.New("not a weight file: want safetensors or a .pth that torch.save wrote")
}

// readAt fills b from offset off; a short read is an error.
func readAt(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading %d bytes at %d: %w", len(b), off, err)
}
