package loader

import (
	"image"
	"sync"

	"acol/internal/machine"
)

// cache keeps prepared images up to a number of bytes. What came first stays: as each epoch
// visits every image once, evicting one would only make room for another that is needed as late.
// It stops growing where the machine's memory runs short, as a training can go on without it.
type cache struct {
	mu    sync.Mutex
	kept  map[int]prepared
	bytes int64
	limit int64
	full  bool
	free  func() machine.Limit // the memory that there is
	look  int64                // the number of bytes at which to look at it again
}

func newCache(limit int64) *cache {
	return &cache{
		kept: map[int]prepared{}, limit: limit, full: limit <= 0, free: machine.Memory,
	}
}

// open reports whether there may be room. It is false for good once an image found none.
func (c *cache) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.full
}

// cacheStep is how much a cache grows, in bytes, before it looks at the machine's memory again.
const cacheStep = 16 << 20

// roomy says whether the machine has memory for n more bytes. An eighth of what there is at all, up
// to a GiB, is left to others.
func (c *cache) roomy(n int64) bool {
	if c.bytes+n <= c.look {
		return true
	}
	l := c.free()
	if l.Known && l.Free-min(l.Total/8, 1<<30) < n+cacheStep {
		return false
	}
	c.look = c.bytes + n + cacheStep
	return true
}

// get gives the prepared image of a sample, if it is there. Callers must not write into it.
func (c *cache) get(index int) (prepared, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.kept[index]
	return p, ok
}

// put keeps the prepared image of a sample, if there is room.
func (c *cache) put(index int, p prepared) {
	n := p.bytes()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, have := c.kept[index]; have {
		return
	}
	if c.bytes+n > c.limit || !c.roomy(n) {
		c.full = true
		return
	}
	c.kept[index] = p
	c.bytes += n
}

// bytes gives the memory that a prepared image takes, about.
func (p prepared) bytes() int64 {
	const rest = 256
	n := rest
	if p.resized != nil {
		n += cap(p.resized.Pix)
	}
	switch m := p.image.(type) {
	case *image.NRGBA:
		n += cap(m.Pix)
	case *image.Gray:
		n += cap(m.Pix)
	case *image.YCbCr:
		// One array holds the three planes; a slice's capacity may reach into the next.
		n += len(m.Y) + len(m.Cb) + len(m.Cr)
	}
	return int64(n)
}
