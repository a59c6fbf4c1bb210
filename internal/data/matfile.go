package data

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unicode/utf16"
)

// readMeta reads the synsets of the leaf classes of the ILSVRC2012 devkit's meta.mat by
// ILSVRC2012_ID, 1 to 1000: its variable synsets, a struct array with the fields
// ILSVRC2012_ID, WNID and num_children.
func readMeta(file string) (map[int]string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxMat {
		return nil, fmt.Errorf("%s: has %d bytes, more than %d", file, info.Size(), maxMat)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	synsets, err := parseMeta(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return synsets, nil
}

// maxMat bounds a MAT file, and what it unpacks to, in bytes.
const maxMat = 64 << 20

// Types and classes of MATLAB's level 5 MAT-file format.
const (
	miInt8, miUint8, miInt16, miUint16, miInt32, miUint32 = 1, 2, 3, 4, 5, 6
	miSingle, miDouble                                    = 7, 9
	miMatrix, miCompressed, miUTF8, miUTF16               = 14, 15, 16, 17
	mxStruct, mxChar                                      = 2, 4
)

func parseMeta(raw []byte) (map[int]string, error) {
	const header = 128
	if len(raw) < header || raw[126] != 'I' || raw[127] != 'M' {
		return nil, errors.New("is no little-endian MAT-file of level 5")
	}
	for rest := matReader(raw[header:]); len(rest) > 0; {
		kind, body, err := rest.next()
		if err != nil {
			return nil, err
		}
		if kind == miCompressed {
			if kind, body, err = unpackMat(body); err != nil {
				return nil, err
			}
		}
		if kind != miMatrix {
			continue
		}
		m, err := parseMatrix(body)
		if err != nil {
			return nil, err
		}
		if m.name == "synsets" && m.class == mxStruct {
			return m.leaves()
		}
	}
	return nil, errors.New("has no struct array synsets")
}

// unpackMat reads the one element of a compressed one.
func unpackMat(body []byte) (kind uint32, inner matReader, err error) {
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxMat))
	if err != nil {
		return 0, nil, err
	}
	all := matReader(raw)
	return all.next()
}

// matReader is what is left of a sequence of elements.
type matReader []byte

// next takes an element: a tag of type and length, and its bytes, padded to eight.
func (r *matReader) next() (kind uint32, body matReader, err error) {
	b := *r
	if len(b) < 8 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	kind, n := binary.LittleEndian.Uint32(b), uint64(binary.LittleEndian.Uint32(b[4:]))
	if small := kind >> 16; small != 0 { // up to four bytes in the tag itself
		if small > 4 {
			return 0, nil, fmt.Errorf("small element of %d bytes", small)
		}
		*r = b[8:]
		return kind & 0xffff, b[4 : 4+small], nil
	}
	if n > uint64(len(b)-8) {
		return 0, nil, io.ErrUnexpectedEOF
	}
	end := 8 + n
	if kind != miCompressed {
		end = min((end+7)&^7, uint64(len(b)))
	}
	*r = b[end:]
	return kind, b[8 : 8+n], nil
}

// matrix is a variable or a field's value: its parts after flags, dimensions and name.
type matrix struct {
	class uint32
	count int
	name  string
	parts matReader
}

func parseMatrix(body matReader) (*matrix, error) {
	_, flags, err := body.next()
	if err != nil || len(flags) < 4 {
		return nil, errors.New("matrix without flags")
	}
	_, dims, err := body.next()
	if err != nil {
		return nil, err
	}
	m := &matrix{class: uint32(flags[0]), count: 1}
	for ; len(dims) >= 4; dims = dims[4:] {
		n := int(binary.LittleEndian.Uint32(dims))
		if n > maxClasses || m.count > maxClasses {
			return nil, errors.New("matrix is too large")
		}
		m.count *= n
	}
	_, name, err := body.next()
	m.name, m.parts = string(name), body
	return m, err
}

// leaves are the synsets without children by number.
func (m *matrix) leaves() (map[int]string, error) {
	names, err := m.fields()
	if err != nil {
		return nil, err
	}
	synsets := map[int]string{}
	for range m.count {
		id, children, synset := math.NaN(), 0.0, ""
		for _, name := range names {
			kind, body, err := m.parts.next()
			if err != nil || kind != miMatrix {
				return nil, fmt.Errorf("field %s of synsets is not there", name)
			}
			value, err := parseMatrix(body)
			if err != nil {
				return nil, err
			}
			switch name {
			case "ILSVRC2012_ID":
				id, err = value.number()
			case "num_children":
				children, err = value.number()
			case "WNID":
				synset, err = value.text()
			}
			if err != nil {
				return nil, fmt.Errorf("field %s: %w", name, err)
			}
		}
		if children != 0 {
			continue
		}
		n := int(id)
		if !(id >= 1 && id <= maxClasses) || !isSynset(synset) || synsets[n] != "" {
			return nil, fmt.Errorf("class %v with the synset %q is none, or is there twice", id, synset)
		}
		synsets[n] = synset
	}
	return synsets, nil
}

// fields are the names of a struct's fields, in the order of the values.
func (m *matrix) fields() ([]string, error) {
	_, length, err := m.parts.next()
	if err != nil || len(length) < 4 {
		return nil, errors.New("struct without a length of field names")
	}
	n := int(binary.LittleEndian.Uint32(length))
	_, all, err := m.parts.next()
	if err != nil || n < 1 || n > 1<<10 || len(all) == 0 || len(all)%n != 0 {
		return nil, errors.New("struct without field names")
	}
	var names []string
	for ; len(all) > 0; all = all[n:] {
		name, _, _ := bytes.Cut(all[:n], []byte{0})
		names = append(names, string(name))
	}
	return names, nil
}

// number reads a scalar, which MATLAB stores in the smallest type that holds it.
func (m *matrix) number() (float64, error) {
	kind, b, err := m.parts.next()
	if err != nil {
		return 0, err
	}
	order := binary.LittleEndian
	switch {
	case kind == miInt8 && len(b) == 1:
		return float64(int8(b[0])), nil
	case kind == miUint8 && len(b) == 1:
		return float64(b[0]), nil
	case kind == miInt16 && len(b) == 2:
		return float64(int16(order.Uint16(b))), nil
	case kind == miUint16 && len(b) == 2:
		return float64(order.Uint16(b)), nil
	case kind == miInt32 && len(b) == 4:
		return float64(int32(order.Uint32(b))), nil
	case kind == miUint32 && len(b) == 4:
		return float64(order.Uint32(b)), nil
	case kind == miSingle && len(b) == 4:
		return float64(math.Float32frombits(order.Uint32(b))), nil
	case kind == miDouble && len(b) == 8:
		return math.Float64frombits(order.Uint64(b)), nil
	}
	return 0, fmt.Errorf("type %d of %d bytes is not one number", kind, len(b))
}

// text reads a row of characters.
func (m *matrix) text() (string, error) {
	kind, b, err := m.parts.next()
	switch {
	case err != nil:
		return "", err
	case m.class != mxChar:
		return "", errors.New("is not text")
	case kind == miUTF8, kind == miInt8, kind == miUint8:
		return string(b), nil
	case kind == miUint16 || kind == miUTF16:
		var units []uint16
		for ; len(b) >= 2; b = b[2:] {
			units = append(units, binary.LittleEndian.Uint16(b))
		}
		return string(utf16.Decode(units)), nil
	}
	return "", fmt.Errorf("type %d is not text", kind)
}
