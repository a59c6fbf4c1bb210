package scout

import (
	"errors"
	"io/fs"

	"acol/internal/data"
	"acol/internal/data/pixels"
)

// open reads the lists of a guess. It is an error if one of its splits cannot be read. Images
// without an XML file are left out if they are why.
func (g *guess) open() (*Found, error) {
	if g.keep != nil {
		g.cfg.Classes = g.keep
	}
	f, err := g.read()
	if errors.Is(err, fs.ErrNotExist) && g.cfg.Format == "voc" {
		g.cfg.OnError = data.Skip
		return g.read()
	}
	return f, err
}

func (g *guess) read() (*Found, error) {
	f := &Found{Kind: g.kind, Data: g.cfg, Notes: g.notes}
	names, err := g.cfg.Named(nil)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		s, err := data.Open(g.cfg, name)
		if errors.Is(err, data.ErrFewImages) {
			g.without(name)
			return g.read()
		}
		if err != nil {
			return nil, err
		}
		if err := f.take(s); err != nil {
			return nil, err
		}
	}
	if f.Train.Images == 0 {
		return nil, errors.New("has no images to train on")
	}
	for _, path := range f.Sample {
		if w, h, err := pixels.Size(path, true); err == nil {
			f.Side = max(f.Side, w, h)
		}
	}
	return f, nil
}

// without does without a share of the training images that would be empty.
func (g *guess) without(split string) {
	if split == "val" {
		g.cfg.Val, g.cfg.ValShare = "", 0
	} else {
		g.cfg.Test, g.cfg.TestShare = "", 0
	}
	g.notes = append(g.notes, "the classes have too few images for a split "+split)
}

// take counts a split.
func (f *Found) take(s *data.Split) error {
	part := Part{Images: len(s.Samples)}
	counts := make([]int, len(s.Classes))
	for i := range s.Samples {
		x := &s.Samples[i]
		if len(x.Boxes) > 0 || len(x.Masks) > 0 {
			part.Boxed++
		}
		f.Several = f.Several || len(x.Labels) > 1
		if counts[x.Label]++; counts[x.Label] == 1 && len(f.Sample) < cap8 {
			f.Sample = append(f.Sample, x.Path)
		}
	}
	switch s.Name {
	case "val":
		f.Val = part
	case "test":
		f.Test = part
	default:
		f.Train, f.Classes = part, s.Classes
		f.Least = part.Images
		for label, n := range counts {
			if n < f.Least {
				f.Least, f.Rarest = n, s.Classes[label]
			}
			f.Most = max(f.Most, n)
		}
	}
	return nil
}

// cap8 is the most images that Found.Sample names.
const cap8 = 8
