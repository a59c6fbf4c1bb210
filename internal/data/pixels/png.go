package pixels

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"slices"
)

// pngSignature is what a PNG begins with.
const pngSignature = "\x89PNG\r\n\x1a\n"

// pngConfig reads the header of a PNG.
func pngConfig(s *source) (image.Config, error) {
	c, err := png.DecodeConfig(s.stream())
	if surplus(err) {
		return png.DecodeConfig(newPlainPNG(s))
	}
	return c, err
}

// decodePNG decodes a PNG. Package png gives 16 bits as twice the memory, and refuses files that
// hold more than they should, which other readers warn of; both get it as a plainPNG.
func decodePNG(s *source) (image.Image, error) {
	const depth = 24 // the place of the bits of a sample
	if b := s.part(depth, 1); len(b) == 1 && b[0] == 16 {
		return png.Decode(newPlainPNG(s))
	}
	m, err := png.Decode(s.stream())
	if surplus(err) {
		return png.Decode(newPlainPNG(s))
	}
	return m, err
}

// surplus says that package png found more pixels than there should be, or more colours in a
// palette than its indices can name.
func surplus(err error) bool {
	return errors.Is(err, png.FormatError("too much pixel data")) ||
		errors.Is(err, png.FormatError("bad PLTE length"))
}

// plainPNG rewrites a PNG while it is read: without what is more than the picture, without
// transparency, and with the high 8 bits of samples of 16. It holds a few rows at a time.
type plainPNG struct {
	s      *source
	at     int64         // the next chunk
	out    bytes.Buffer  // what has been rewritten and not been read
	rows   io.Reader     // the file's rows, inflated; nil before the first
	packed bytes.Buffer  // rows, deflated again
	packer *zlib.Writer  // writes to packed
	done   bool          // everything has been rewritten
	pixel  int           // bits
	deep   bool          // samples have 16 bits
	passes []image.Point // the sizes of the pictures that the rows make, one after the other
	y      int           // the next row of passes[0]
	row    []byte        // it
	above  []byte        // the row before it; both behind the byte of their filter
	spare  []byte        // the chunk at hand
}

func newPlainPNG(s *source) *plainPNG { return &plainPNG{s: s, at: int64(len(pngSignature))} }

// Read gives the bytes of the rewritten file.
func (p *plainPNG) Read(b []byte) (int, error) {
	for p.out.Len() == 0 && !p.done {
		var err error
		if p.rows == nil {
			err = p.begin()
		} else {
			err = p.more()
		}
		if err != nil {
			return 0, err
		}
	}
	return p.out.Read(b)
}

// begin rewrites what stands before the pixels.
func (p *plainPNG) begin() error {
	p.out.WriteString(pngSignature)
	bits := 0
	for {
		kind, data, err := p.chunk()
		if err != nil {
			return err
		}
		switch {
		case kind == "IHDR" && len(data) == 13:
			bits = p.readHeader(data)
			p.write(kind, data)
		case p.passes == nil:
			return png.FormatError("it does not begin with a header")
		case kind == "PLTE":
			p.write(kind, data[:min(len(data), 3<<min(bits, 8))])
		case kind == "IDAT":
			p.rows, err = zlib.NewReader(io.MultiReader(bytes.NewReader(data), &pngData{p: p}))
			if err != nil {
				return err
			}
			p.packer, err = zlib.NewWriterLevel(&p.packed, flate.NoCompression)
			return err
		case kind == "IEND":
			return png.FormatError("it has no pixels")
		}
	}
}

// readHeader takes what matters of a header and makes it one of 8 bits at most.
func (p *plainPNG) readHeader(head []byte) (bits int) {
	w, h := int(binary.BigEndian.Uint32(head)), int(binary.BigEndian.Uint32(head[4:]))
	bits = int(head[8])
	p.pixel, p.deep = bits*max(map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[head[9]], 1), bits == 16
	p.passes = []image.Point{{X: w, Y: h}}
	if head[12] == 1 {
		p.passes = nil
		for _, a := range [7][4]int{ // Adam7: the first pixel of a pass, and its steps
			{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
		} {
			size := image.Pt((w-a[0]+a[2]-1)/a[2], (h-a[1]+a[3]-1)/a[3])
			if size.X > 0 && size.Y > 0 {
				p.passes = append(p.passes, size)
			}
		}
	}
	if p.deep {
		head[8] = 8
	}
	return bits
}

// more rewrites the next rows.
func (p *plainPNG) more() error {
	const much = 1 << 15
	for p.packed.Len() < much && len(p.passes) > 0 {
		size := p.passes[0]
		if p.y == 0 {
			n := 1 + (size.X*p.pixel+7)/8
			p.row, p.above = make([]byte, n), make([]byte, n)
		}
		if _, err := io.ReadFull(p.rows, p.row); err != nil {
			return err
		}
		out := p.row
		if p.deep {
			if err := unfilter(p.row, p.above, p.pixel/8); err != nil {
				return err
			}
			out = p.above // it has done its duty
			out[0] = 0
			for i := 1; 2*i < len(p.row); i++ {
				out[i] = p.row[2*i-1]
			}
			out = out[:1+len(p.row)/2]
		}
		if _, err := p.packer.Write(out); err != nil {
			return err
		}
		p.row, p.above = p.above, p.row
		if p.y++; p.y == size.Y {
			p.passes, p.y = p.passes[1:], 0
		}
	}
	if len(p.passes) == 0 {
		if err := p.packer.Close(); err != nil {
			return err
		}
		p.done = true
	}
	p.write("IDAT", p.packed.Bytes())
	p.packed.Reset()
	if p.done {
		p.write("IEND", nil)
	}
	return nil
}

// chunk reads the next chunk of the file. Its data holds until the next one is read.
func (p *plainPNG) chunk() (kind string, data []byte, err error) {
	head := p.s.part(p.at, 8)
	if len(head) < 8 {
		return "", nil, io.ErrUnexpectedEOF
	}
	length := int64(binary.BigEndian.Uint32(head))
	if length > p.s.Size()-p.at-12 {
		return "", nil, io.ErrUnexpectedEOF
	}
	whole := slices.Grow(p.spare[:0], int(length)+8)[:length+8] // kind, data, sum
	if _, err := p.s.ReadAt(whole, p.at+4); err != nil && !errors.Is(err, io.EOF) {
		return "", nil, err
	}
	p.spare = whole
	p.at += length + 12
	body := whole[:length+4]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(whole[len(body):]) {
		return "", nil, png.FormatError("invalid checksum")
	}
	return string(body[:4]), body[4:], nil
}

// write writes a chunk.
func (p *plainPNG) write(kind string, data []byte) {
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(kind)), crc32.IEEETable, data)
	p.out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	p.out.WriteString(kind)
	p.out.Write(data)
	p.out.Write(binary.BigEndian.AppendUint32(nil, sum))
}

// pngData reads what the IDAT chunks after the first one hold.
type pngData struct {
	p    *plainPNG
	data []byte
}

func (d *pngData) Read(b []byte) (int, error) {
	for len(d.data) == 0 {
		kind, data, err := d.p.chunk()
		if err != nil {
			return 0, err
		}
		if kind != "IDAT" {
			return 0, io.ErrUnexpectedEOF
		}
		d.data = data
	}
	n := copy(b, d.data)
	d.data = d.data[n:]
	return n, nil
}

// unfilter undoes the filter of a row, whose pixels have n bytes. above is the row above it, of
// zeros for the first. The first byte of both is that of the filter.
func unfilter(row, above []byte, n int) error {
	kind, row, above := row[0], row[1:], above[1:]
	switch kind {
	case 0:
	case 1:
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
	case 2:
		for i, v := range above {
			row[i] += v
		}
	case 3:
		for i, v := range above {
			left := 0
			if i >= n {
				left = int(row[i-n])
			}
			row[i] += uint8((left + int(v)) / 2)
		}
	case 4:
		for i, v := range above {
			var left, corner uint8
			if i >= n {
				left, corner = row[i-n], above[i-n]
			}
			row[i] += paeth(left, v, corner)
		}
	default:
		return png.FormatError("bad filter type")
	}
	return nil
}

// paeth gives the neighbour that is closest to left + up - corner.
func paeth(left, up, corner uint8) uint8 {
	far := func(v int) int { return max(v, -v) }
	a, b, c := int(left), int(up), int(corner)
	switch toLeft, toUp, toCorner := far(b-c), far(a-c), far(a+b-2*c); {
	case toLeft <= toUp && toLeft <= toCorner:
		return left
	case toUp <= toCorner:
		return up
	}
	return corner
}
