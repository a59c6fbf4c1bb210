// Package tiff reads the first page of a TIFF file as 8-bit grey or RGB: classic and BigTIFF,
// strips and tiles, samples together or in planes, of 1 to 64 bits, in the compressions that
// photographs and scans have. The pixels are those of Pillow's convert("RGB"), upright by the
// page's orientation. It reads rows as they are needed, so that a page takes little memory
// besides its pixels. What it does not read is an ErrUnsupported that says what the page has.
package tiff

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// ErrUnsupported is the cause of an error about a page that is sound but of a kind that this
// package does not read.
var ErrUnsupported = errors.New("kind of TIFF that acol does not read")

// unsupported says what a page has, in words that fit after "a TIFF".
func unsupported(format string, args ...any) error {
	return &unsupportedError{fmt.Sprintf(format, args...)}
}

type unsupportedError struct{ what string }

func (e *unsupportedError) Error() string { return "it is a TIFF " + e.what }

func (e *unsupportedError) Is(target error) bool { return target == ErrUnsupported }

// What a page's numbers mean: the values of PhotometricInterpretation.
const (
	whiteIsZero = 0
	blackIsZero = 1
	rgb         = 2
	palette     = 3
	cmyk        = 5
	ycbcr       = 6
)

// The formats of samples.
const (
	unsigned = 1
	signed   = 2
	floating = 3
)

// Page is the first page of a file. It holds what its directory says; pixels are read by Decode.
type Page struct {
	dir *directory
	// width and height are of the stored pixels; orientation is 1 to 8 and turns them.
	width, height, orientation int
	bits, samples, photometric int
	sampleFormat, compression  int
	predictor, t4Options       int
	planar, reversed           bool
	premultiplied              bool
	subX, subY                 int // of chroma; 1 unless photometric is ycbcr
	colors                     []uint8
	// A page is blocks of blockW x blockH pixels: strips, which reach from edge to edge, or tiles.
	blockW, blockH int
	tiles          bool
	spare          spare
}

// spare is memory that Decode uses for one block after the other: a page may have thousands.
type spare struct {
	in            *bufio.Reader
	raw, out, tmp []byte
}

// Open reads the directory of a file of size bytes.
func Open(r io.ReaderAt, size int64) (*Page, error) {
	dir, err := readDirectory(r, size)
	if err != nil {
		return nil, err
	}
	const room = 1 << 15
	p := &Page{dir: dir, spare: spare{in: bufio.NewReaderSize(nil, room)}}
	if err := p.readFields(); err != nil {
		return nil, err
	}
	if p.width < 1 || p.height < 1 {
		return nil, broken("a page of %dx%d pixels", p.width, p.height)
	}
	if err := p.checkSamples(); err != nil {
		return nil, err
	}
	return p, p.layOut()
}

// Size gives the width and height of the upright page in pixels.
func (p *Page) Size() (w, h int) {
	if p.orientation >= 5 {
		return p.height, p.width
	}
	return p.width, p.height
}

// Grey says that Decode gives an *image.Gray.
func (p *Page) Grey() bool { return p.photometric == whiteIsZero || p.photometric == blackIsZero }

// CMYK says that the page has the colours of print.
func (p *Page) CMYK() bool { return p.photometric == cmyk }

// Deep says that samples have more than 8 bits.
func (p *Page) Deep() bool { return p.bits > 8 }

// Memory bounds the bytes that Decode takes at once, the picture included.
func (p *Page) Memory() int64 {
	per := int64(4)
	if p.Grey() {
		per = 1
	}
	const rest = 1 << 20 // tables of decompression
	n := per*int64(p.width)*int64(p.height) + 2*p.rowBytes() + rest
	if p.compression == compressionJPEG {
		n += 7 * int64(p.blockW) * int64(p.blockH) // the file's bytes, planes and coefficients
	}
	if p.compression == compressionZstd {
		n += maxWindow
	}
	return n
}

// readFields reads the values of the tags that describe a page.
func (p *Page) readFields() error {
	var bits, format []uint64
	var err error
	list := func(to *[]uint64, tag uint16, most uint64) {
		if err == nil {
			*to, err = p.dir.numbers(tag, most)
		}
	}
	one := func(to *int, tag uint16, other uint64) {
		var v uint64
		if err == nil {
			v, err = p.dir.one(tag, other)
		}
		*to = int(min(v, math.MaxInt32))
	}
	const all = 16 // samples whose kinds are compared
	list(&bits, tagBits, all)
	list(&format, tagSampleFormat, all)
	var planar, fill int
	for _, f := range []struct {
		to    *int
		tag   uint16
		other uint64
	}{
		{&p.width, tagWidth, 0},
		{&p.height, tagHeight, 0},
		{&p.orientation, tagOrientation, 1},
		{&p.compression, tagCompression, compressionNone},
		{&p.samples, tagSamples, max(uint64(len(bits)), 1)},
		{&p.predictor, tagPredictor, 1},
		{&p.t4Options, tagT4Options, 0},
		{&planar, tagPlanar, 1},
		{&fill, tagFillOrder, 1},
		{&p.photometric, tagPhotometric, math.MaxInt32},
	} {
		one(f.to, f.tag, f.other)
	}
	if err != nil {
		return err
	}
	p.planar, p.reversed = planar == 2 && p.samples > 1, fill == 2
	if p.orientation < 1 || p.orientation > 8 {
		p.orientation = 1
	}
	if p.photometric == math.MaxInt32 { // it is required, but readers guess it
		p.photometric = blackIsZero
		if p.samples >= 3 {
			p.photometric = rgb
		}
	}
	p.bits, p.sampleFormat = 1, unsigned
	for i, v := range bits {
		if p.bits = int(min(v, 1<<16)); v != bits[0] {
			return unsupported("whose samples have %d and %d bits", bits[0], bits[i])
		}
	}
	for i, v := range format {
		if p.sampleFormat = int(min(v, 1<<16)); v != format[0] {
			return unsupported("whose samples are of the formats %d and %d", format[0], format[i])
		}
	}
	if p.sampleFormat == 4 { // undefined
		p.sampleFormat = unsigned
	}
	return nil
}

// checkSamples looks whether the colours and samples are of a kind that is read.
func (p *Page) checkSamples() error {
	need := map[int]int{whiteIsZero: 1, blackIsZero: 1, palette: 1, rgb: 3, ycbcr: 3, cmyk: 4}
	names := map[int]string{4: "of a mask", 8: "of CIE L*a*b* colours", 9: "of ICC L*a*b* colours",
		10: "of ITU L*a*b* colours", 32803: "of a sensor's raw pixels", 32844: "of LogL values",
		32845: "of LogLuv colours", 34892: "of a sensor's linear pixels"}
	colours, ok := need[p.photometric]
	if !ok {
		name := names[p.photometric]
		if name == "" {
			name = fmt.Sprintf("of photometric interpretation %d", p.photometric)
		}
		return unsupported("%s", name)
	}
	const mostSamples = 64
	if p.samples < colours || p.samples > mostSamples {
		return broken("%d samples a pixel, want %d", p.samples, colours)
	}
	kinds := map[int][]int{
		unsigned: {1, 2, 4, 8, 12, 16, 32}, signed: {8, 16, 32}, floating: {16, 32, 64},
	}
	switch {
	case !slices.Contains(kinds[p.sampleFormat], p.bits):
		words := map[int]string{unsigned: "", signed: "signed ", floating: "floating-point "}
		word, known := words[p.sampleFormat]
		if !known {
			word = fmt.Sprintf("format-%d ", p.sampleFormat)
		}
		return unsupported("of %s%d-bit samples", word, p.bits)
	case p.sampleFormat == floating && !p.Grey():
		return unsupported("of floating-point colours")
	case p.bits == 32 && !p.Grey():
		return unsupported("of 32-bit colours")
	case p.photometric == palette && p.bits > 8, p.photometric == ycbcr && p.bits != 8:
		return unsupported("of %d-bit samples for its kind of colours", p.bits)
	case p.bits < 8 && p.samples > 1:
		return unsupported("of %d samples a pixel of %d bits", p.samples, p.bits)
	case p.bits == 12 && (p.samples > 1 || p.predictor != 1):
		return unsupported("of 12-bit samples of which a pixel has several, or with a predictor")
	}
	if p.photometric == rgb && p.samples == 4 {
		extra, err := p.dir.one(tagExtraSamples, 0)
		if err != nil {
			return err
		}
		p.premultiplied = extra == 1 && p.compression != compressionJPEG
	}
	for _, read := range []func() error{p.checkCompression, p.readColors, p.readSubsampling} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// readColors reads the colours of a palette, the high byte of each: (entries,3).
func (p *Page) readColors() error {
	if p.photometric != palette {
		return nil
	}
	n := uint64(1) << p.bits
	v, err := p.dir.numbers(tagColorMap, 3*n)
	if err != nil {
		return err
	}
	if len(v) == 0 || len(v)%3 != 0 {
		return broken("a palette of %d values", len(v))
	}
	have := len(v) / 3
	p.colors = make([]uint8, 3*n)
	for i := range have {
		for c := range 3 {
			p.colors[3*i+c] = uint8(v[c*have+i] >> 8)
		}
	}
	return nil
}

// readSubsampling reads how many pixels in x and y a chroma value covers.
func (p *Page) readSubsampling() error {
	p.subX, p.subY = 1, 1
	if p.photometric != ycbcr || p.planar || p.compression == compressionJPEG {
		return nil
	}
	v, err := p.dir.numbers(tagYCbCrSubsampled, 2)
	if err != nil {
		return err
	}
	p.subX, p.subY = 2, 2
	if len(v) == 2 {
		p.subX, p.subY = int(min(v[0], 8)), int(min(v[1], 8))
	}
	for _, s := range []int{p.subX, p.subY} {
		if s != 1 && s != 2 && s != 4 {
			return broken("chroma of every %dx%d pixels", p.subX, p.subY)
		}
	}
	if p.predictor != 1 && p.subX*p.subY > 1 {
		return unsupported("of subsampled colours with a predictor")
	}
	return nil
}

// layOut finds out how a page is cut into blocks.
func (p *Page) layOut() error {
	tileW, err := p.dir.one(tagTileWidth, 0)
	if err != nil {
		return err
	}
	tileH, err := p.dir.one(tagTileHeight, 0)
	if err != nil {
		return err
	}
	if tileW > 0 {
		// A tile reaches beyond its page by padding alone, which is work for nothing.
		const least, padded = 8, 1024
		for _, side := range [][2]uint64{{tileW, uint64(p.width)}, {tileH, uint64(p.height)}} {
			if side[0] < least || side[0] > max(side[1]+16, padded) {
				return broken("tiles of %dx%d pixels", tileW, tileH)
			}
		}
		p.tiles, p.blockW, p.blockH = true, int(tileW), int(tileH)
	} else {
		rows, err := p.dir.one(tagRowsPerStrip, math.MaxUint32)
		if err != nil {
			return err
		}
		if rows == 0 {
			rows = math.MaxUint32
		}
		p.blockW, p.blockH = p.width, int(min(rows, uint64(p.height)))
	}
	if p.blockH%p.subY != 0 && p.blockH < p.height {
		return broken("strips of %d rows, with chroma of every %d", p.blockH, p.subY)
	}
	return nil
}

// rowBytes is the length of a row of a block, in bytes, or of the rows that share chroma.
func (p *Page) rowBytes() int64 {
	if p.subX*p.subY > 1 {
		units := (int64(p.blockW) + int64(p.subX) - 1) / int64(p.subX)
		return units * int64(p.subX*p.subY+2)
	}
	n := int64(p.samples)
	if p.planar {
		n = 1
	}
	return (int64(p.blockW)*n*int64(p.bits) + 7) / 8
}
