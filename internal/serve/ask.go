package serve

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"acol/internal/data/pixels"
	"acol/internal/localize"
	"acol/internal/model"
	"acol/internal/regular"
	"acol/internal/section"
)

// receive reads an upload, within bounds.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxUpload {
		return nil, &http.MaxBytesError{Limit: maxUpload}
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
	if err != nil {
		return nil, statusError{http.StatusRequestTimeout, fmt.Errorf("reading the image: %w", err)}
	}
	if len(raw) == 0 {
		return nil, badf("the request has no image: send the bytes of an image file as its body")
	}
	return raw, nil
}

// maxPixels bounds pictures that are sent: more than any camera has.
const maxPixels = 64 << 20

// decode decodes an image file that was sent, for use.
func (s *Server) decode(ctx context.Context, raw []byte, use func(image.Image) error) error {
	w, h, err := pixels.SizeBytes(raw)
	if err == nil && w > maxPixels/h {
		err = fmt.Errorf("it has %dx%d pixels, more than %d million", w, h, maxPixels>>20)
	}
	var inner error
	if err == nil {
		err = s.room.LoadBytes(ctx, raw, "the image", true, func(img image.Image) error {
			inner = use(img)
			return nil
		})
	}
	switch {
	case err == nil:
		return inner
	case ctx.Err() != nil, regular.Lacking(err):
		return err
	}
	return statusError{http.StatusUnsupportedMediaType, err}
}

// look shows an image file to the model, which is kept from others until then uses the view.
func (s *Server) look(
	ctx context.Context, raw []byte, then func(image.Image, *localize.View) error,
) error {
	return s.decode(ctx, raw, func(img image.Image) error {
		leave, err := s.model.enter(ctx)
		if err != nil {
			return err
		}
		defer leave()
		v, err := s.opt.Explorer.See(img)
		var wrong *localize.PictureError
		if errors.As(err, &wrong) {
			return statusError{http.StatusUnsupportedMediaType, err}
		}
		if err != nil {
			return err
		}
		return then(img, v)
	})
}

// settings reads what a request wants to try. What it does not say is the recipe's.
//
//	class      a name or an index; the most likely one
//	delta      one value for all branches, or one for each but the last, with commas
//	threshold  from 0 to below 1, or a word of section.Threshold
//	rule       largest or all
func (s *Server) settings(q url.Values, v *localize.View) (localize.Settings, error) {
	x := s.opt.Explorer
	set := x.Default(v)
	var err error
	if c := q.Get("class"); c != "" {
		if set.Class, err = model.FindClass(x.Classes(), c); err != nil {
			return set, badf("class: %w", err)
		}
	}
	if d := q.Get("delta"); d != "" {
		if set.Deltas, err = deltas(d, len(set.Deltas)); err != nil {
			return set, err
		}
	}
	if t := q.Get("threshold"); t != "" {
		set.Threshold = section.Threshold(t)
	}
	if r := q.Get("rule"); r != "" {
		set.Rule = localize.Rule(r)
	}
	if err := x.Check(set); err != nil {
		return set, statusError{http.StatusBadRequest, err}
	}
	return set, nil
}

// deltas reads n values, or one for all n.
func deltas(text string, n int) ([]float64, error) {
	words := strings.Split(text, ",")
	if len(words) != 1 && len(words) != n {
		return nil, badf("delta: %d values, want 1 or %d", len(words), n)
	}
	out := make([]float64, n)
	for i := range out {
		var err error
		if out[i], err = number("delta", words[min(i, len(words)-1)]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func number(name, text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, badf("%s: %q is not a number", name, text)
	}
	return v, nil
}

// whole reads a whole number of a query; otherwise where it is not there.
func whole(q url.Values, name string, otherwise int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return otherwise, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil {
		return 0, badf("%s: %q is not a whole number", name, text)
	}
	return v, nil
}
