package pixels

import (
	"context"
	"fmt"
	"image"
)

// LoadBytes is Load of the bytes of an image file that is in memory, which errors call name. It
// writes no file.
func (r *Room) LoadBytes(
	ctx context.Context, raw []byte, name string, oriented bool, use func(image.Image) error,
) error {
	if len(raw) == 0 {
		return fmt.Errorf("reading image %s: %w: it is empty", name, ErrTruncated)
	}
	return r.load(ctx, inMemory(raw), name, oriented, use)
}

// SizeBytes reads the width and height of the upright picture from the bytes of an image file.
func SizeBytes(raw []byte) (w, h int, err error) {
	in, err := inMemory(raw).sized()
	if err != nil {
		return 0, 0, fmt.Errorf("reading the image's header: %w", err)
	}
	w, h = in.Oriented()
	return w, h, nil
}
