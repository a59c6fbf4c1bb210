package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"time"
)

// localize times whole processes that localize one photograph: acol, and Python with PyTorch.
func (s *sitting) localize(ctx context.Context, n network, run string) error {
	if s.python == "" || s.localizes < 1 {
		return nil
	}
	photo := filepath.Join(s.scratch, "photo.jpg")
	if err := drawPhoto(photo); err != nil {
		return err
	}
	l := localized{network: n.name}
	for range s.localizes {
		for _, p := range []struct {
			seconds *[]float64
			run     func() error
		}{
			{&l.acol, func() error {
				_, err := s.exec(ctx, s.acol, "localize", "--run", run, "--json",
					"--out", filepath.Join(s.scratch, "maps"), photo)
				return err
			}},
			{&l.torch, func() error {
				_, err := s.torch(ctx, n, "localize", run, photo, filepath.Join(s.scratch, "map.png"))
				return err
			}},
		} {
			since := time.Now()
			if err := p.run(); err != nil {
				return fmt.Errorf("localizing one image: %w", err)
			}
			*p.seconds = append(*p.seconds, time.Since(since).Seconds())
		}
	}
	s.localized = append(s.localized, l)
	return nil
}

// drawPhoto writes a JPEG that is as large as a photograph of CUB-200-2011.
func drawPhoto(path string) error {
	img := image.NewNRGBA(image.Rect(0, 0, 500, 375))
	for y := range 375 {
		for x := range 500 {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x / 2), uint8(y / 2), uint8((x*y/64 + x) % 256), 255})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(jpeg.Encode(f, img, nil), f.Close())
}
