package serve

import (
	"image"
	"net/http"
	"net/url"

	"acol/internal/cam"
	"acol/internal/localize"
	"acol/internal/model"
	"acol/internal/section"
	"acol/internal/viz"
)

// described is the answer of GET /api/model.
type described struct {
	Model   string   `json:"model"`
	Classes []string `json:"classes"`
	// Branches are the kinds, a letter for each; Deltas the recipe's, one for each but the last.
	Branches  string        `json:"branches"`
	Deltas    []float64     `json:"deltas"`
	Colormap  string        `json:"colormap"`
	Colormaps []string      `json:"colormaps"`
	Opacity   float64       `json:"opacity"`
	Rule      localize.Rule `json:"rule"`
	// Threshold is the recipe's: auto, the word of a rule, or a fraction.
	Threshold section.Threshold `json:"threshold"`
	Samples   []sampleName      `json:"samples"`
	MaxBytes  int               `json:"max_bytes"` // of an upload
}

type sampleName struct {
	Name  string `json:"name"`
	Class string `json:"class,omitempty"`
}

// describe answers what is served.
func (s *Server) describe(w http.ResponseWriter, _ *http.Request) error {
	cfg := s.opt.Config
	d := described{
		Model: s.opt.Model, Classes: s.opt.Explorer.Classes(), Branches: s.opt.Kinds,
		Deltas: s.opt.Explorer.Deltas(), Colormap: string(cfg.Colormap),
		Colormaps: cfg.Colormap.Choices(), Opacity: cfg.Opacity, Rule: cfg.Rule, Threshold: cfg.Threshold,
		Samples: []sampleName{}, MaxBytes: maxUpload,
	}
	for _, sample := range s.opt.Samples {
		d.Samples = append(d.Samples, sampleName{sample.Name, sample.Class})
	}
	return writeJSON(w, d)
}

// answered is what is said of an image: what acol localize --json prints, and the settings.
type answered struct {
	ID string `json:"id,omitempty"` // of a picture that is kept
	localize.Summary
	Class  int           `json:"class"` // that the boxes and maps are of
	Cut    float64       `json:"cut"`   // the fraction of the map's maximum that it is cut at
	Deltas []float64     `json:"deltas"`
	Rule   localize.Rule `json:"rule"`
	Maps   []apiMap      `json:"maps,omitempty"`
}

// apiMap is a score map of the network's input, in rows: scores in 0 to 1.
type apiMap struct {
	Name   string      `json:"name"` // fused, or branch 1 (p)
	Height int         `json:"height"`
	Width  int         `json:"width"`
	Values [][]float64 `json:"values"`
}

// answerOf makes the answer of a result.
func answerOf(r *localize.Result, set localize.Settings, maps bool) answered {
	m := r.Maps[0]
	a := answered{
		Summary: r.Summary(), Class: set.Class, Cut: m.Threshold, Deltas: set.Deltas, Rule: set.Rule,
	}
	if !maps {
		return a
	}
	a.Maps = append(a.Maps, mapOf("fused", m.Fused))
	for i, b := range m.Branches {
		a.Maps = append(a.Maps, mapOf(model.BranchTitle(i, b.Kind), b.Map))
	}
	return a
}

func mapOf(name string, m cam.Map) apiMap {
	out := apiMap{Name: name, Height: m.H, Width: m.W, Values: make([][]float64, m.H)}
	for y := range out.Values {
		out.Values[y] = m.V[y*m.W:][:m.W]
	}
	return out
}

// localize answers about an image that is not kept. With maps=1 the answer has the maps of all
// branches.
func (s *Server) localize(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return s.upload(w, r, func(raw []byte) error {
		var a answered
		err := s.look(r.Context(), raw, func(_ image.Image, v *localize.View) error {
			result, set, err := s.tryNow(q, v)
			if err != nil {
				return err
			}
			a = answerOf(result, set, q.Get("maps") == "1")
			return nil
		})
		if err != nil {
			return err
		}
		return writeJSON(w, a)
	})
}

// upload reads an image and lets use have it; so many at a time.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, use func([]byte) error) error {
	leave, err := s.uploads.enter(r.Context())
	if err != nil {
		return err
	}
	defer leave()
	raw, err := s.receive(w, r)
	if err != nil {
		return err
	}
	return use(raw)
}

// add keeps an image, and answers as see does.
func (s *Server) add(w http.ResponseWriter, r *http.Request) error {
	return s.upload(w, r, func(raw []byte) error { return s.keep(w, r, raw) })
}

// keep puts an image on the shelf and answers about it.
func (s *Server) keep(w http.ResponseWriter, r *http.Request, raw []byte) error {
	p := &picture{raw: raw}
	err := s.look(r.Context(), raw, func(img image.Image, v *localize.View) (err error) {
		p.view = v
		p.photo, err = encodeJPEG(viz.Within(img, photoSide))
		return err
	})
	if err != nil {
		return err
	}
	s.shelf.put(p)
	return s.answerAbout(w, r, p)
}

// see answers about a picture that is kept, with the settings that the query tries.
func (s *Server) see(w http.ResponseWriter, r *http.Request) error {
	p, err := s.kept(r)
	if err != nil {
		return err
	}
	return s.answerAbout(w, r, p)
}

func (s *Server) answerAbout(w http.ResponseWriter, r *http.Request, p *picture) error {
	result, set, err := s.try(r, p)
	if err != nil {
		return err
	}
	a := answerOf(result, set, r.URL.Query().Get("maps") == "1")
	a.ID = p.id
	return writeJSON(w, a)
}

// kept returns the picture of a request's id.
func (s *Server) kept(r *http.Request) (*picture, error) {
	p := s.shelf.get(r.PathValue("id"))
	if p == nil {
		return nil, statusError{http.StatusNotFound, errGone}
	}
	return p, nil
}

// try runs the heads on a picture with the settings of a query, which it returns too.
func (s *Server) try(
	r *http.Request, p *picture,
) (*localize.Result, localize.Settings, error) {
	leave, err := s.model.enter(r.Context())
	if err != nil {
		return nil, localize.Settings{}, err
	}
	defer leave()
	return s.tryNow(r.URL.Query(), p.view)
}

// tryNow is try of a view for whoever has entered the model.
func (s *Server) tryNow(
	q url.Values, v *localize.View,
) (*localize.Result, localize.Settings, error) {
	set, err := s.settings(q, v)
	if err != nil {
		return nil, set, err
	}
	result, err := s.opt.Explorer.Try(v, set)
	return result, set, err
}

// forget drops a picture.
func (s *Server) forget(w http.ResponseWriter, r *http.Request) error {
	if !s.shelf.drop(r.PathValue("id")) {
		return statusError{http.StatusNotFound, errGone}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
