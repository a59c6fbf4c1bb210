package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"acol/internal/box"
	"acol/internal/data/pixels"
	"acol/internal/parallel"
)

// ConvertOptions say what Convert writes, and where.
type ConvertOptions struct {
	// To is the format to write, one of Writable.
	To Format
	// Dir is the folder to write. It must be empty, or not exist.
	Dir string
	// Splits are the names of the splits to write; nil writes all that the data set has.
	Splits []string
	// Progress, if not nil, is called from several goroutines while sizes of images are read.
	Progress func(done, total int)
}

// Converted says what Convert wrote and how to read it.
type Converted struct {
	// Root is the folder that the ids in the lists start from: the data.root that reads them.
	Root string
	// Names is the file of the class names: their data.class_names.
	Names string
	// Masks is the folder that the paths of masks start from, their data.masks; "" if there are
	// none.
	Masks string
	// Splits are the names of the splits that were written.
	Splits []string
	// Images has the number of images of each of Splits.
	Images []int
	// Unread is the number of images whose size is not known because their files cannot be read.
	Unread int
	// LeftOut is the number of images that have no annotation; see Split.LeftOut.
	LeftOut int
}

// Check reports what is wrong with the options alone.
func (o ConvertOptions) Check() error {
	_, err := writerOf(o.To)
	return err
}

// Convert writes the lists of a data set in another format, and the names of its classes to
// NamesFile. The images and masks stay where they are. Read again from the places in the result,
// the lists give the same samples, and sizes that were not known before. What the format cannot
// say is an error: wsolevaluation's lists hold one label for each image, and COCO's JSON names no
// mask files. Boxes on pictures that EXIF turns become boxes on the stored pixels. The folder
// appears whole or not at all.
func Convert(ctx context.Context, cfg Config, o ConvertOptions) (*Converted, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(o.Dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("writing %s: is not empty", o.Dir)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("writing %s: %w", o.Dir, err)
	}
	names, err := cfg.Named(o.Splits)
	if err != nil {
		return nil, err
	}
	var splits []*Split
	leftOut := 0
	for _, name := range names {
		s, err := Open(cfg, name)
		if err != nil {
			return nil, err
		}
		splits = append(splits, s)
		leftOut += s.LeftOut
	}
	for _, name := range splits[0].Classes {
		if strings.ContainsAny(name, "\r\n") {
			return nil, fmt.Errorf("writing %s: class name %q has a line break", o.Dir, name)
		}
	}
	done := &Converted{
		Root: oneRoot(cfg.Root, splits), Names: filepath.Join(o.Dir, NamesFile), LeftOut: leftOut,
	}
	done.placeMasks(cfg, splits)
	if err := done.measure(ctx, cfg.Room(), splits, o.Progress); err != nil {
		return nil, err
	}
	for _, s := range splits {
		done.Splits, done.Images = append(done.Splits, s.Name), append(done.Images, len(s.Samples))
	}
	return done, writeWhole(o.Dir, func(dir string) error {
		return Write(dir, o.To, splits)
	})
}

// oneRoot gives the folder that all ids start from. If they start from several folders, they are
// replaced by paths below root, the root of the configuration.
func oneRoot(root string, splits []*Split) string {
	base := ""
	same := true
	for _, s := range splits {
		for i := range s.Samples {
			end := string(filepath.Separator) + filepath.FromSlash(s.Samples[i].ID)
			dir, below := strings.CutSuffix(s.Samples[i].Path, end)
			if base == "" {
				base = dir
			}
			same = same && below && dir == base
		}
	}
	if same {
		return base
	}
	for _, s := range splits {
		for i := range s.Samples {
			if rel, err := filepath.Rel(root, s.Samples[i].Path); err == nil {
				s.Samples[i].ID = filepath.ToSlash(rel)
			}
		}
	}
	return root
}

// placeMasks replaces the paths of masks by those below the folder that lists name them from.
func (c *Converted) placeMasks(cfg Config, splits []*Split) {
	root := cfg.maskRoot()
	for _, s := range splits {
		if s.HasMasks {
			c.Masks = root
		}
		for i := range s.Samples {
			x := &s.Samples[i]
			for j, m := range x.Masks {
				x.Masks[j] = below(filepath.Clean(root), m)
			}
			if x.Ignore != "" {
				x.Ignore = below(filepath.Clean(root), x.Ignore)
			}
		}
	}
}

// measure reads the sizes that are not known and turns boxes into those on the stored pixels.
func (c *Converted) measure(
	ctx context.Context, room *pixels.Room, splits []*Split, progress func(done, total int),
) error {
	total := 0
	for _, s := range splits {
		total += len(s.Samples)
	}
	var done, unread atomic.Int64
	for _, s := range splits {
		parallel.Each(runtime.GOMAXPROCS(0), len(s.Samples), func(i int) {
			if ctx.Err() != nil {
				return
			}
			if s.Samples[i].measureStored(ctx, room, s.Stored) != nil {
				unread.Add(1)
			}
			if progress != nil {
				progress(int(done.Add(1)), total)
			}
		})
		s.Stored = true
	}
	c.Unread = int(unread.Load())
	return ctx.Err()
}

// measureStored gives a sample the size of the stored pixels. Unless stored is true, its boxes
// are on the picture as EXIF turns it, and become boxes on the stored pixels.
func (s *Sample) measureStored(ctx context.Context, room *pixels.Room, stored bool) error {
	if s.Width > 0 && stored {
		return nil
	}
	in, err := room.Inspect(ctx, s.Path, false)
	if err != nil {
		return err
	}
	if !stored {
		w, h := in.Oriented()
		boxes := make([]box.Box, len(s.Boxes))
		for i, b := range s.Boxes {
			boxes[i] = in.Orientation.Stored(b, w, h)
		}
		if s.Boxes != nil {
			s.Boxes = boxes
		}
	}
	s.Width, s.Height = in.Width, in.Height
	return nil
}

// writeWhole lets write fill a new folder, which then gets the name dir, so that dir is whole or
// not there.
func writeWhole(dir string, write func(dir string) error) error {
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	temporary, err := os.MkdirTemp(filepath.Dir(dir), ".acol-*.tmp")
	if err != nil {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	inner := filepath.Join(temporary, "out")
	if err := os.Mkdir(inner, 0o777); err != nil { // by the umask, which MkdirTemp does not follow
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	if err := write(inner); err != nil {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	if err := os.Rename(inner, dir); err != nil {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	return nil
}
