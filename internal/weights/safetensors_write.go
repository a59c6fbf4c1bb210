package weights

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"acol/internal/atomicfile"
)

// WriteSafetensorsFile writes d to path, whole or not at all, with checksums in the metadata: Sum
// of the tensors, and one of the other metadata. Otherwise see WriteSafetensors.
func WriteSafetensorsFile(path string, d *StateDict) error {
	return WriteSafetensorsFiles(d, path)
}

// WriteSafetensorsFiles writes d to one path after the other as WriteSafetensorsFile does, up to
// the first error. The checksum of the tensors is computed once, while the first file is written.
func WriteSafetensorsFiles(d *StateDict, paths ...string) error {
	s := newSummer(d.Len())
	for _, name := range d.names {
		s.add(name, d.tensors[name])
	}
	sum := sync.OnceValue(s.close)
	defer sum() // after an error too: the summer reads the caller's memory
	for _, path := range paths {
		write := func(f *os.File) error { return writeSummed(f, d, sum) }
		if err := atomicfile.WriteFile(path, write); err != nil {
			return err
		}
	}
	return nil
}

// writeSummed writes d with its checksums. It asks for that of the tensors last, so that they are
// summed while they are written: the header first goes out with a sum of zeros, which has the same
// length.
func writeSummed(f *os.File, d *StateDict, sum func() string) error {
	names := writeOrder(d)
	head, err := appendHeader(d, withSums(d.Metadata, noSum), names)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := writeTensors(w, head, d, names); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if head, err = appendHeader(d, withSums(d.Metadata, sum()), names); err != nil {
		return err
	}
	_, err = f.WriteAt(head, 0)
	return err
}

// WriteSafetensors writes d as the reference implementation does, byte for byte and so without
// checksums: tensors by descending element size and type, then by name; the header padded with
// spaces to 8 bytes; metadata sorted. The same tensors and metadata make the same bytes, whatever
// order they were set in.
func WriteSafetensors(w io.Writer, d *StateDict) error {
	names := writeOrder(d)
	head, err := appendHeader(d, d.Metadata, names)
	if err != nil {
		return err
	}
	return writeTensors(w, head, d, names)
}

// writeOrder lists the names in the order in which the tensors lie in a file.
func writeOrder(d *StateDict) []string {
	names := slices.Clone(d.names)
	slices.SortFunc(names, func(a, b string) int {
		place := func(name string) int { return slices.Index(dtypes, d.tensors[name].DType) }
		return cmp.Or(place(a)-place(b), strings.Compare(a, b))
	})
	return names
}

// writeTensors writes the header and the tensors behind it.
func writeTensors(w io.Writer, head []byte, d *StateDict, names []string) error {
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, name := range names {
		if _, err := w.Write(d.tensors[name].Raw); err != nil {
			return err
		}
	}
	return nil
}

// appendHeader makes the length and the JSON header, with metadata in place of d's own.
func appendHeader(d *StateDict, metadata map[string]string, names []string) ([]byte, error) {
	b := append(make([]byte, 8), '{')
	var err error
	if len(metadata) > 0 {
		if b, err = appendMetadata(b, metadata); err != nil {
			return nil, err
		}
	}
	offset := 0
	for _, name := range names {
		t := d.tensors[name]
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", quote(name), err)
		}
		if name == "__metadata__" {
			return nil, fmt.Errorf("a tensor cannot be called %s", name)
		}
		b = comma(b)
		if b, err = appendString(b, name); err != nil {
			return nil, err
		}
		shape := strings.Trim(shapeString(t.Shape), "()")
		b = fmt.Appendf(b, `:{"dtype":"%s","shape":[%s],"data_offsets":[%d,%d]}`,
			t.DType, shape, offset, offset+len(t.Raw))
		offset += len(t.Raw)
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if len(b)-8 > maxHeader {
		return nil, fmt.Errorf("safetensors header: %d bytes, want at most %d", len(b)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	return b, nil
}

func appendMetadata(b []byte, m map[string]string) ([]byte, error) {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	b = append(b, `"__metadata__":{`...)
	var err error
	for _, key := range keys {
		b = comma(b)
		if b, err = appendString(b, key); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if b, err = appendString(b, m[key]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func comma(b []byte) []byte {
	if b[len(b)-1] == '{' {
		return b
	}
	return append(b, ',')
}

func appendString(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%s: not UTF-8", quote(s))
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), nil
}
