package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"acol/internal/atomicfile"
)

// WriteSafetensorsFile writes d to path, whole or not at all. See WriteSafetensors.
func WriteSafetensorsFile(path string, d *StateDict) error {
	return atomicfile.Write(path, func(w io.Writer) error { return WriteSafetensors(w, d) })
}

// WriteSafetensors writes d as the reference implementation does: tensors by descending element
// size and type, then by name; the header padded with spaces to 8 bytes; metadata sorted. The same
// tensors and metadata make the same bytes, whatever order they were set in.
func WriteSafetensors(w io.Writer, d *StateDict) error {
	names := slices.Clone(d.names)
	slices.SortFunc(names, func(a, b string) int {
		place := func(name string) int { return slices.Index(dtypes, d.tensors[name].DType) }
		return cmp.Or(place(a)-place(b), strings.Compare(a, b))
	})
	head, err := appendHeader(d, names)
	if err != nil {
		return err
	}
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

// appendHeader makes the length and the JSON header.
func appendHeader(d *StateDict, names []string) ([]byte, error) {
	b := append(make([]byte, 8), '{')
	var err error
	if len(d.Metadata) > 0 {
		if b, err = appendMetadata(b, d.Metadata); err != nil {
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
