package tiff

import (
	"bufio"
	"compress/zlib"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"
)

// The compressions that are read.
const (
	compressionNone       = 1
	compressionG3         = 3
	compressionG4         = 4
	compressionLZW        = 5
	compressionJPEG       = 7
	compressionDeflate    = 8
	compressionPackBits   = 32773
	compressionOldDeflate = 32946
	compressionZstd       = 50000
)

// maxWindow bounds the memory of decompressing zstd, in bytes.
const maxWindow = 32 << 20

// checkCompression looks whether the compression and the predictor are of a kind that is read.
func (p *Page) checkCompression() error {
	names := map[int]string{2: "CCITT's modified Huffman code", 6: "old-style JPEG", 9: "JBIG",
		10: "JBIG", 32766: "NeXT's code", 32771: "CCITT's modified Huffman code",
		32809: "ThunderScan's code", 33003: "JPEG 2000", 33005: "JPEG 2000", 34661: "JBIG",
		34712: "JPEG 2000", 34676: "SGI's log code", 34677: "SGI's log code", 34887: "LERC",
		34892: "lossy JPEG", 34925: "LZMA", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL"}
	switch p.compression {
	case 0:
		p.compression = compressionNone // as some writers mean it
	case compressionNone, compressionLZW, compressionDeflate, compressionOldDeflate,
		compressionPackBits, compressionZstd:
	case compressionG3, compressionG4:
		if p.bits != 1 || p.samples != 1 {
			return broken("the compression of faxes for %d samples of %d bits", p.samples, p.bits)
		}
		if p.compression == compressionG3 && p.t4Options&1 != 0 {
			return unsupported("in CCITT's two-dimensional group 3 code")
		}
	case compressionJPEG:
		if p.bits != 8 {
			return unsupported("of %d-bit JPEG", p.bits)
		}
		p.predictor = 1
	default:
		if name := names[p.compression]; name != "" {
			return unsupported("in %s", name)
		}
		return unsupported("in compression %d", p.compression)
	}
	switch {
	case p.predictor == 1:
	case p.predictor == 2 && p.bits >= 8 && p.sampleFormat != floating && p.bits != 64:
	case p.predictor == 3 && p.sampleFormat == floating:
	default:
		return unsupported("of %d-bit samples with predictor %d", p.bits, p.predictor)
	}
	return nil
}

// decompress reads a block, whose bytes are at from on and of which rows are wanted.
func (p *Page) decompress(from *io.SectionReader, rows int) (io.ReadCloser, error) {
	p.spare.in.Reset(from)
	var raw io.Reader = p.spare.in
	if p.reversed {
		raw = reversed{raw}
	}
	switch p.compression {
	case compressionG3, compressionG4:
		group := ccitt.Group3
		if p.compression == compressionG4 {
			group = ccitt.Group4
		}
		// A run that the code calls white is of zeros, whatever a zero shows: Invert is for that.
		o := &ccitt.Options{Invert: true, Align: p.t4Options&4 != 0}
		return io.NopCloser(ccitt.NewReader(raw, ccitt.MSB, group, p.blockW, rows, o)), nil
	case compressionLZW:
		return lzw.NewReader(raw, lzw.MSB, 8), nil
	case compressionDeflate, compressionOldDeflate:
		return zlib.NewReader(raw)
	case compressionPackBits:
		return io.NopCloser(&packBits{r: bufio.NewReader(raw)}), nil
	case compressionZstd:
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(raw), nil
}

// reversed turns the bits of each byte round, for pages whose first pixel is in the lowest bits.
type reversed struct{ r io.Reader }

func (r reversed) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	for i := range b[:n] {
		b[i] = bits.Reverse8(b[i])
	}
	return n, err
}

// packBits decodes the run-length code of Apple's PackBits.
type packBits struct {
	r      *bufio.Reader
	left   int  // bytes of the run at hand
	repeat bool // they are all value
	value  byte
}

func (p *packBits) Read(b []byte) (n int, err error) {
	for n < len(b) {
		for p.left == 0 {
			head, err := p.r.ReadByte()
			if err != nil {
				return n, err
			}
			switch code := int8(head); {
			case code >= 0:
				p.left, p.repeat = int(code)+1, false
			case code > -128:
				p.left, p.repeat = 1-int(code), true
				if p.value, err = p.r.ReadByte(); err != nil {
					return n, err
				}
			}
		}
		part := b[n:][:min(p.left, len(b)-n)]
		if p.repeat {
			for i := range part {
				part[i] = p.value
			}
		} else if got, err := io.ReadFull(p.r, part); err != nil {
			return n + got, err
		}
		n += len(part)
		p.left -= len(part)
	}
	return n, nil
}
