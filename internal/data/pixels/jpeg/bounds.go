package jpeg

import (
	"bytes"
	"fmt"
	"io"
)

// The bounds of what a file may cost. Progressive photographs have about ten scans, and the files
// of the wild below a hundred.
const (
	// maxScans bounds the scans of a file.
	maxScans = 500
	// maxVisits bounds the blocks of 8x8 values that all scans together visit. A progressive
	// photograph of 100 million pixels takes 25 million.
	maxVisits = 1 << 27
	// maxCoefficients bounds the memory for the coefficients of a file of several scans, in bytes.
	maxCoefficients = 320 << 20
)

// Need reads from the header of a file what decoding it takes at once besides the file's own bytes,
// and what the picture takes then, in bytes.
func Need(r io.Reader) (bytes, picture int64, err error) {
	s, err := open(r)
	if err != nil {
		return 0, 0, wrap(err)
	}
	h, err := s.readHeader()
	if err != nil {
		return 0, 0, wrap(err)
	}
	h.several = h.progressive() // as far as the header alone tells
	return h.atOnce(), h.picture(), nil
}

// check reads what a file says of itself and bounds what it costs, by its markers alone.
func check(raw []byte) (*header, error) {
	s, err := open(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	h, err := s.readHeader()
	if err != nil {
		return nil, err
	}
	scans, visits, whole := 0, int64(0), true
	for {
		marker, err := s.next()
		switch {
		case err != nil || marker == eoi: // where a file ends early, its decoder says so
			h.several = h.progressive() || scans > 1 || !whole
			return h, h.checkMemory()
		case marker == sos:
			b, err := s.body()
			if err != nil {
				return nil, err
			}
			scans++
			visits += h.visits(b)
			whole = whole && len(b) > 0 && int(b[0]) == len(h.components)
			if scans > maxScans || visits > maxVisits {
				return nil, fmt.Errorf("its scans visit %d blocks of 8x8 values or more, of %d: "+
					"it was made to take long", visits, h.blocks())
			}
		case !alone(marker):
			h.restarts = h.restarts || marker == dri
			if err := s.skip(); err != nil {
				return nil, err
			}
		}
	}
}

// visits gives the number of blocks that a scan visits, from the body of its header.
func (h *header) visits(scan []byte) int64 {
	n := int64(0)
	for ; len(scan) >= 3; scan = scan[2:] {
		for _, c := range h.components {
			if c.id == scan[1] {
				n += h.blocksOf(c)
				break
			}
		}
	}
	return n
}

// blocks gives the number of blocks in all planes.
func (h *header) blocks() int64 {
	n := int64(0)
	for _, c := range h.components {
		n += h.blocksOf(c)
	}
	return n
}

// blocksOf gives the number of blocks in a plane, with those that fill up its last units.
func (h *header) blocksOf(c component) int64 {
	mostH, mostV := 1, 1
	for _, o := range h.components {
		mostH, mostV = max(mostH, o.h), max(mostV, o.v)
	}
	units := func(pixels, most int) int64 { return int64((pixels + 8*most - 1) / (8 * most)) }
	return units(h.width, mostH) * int64(c.h) * units(h.height, mostV) * int64(c.v)
}

// coefficients gives the memory for what a decoder keeps until the last scan, where there are
// several, in bytes.
func (h *header) coefficients() int64 {
	if !h.several {
		return 0
	}
	return h.blocks() * 64 * coefficient
}

// checkMemory bounds the coefficients.
func (h *header) checkMemory() error {
	if n := h.coefficients(); n > maxCoefficients {
		return fmt.Errorf("decoding %dx%d pixels in several scans takes %d MB, more than %d: "+
			"jpegtran makes a file of one scan of it, without loss",
			h.width, h.height, n>>20, maxCoefficients>>20)
	}
	return nil
}
