package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The tags that a page is read by.
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamples         = 277
	tagRowsPerStrip    = 278
	tagStripCounts     = 279
	tagPlanar          = 284
	tagT4Options       = 292
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileCounts      = 325
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagJPEGTables      = 347
	tagYCbCrSubsampled = 530
)

// errFormat is the error of a file that breaks the rules of TIFF.
var errFormat = errors.New("broken TIFF")

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errFormat, fmt.Sprintf(format, args...))
}

// sizes are the bytes of a value of each type of entry.
var sizes = [...]int{
	1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
	16: 8, 17: 8, 18: 8,
}

// entry is what a directory says of a tag: count values of a type, in the entry itself where they
// fit, and elsewhere in the file if not.
type entry struct {
	kind  uint16
	count uint64
	value []byte
}

// directory is the first directory of a file: it describes the first page.
type directory struct {
	r       io.ReaderAt
	size    int64 // of the file
	order   binary.ByteOrder
	big     bool // offsets have eight bytes
	entries map[uint16]entry
}

// maxEntries bounds the entries of a directory; a classic one cannot have more.
const maxEntries = 1 << 16

// readDirectory reads the header of a file of size bytes, and its first directory.
func readDirectory(r io.ReaderAt, size int64) (*directory, error) {
	d := &directory{r: r, size: size, entries: map[uint16]entry{}}
	head, err := d.read(0, 8)
	if err != nil {
		return nil, err
	}
	switch string(head[:4]) {
	case "II*\x00":
		d.order = binary.LittleEndian
	case "MM\x00*":
		d.order = binary.BigEndian
	case "II+\x00":
		d.order, d.big = binary.LittleEndian, true
	case "MM\x00+":
		d.order, d.big = binary.BigEndian, true
	default:
		return nil, broken("it does not begin as a TIFF")
	}
	at, number, width := uint64(d.order.Uint32(head[4:])), 2, 12
	if d.big {
		if head, err = d.read(8, 8); err != nil {
			return nil, err
		}
		at, number, width = d.order.Uint64(head), 8, 20
	}
	if head, err = d.read(at, uint64(number)); err != nil {
		return nil, err
	}
	n := d.number(head)
	if n > maxEntries {
		return nil, broken("a directory of %d entries", n)
	}
	table, err := d.read(at+uint64(number), n*uint64(width))
	if err != nil {
		return nil, err
	}
	for ; len(table) > 0; table = table[width:] {
		room := (width - 4) / 2
		e := entry{d.order.Uint16(table[2:]), d.number(table[4:][:room]), table[4+room : width]}
		if tag := d.order.Uint16(table); int(e.kind) < len(sizes) && sizes[e.kind] > 0 {
			d.entries[tag] = e
		}
	}
	return d, nil
}

// read reads n bytes of the file. It allocates no more than the file has.
func (d *directory) read(at, n uint64) ([]byte, error) {
	if at > uint64(d.size) || n > uint64(d.size)-at {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	_, err := d.r.ReadAt(b, int64(at))
	if err == io.EOF && n == 0 {
		err = nil
	}
	return b, err
}

// number reads a whole number that takes all of b: one, two, four or eight bytes.
func (d *directory) number(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(d.order.Uint16(b))
	case 4:
		return uint64(d.order.Uint32(b))
	}
	return d.order.Uint64(b)
}

// bytes reads the first values of a tag, at most most of them, as the file has them.
func (d *directory) bytes(tag uint16, most uint64) ([]byte, int, error) {
	e, ok := d.entries[tag]
	if !ok {
		return nil, 1, nil
	}
	size := sizes[e.kind]
	n := min(e.count, most) * uint64(size)
	if e.count <= uint64(len(e.value)/size) {
		return e.value[:n], size, nil
	}
	b, err := d.read(d.number(e.value), n)
	if err != nil {
		return nil, 1, fmt.Errorf("values of tag %d: %w", tag, err)
	}
	return b, size, nil
}

// numbers reads the first values of a tag, at most most of them; none where there is no such tag.
func (d *directory) numbers(tag uint16, most uint64) ([]uint64, error) {
	b, size, err := d.bytes(tag, most)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, 0, len(b)/size)
	for ; len(b) >= size; b = b[size:] {
		out = append(out, d.number(b[:size]))
	}
	return out, nil
}

// one reads the only value of a tag, which is other where there is none.
func (d *directory) one(tag uint16, other uint64) (uint64, error) {
	v, err := d.numbers(tag, 1)
	if err != nil || len(v) == 0 {
		return other, err
	}
	return v[0], nil
}
