package data

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"

	"acol/internal/data/pixels"
	"acol/internal/regular"
)

// ImageError says what is wrong with an image of a split.
type ImageError struct {
	// Index is the image's place in Split.Samples.
	Index int
	// Path is the image's file.
	Path string
	Err  error
}

// Error names the file and the cause.
func (e *ImageError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *ImageError) Unwrap() error { return e.Err }

// Load gives the image of sample i to use, with EXIF orientation applied unless boxes mean the
// stored pixels. It waits until room has the memory that decoding takes. Use must not keep the
// image. An error is an *ImageError, unless it is that of ctx or one of the machine.
func (s *Split) Load(
	ctx context.Context, room *pixels.Room, i int, use func(image.Image) error,
) error {
	err := room.Load(ctx, s.Samples[i].Path, !s.Stored, use)
	if err != nil && ctx.Err() == nil && !regular.Lacking(err) {
		return &ImageError{i, s.Samples[i].Path, err}
	}
	return err
}

// Room makes the memory in which images are decoded at the same time: DecodeMB.
func (c Config) Room() *pixels.Room {
	if c.DecodeMB > 0 {
		return pixels.NewRoom(int64(c.DecodeMB) << 20)
	}
	return pixels.NewRoom(pixels.DefaultRoom())
}

// CheckPixels reports what is wrong with the keys that say how an image becomes an input.
func (c Config) CheckPixels() error {
	var bad []error
	c.Validate(func(key, msg string) {
		section, _, _ := strings.Cut(key, ".")
		switch section {
		case "input", "augment", "mean", "std", "on_error":
			bad = append(bad, fmt.Errorf("data.%s: %s", key, msg))
		}
	})
	return errors.Join(bad...)
}

// NewInputs makes room for n inputs of the network, as bytes or as normalised values.
func (c Config) NewInputs(n int, bytes bool) pixels.Inputs {
	return pixels.NewInputs(n, c.Input.Size, c.Normalizer(), bytes)
}

// Normalizer normalises by Mean and Std, each value to (value/255 - mean)/std.
func (c Config) Normalizer() *pixels.Normalizer { return pixels.NewNormalizer(c.Mean, c.Std) }

// TestInput makes the network's input of an image without augmentation. The image must be one that
// pixels.Load returns; dst is the memory of one of NewInputs. The geometry leads back to the image.
func TestInput(cfg Config, img image.Image, dst pixels.Inputs) (pixels.Geometry, error) {
	if err := cfg.CheckPixels(); err != nil {
		return pixels.Geometry{}, err
	}
	return cfg.Input.TestView().Input(cfg.Input, img, dst)
}

// Inputs makes several views of an image, which must be one that pixels.Load returns. Each of dst
// is as in TestInput, its side that of the view.
func Inputs(
	cfg Config, img image.Image, views []pixels.View, dst []pixels.Inputs,
) ([]pixels.Geometry, error) {
	if err := cfg.CheckPixels(); err != nil {
		return nil, err
	}
	all := make([]pixels.Geometry, len(views))
	for k, v := range views {
		var err error
		if all[k], err = v.Input(cfg.Input, img, dst[k]); err != nil {
			return nil, fmt.Errorf("view %d: %w", k+1, err)
		}
	}
	return all, nil
}
