package pixels

import (
	"context"
	"fmt"
	"image"
	"runtime/debug"

	"golang.org/x/sync/semaphore"

	"acol/internal/machine"
)

// Room is memory for pictures that are being decoded or drawn at the same time, by however many
// goroutines. Who wants to decode one waits until there is room for all that it takes. A picture
// that needs more than the whole room gets it when nobody else has any.
type Room struct {
	bytes int64
	free  *semaphore.Weighted
}

// NewRoom makes a room of so many bytes.
func NewRoom(bytes int64) *Room {
	bytes = max(bytes, 1)
	return &Room{bytes, semaphore.NewWeighted(bytes)}
}

// The room that a machine has for pictures: so much for each of its processors, but no more than
// a part of the memory that is free.
const (
	roomPerCPU  = 192 << 20
	leastRoom   = 64 << 20
	partOfFree  = 4
	unknownFree = 4 << 30
)

// DefaultRoom gives the bytes that pictures may take at the same time on this machine.
func DefaultRoom() int64 {
	free := int64(unknownFree)
	if m := machine.Memory(); m.Known {
		free = m.Free
	}
	return max(min(int64(machine.CPUs())*roomPerCPU, free/partOfFree), leastRoom)
}

// Bytes is the size of the room.
func (r *Room) Bytes() int64 { return r.bytes }

// Claim waits until so many bytes are free, or ctx is done, and takes them until free is called.
// It is an error if they are more than the room and more than the machine has.
func (r *Room) Claim(ctx context.Context, bytes int64) (free func(), err error) {
	if bytes > r.bytes {
		if m := machine.Memory(); m.Known && bytes > m.Free {
			return nil, fmt.Errorf("it takes %d MB of memory, and %s leaves %d MB",
				bytes>>20, m.By, max(m.Free, 0)>>20)
		}
	}
	n := min(max(bytes, 0), r.bytes)
	if err := r.free.Acquire(ctx, n); err != nil {
		return nil, context.Cause(ctx)
	}
	return r.release(n), nil
}

// TryClaim takes so many bytes if they are free now.
func (r *Room) TryClaim(bytes int64) (free func(), ok bool) {
	if !r.free.TryAcquire(bytes) {
		return nil, false
	}
	return r.release(bytes), true
}

// release gives back n bytes. Those of a large picture are given back to the system before another
// may take their place: the collector alone would wait until the heap has doubled, and the next
// picture may not fit into what this one leaves.
func (r *Room) release(n int64) func() {
	const large = 64 << 20
	return func() {
		if n >= large {
			debug.FreeOSMemory()
		}
		r.free.Release(n)
	}
}

// Load waits for room, decodes an image file as the function Load does, and gives the picture to
// use, which must not keep it. An error of use is returned as it is.
func (r *Room) Load(
	ctx context.Context, path string, oriented bool, use func(image.Image) error,
) error {
	s, err := openImage(path)
	if err != nil {
		return err
	}
	defer s.Close()
	return r.load(ctx, s, path, oriented, use)
}

// load is Load of an open file, which errors call path.
func (r *Room) load(
	ctx context.Context, s *source, path string, oriented bool, use func(image.Image) error,
) error {
	free, err := r.claim(ctx, s, oriented)
	if err != nil {
		return s.failed(ctx, "decoding", path, err)
	}
	defer free()
	img, err := s.load(path, oriented)
	if err != nil {
		return err
	}
	return use(img)
}

// Inspect describes an image file and looks for damage. If whole is true, it waits for room and
// decodes the file. Otherwise it reads the header and looks for the end mark of a JPEG or PNG,
// which finds a truncated file quickly; only a file without the mark is decoded. If the header can
// be read, the result is not nil even if there is an error.
func (r *Room) Inspect(ctx context.Context, path string, whole bool) (*Info, error) {
	s, err := openImage(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if in, done, err := s.glance(path, whole); done {
		return in, err
	}
	free, err := r.claim(ctx, s, false)
	if err != nil {
		return s.info, s.failed(ctx, "decoding", path, err)
	}
	defer free()
	return s.inspect(path)
}

// claim takes room for decoding s. A file whose header is wrong takes none: decoding says what is
// wrong.
func (r *Room) claim(ctx context.Context, s *source, oriented bool) (free func(), err error) {
	in, err := s.header()
	if err != nil || checkSize(in) != nil {
		return func() {}, nil
	}
	return r.Claim(ctx, s.need(oriented).Bytes)
}

// failed says which image an error is about, unless it is that of ctx.
func (s *source) failed(ctx context.Context, doing, path string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}
