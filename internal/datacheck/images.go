package datacheck

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/regular"
)

// looked is what inspecting an image and its masks gave.
type looked struct {
	info  *pixels.Info // nil if the header cannot be read
	err   error        // of the image
	masks []error      // of its masks
}

// look inspects an image and its masks.
func (c *checker) look(ctx context.Context, x *data.Sample) (l looked) {
	whole := !c.opt.Quick
	l.info, l.err = c.room.Inspect(ctx, x.Path, whole)
	masks := x.Masks
	if x.Ignore != "" {
		masks = append(slices.Clone(masks), x.Ignore)
	}
	for _, m := range masks {
		if _, err := c.room.Inspect(ctx, m, whole); err != nil {
			l.masks = append(l.masks, err)
		}
	}
	return l
}

// readImages inspects all images. The workers share a batch at a time, so that memory is bounded
// and findings come in order.
func (c *checker) readImages(ctx context.Context) error {
	const batch = 256
	results := make([]looked, batch)
	done := 0
	for i, s := range c.splits {
		for from := 0; from < len(s.Samples); from += batch {
			part := s.Samples[from:min(from+batch, len(s.Samples))]
			if err := c.inspect(ctx, part, results); err != nil {
				return err
			}
			for j := range part {
				c.judge(place{int32(i), int32(from + j)}, results[j])
			}
			if c.failed != nil {
				return nil
			}
			done += len(part)
			if c.opt.Progress != nil {
				c.opt.Progress(done, c.sum.Images)
			}
		}
	}
	return nil
}

// inspect inspects the images of a batch on all workers.
func (c *checker) inspect(ctx context.Context, part []data.Sample, results []looked) error {
	var wg sync.WaitGroup
	next := make(chan int)
	for range c.opt.Workers {
		wg.Go(func() {
			for i := range next {
				results[i] = c.look(ctx, &part[i])
			}
		})
	}
	for i := range part {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	for _, l := range results[:len(part)] {
		if err := errors.Join(append(l.masks, l.err)...); regular.Lacking(err) {
			return fmt.Errorf("inspecting the images: %w", err) // no finding about an image
		}
	}
	return ctx.Err()
}

// judge reports the findings about one image.
func (c *checker) judge(at place, l looked) {
	s := c.splits[at.split]
	x := &s.Samples[at.index]
	say := func(k Kind, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		c.found(Finding{Kind: k, Split: s.Name, Image: x.ID, File: x.Path, Message: text})
	}
	switch {
	case l.err == nil:
	case errors.Is(l.err, fs.ErrNotExist):
		say(Missing, "no such file%s", c.near.Of(x.Path))
	case errors.Is(l.err, pixels.ErrUnsupported):
		say(Unsupported, "%s", reason(l.err, x.Path))
	case errors.Is(l.err, pixels.ErrTruncated):
		say(Truncated, "%s", reason(l.err, x.Path))
	default:
		say(Unreadable, "%s", reason(l.err, x.Path))
	}
	for _, err := range l.masks {
		say(Mask, "%v", err)
	}
	in := l.info
	if in == nil {
		return
	}
	c.judgeSize(s, x, in, say)
	switch {
	case in.CMYK:
		say(CMYK, "has the colours of print, CMYK")
	case in.Deep:
		say(Deep, "has 16 bits a channel")
	case in.Grey:
		say(Grey, "is greyscale")
	}
	if in.Turned() && s.Stored {
		say(Turned, "EXIF orientation %d turns it; boxes and sizes are taken to mean "+
			"the stored %dx%d pixels", in.Orientation, in.Width, in.Height)
	}
	if l.err == nil && in.Sum != [16]byte{} {
		c.judgeContent(at, in.Sum, say)
	}
}

// reason gives the text of an error without the part that names the file, which the finding names.
func reason(err error, path string) string {
	if _, after, ok := strings.Cut(err.Error(), path+": "); ok {
		return after
	}
	return err.Error()
}

// judgeSize compares the size of an image with the listed one, and looks whether the image can be
// resized as the configuration says.
func (c *checker) judgeSize(
	s *data.Split, x *data.Sample, in *pixels.Info, say func(Kind, string, ...any),
) {
	w, h := in.Width, in.Height
	if !s.Stored {
		w, h = in.Oriented()
	}
	if x.Width > 0 && (x.Width != w || x.Height != h) {
		hint := ""
		if x.Width == h && x.Height == w {
			hint = ": width and height are swapped"
			if in.Turned() {
				hint = ": the list has the size of the picture that EXIF turns"
			}
		}
		say(Size, "is listed with %dx%d pixels and has %dx%d%s", x.Width, x.Height, w, h, hint)
	}
	if _, err := c.cfg.Input.TestGeometry(w, h); err != nil {
		say(Shape, "%v", err)
	}
}

// judgeContent reports an image whose bytes are those of an image before.
func (c *checker) judgeContent(at place, sum [16]byte, say func(Kind, string, ...any)) {
	before, met := c.content[sum]
	if !met {
		c.content[sum] = at
		return
	}
	other := c.splits[before.split]
	y := &other.Samples[before.index]
	x := &c.splits[at.split].Samples[at.index]
	switch {
	case before.split != at.split && x.Path == y.Path: // a shared file, reported already
	case before.split != at.split:
		say(SharedImage, "has the content of %s of %s", y.ID, other.Name)
	case x.Label != y.Label || !slices.Equal(x.Labels, y.Labels):
		say(Contradicted, "has the content of %s, which is %s, while it is %s",
			y.ID, other.Classes[y.Label], other.Classes[x.Label])
	default:
		say(RepeatedFile, "has the content of %s", y.ID)
	}
}
