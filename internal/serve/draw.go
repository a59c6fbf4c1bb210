package serve

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/url"

	"acol/internal/localize"
	"acol/internal/regular"
	"acol/internal/viz"
)

var errGone = errors.New("there is no such picture, or it is kept no more: send it again")

// The largest sides of pictures for the page, in pixels.
const (
	photoSide = 1280
	layerSide = 512
	thumbSide = 240
)

// styleOf gives the colour map and the opacity that a query asks for, or the recipe's.
func (s *Server) styleOf(q url.Values) (viz.OverlayOptions, error) {
	style := s.style
	var err error
	if name := q.Get("colormap"); name != "" {
		if style.Palette, err = viz.Colormap(name); err != nil {
			return style, statusError{http.StatusBadRequest, err}
		}
	}
	if o := q.Get("opacity"); o != "" {
		if style.Opacity, err = number("opacity", o); err != nil {
			return style, err
		}
	}
	return style, nil
}

// photo answers with the upright picture.
func (s *Server) photo(w http.ResponseWriter, r *http.Request) error {
	p, err := s.kept(r)
	if err != nil {
		return err
	}
	return writeBytes(w, "image/jpeg", p.photo)
}

// layer answers with a map alone, in colours, over the whole picture: the fused one, or that of
// branch=1 and so on. The page lays it over the photo.
func (s *Server) layer(w http.ResponseWriter, r *http.Request) error {
	p, err := s.kept(r)
	if err != nil {
		return err
	}
	style, err := s.styleOf(r.URL.Query())
	if err != nil {
		return err
	}
	style.Opacity = 1
	branch, err := whole(r.URL.Query(), "branch", 0)
	if err != nil {
		return err
	}
	result, _, err := s.try(r, p)
	if err != nil {
		return err
	}
	score, err := result.Layer(result.Maps[0], branch, layerSide)
	if err != nil {
		return statusError{http.StatusBadRequest, err}
	}
	blank := viz.Within(image.NewGray(image.Rect(0, 0, score.W, score.H)), layerSide)
	return writePNG(w, viz.Overlay(blank, score, style), "")
}

// erased answers with the photo on which is struck out what the branches before branch have erased.
func (s *Server) erased(w http.ResponseWriter, r *http.Request) error {
	p, err := s.kept(r)
	if err != nil {
		return err
	}
	branch, err := whole(r.URL.Query(), "branch", 2)
	if err != nil {
		return err
	}
	result, _, err := s.try(r, p)
	if err != nil {
		return err
	}
	mask, err := result.Erased(result.Maps[0], branch, photoSide)
	if err != nil {
		return statusError{http.StatusBadRequest, err}
	}
	photo, err := jpeg.Decode(bytes.NewReader(p.photo))
	if err != nil {
		return err
	}
	body, err := encodeJPEG(viz.Erased(photo, mask))
	if err != nil {
		return err
	}
	return writeBytes(w, "image/jpeg", body)
}

// overlay answers with the whole picture under the fused map, as acol localize writes it.
func (s *Server) overlay(w http.ResponseWriter, r *http.Request) error {
	return s.drawn(w, r, "overlay", func(
		img image.Image, result *localize.Result, style viz.OverlayOptions,
	) (image.Image, error) {
		return localize.Overlay(img, result, result.Maps[0], style)
	})
}

// panel answers with the panel of all branches, as acol localize --panel writes it.
func (s *Server) panel(w http.ResponseWriter, r *http.Request) error {
	return s.drawn(w, r, "panel", func(
		img image.Image, result *localize.Result, style viz.OverlayOptions,
	) (image.Image, error) {
		return localize.Panel(img, result, result.Maps[0], localize.PanelOptions{
			Note: fmt.Sprintf("Model %s.", s.opt.Model), Style: style,
		})
	})
}

// drawn answers with what draw makes of the whole picture.
func (s *Server) drawn(w http.ResponseWriter, r *http.Request, name string,
	draw func(image.Image, *localize.Result, viz.OverlayOptions) (image.Image, error),
) error {
	p, err := s.kept(r)
	if err != nil {
		return err
	}
	style, err := s.styleOf(r.URL.Query())
	if err != nil {
		return err
	}
	result, set, err := s.try(r, p)
	if err != nil {
		return err
	}
	return s.decode(r.Context(), p.raw, func(img image.Image) error {
		made, err := draw(img, result, style)
		if err != nil {
			return err
		}
		return writePNG(w, made, fmt.Sprintf("%s-class-%d.png", name, set.Class))
	})
}

// withSample lets use have the file of the sample of a request's index; so many at a time, as with
// uploads.
func (s *Server) withSample(r *http.Request, use func(path string) error) error {
	i, err := whole(url.Values{"index": {r.PathValue("index")}}, "index", -1)
	if err == nil && (i < 0 || i >= len(s.opt.Samples)) {
		err = statusError{http.StatusNotFound, fmt.Errorf("there are %d samples", len(s.opt.Samples))}
	}
	if err != nil {
		return err
	}
	leave, err := s.uploads.enter(r.Context())
	if err != nil {
		return err
	}
	defer leave()
	return use(s.opt.Samples[i].Path)
}

// samplePhoto answers with a small picture of a sample.
func (s *Server) samplePhoto(w http.ResponseWriter, r *http.Request) error {
	return s.withSample(r, func(path string) error {
		return s.room.Load(r.Context(), path, true, func(img image.Image) error {
			body, err := encodeJPEG(viz.Within(img, thumbSide))
			if err != nil {
				return err
			}
			return writeBytes(w, "image/jpeg", body)
		})
	})
}

// addSample keeps a sample as add keeps an upload.
func (s *Server) addSample(w http.ResponseWriter, r *http.Request) error {
	return s.withSample(r, func(path string) error {
		raw, err := regular.ReadFile(path)
		if err != nil {
			return err
		}
		return s.keep(w, r, raw)
	})
}
