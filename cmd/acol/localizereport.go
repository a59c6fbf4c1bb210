package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"acol/internal/metric"
	"acol/internal/viz"
)

// localized is what --json prints of an image. Boxes are in its pixels, upright,
// both corners inclusive.
type localized struct {
	Image  string `json:"image"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	// Classes are the most likely ones, best first, and those that maps are for.
	Classes []localizedClass `json:"classes"`
	Boxes   []localizedBox   `json:"boxes"`
	// Threshold is the fraction of a map's maximum that boxes are cut at.
	Threshold float64         `json:"threshold"`
	Files     []localizedFile `json:"files"`
	Notes     []string        `json:"notes,omitempty"`
}

type localizedClass struct {
	Index       int     `json:"index"`
	Name        string  `json:"name"`
	Probability float64 `json:"probability"`
}

type localizedBox struct {
	Class int     `json:"class"` // its index
	Name  string  `json:"name"`
	X0    int     `json:"x0"`
	Y0    int     `json:"y0"`
	X1    int     `json:"x1"`
	Y1    int     `json:"y1"`
	Score float64 `json:"score"` // the highest of the map in it
}

type localizedFile struct {
	Kind  string `json:"kind"` // overlay, panel or npy
	Class int    `json:"class"`
	Path  string `json:"path"`
}

// noBox is said of a map without a box.
const noBox = "no box: the map is constant"

// report prints a batch's results, in the order of the inputs, and gives the
// number of images that failed.
func (l *localizer) report(b *shots) (failed int, err error) {
	l.progress.done() // results may go to the same terminal
	for _, s := range b.list {
		if s.Err != nil {
			l.o.streams.say("failed: %v", s.Err)
			failed++
			continue
		}
		if err := l.print(s); err != nil {
			return failed, fmt.Errorf("printing the results: %w", err)
		}
	}
	return failed, nil
}

func (l *localizer) print(s *shot) error {
	probs := softmax(s.logits)
	if l.o.JSON {
		enc := json.NewEncoder(l.o.streams.Out)
		enc.SetEscapeHTML(false)
		return enc.Encode(l.result(s, probs))
	}
	for _, m := range s.maps {
		if err := l.printLine(l.o.streams.Out, s, m, probs[m.class]); err != nil {
			return err
		}
	}
	return nil
}

// printLine writes image, class, box and file of one map.
func (l *localizer) printLine(w io.Writer, s *shot, m *classMap, probability float64) error {
	where := noBox
	if len(m.boxes) > 0 {
		boxes := make([]string, len(m.boxes))
		for i, r := range m.boxes {
			boxes[i] = r.Box.String()
		}
		where = "box " + strings.Join(boxes, " ")
	}
	_, err := fmt.Fprintf(w, "%s: %s, %s, %s\n", s.Path, viz.Label(l.trained.Classes[m.class], probability), where, m.overlay)
	return err
}

// result is what --json prints of an image.
func (l *localizer) result(s *shot, probs []float64) localized {
	r := localized{
		Image: s.Path, Width: s.geometry.Width, Height: s.geometry.Height,
		Boxes: []localizedBox{}, Threshold: l.cfg.Threshold,
	}
	classes := metric.Top(s.logits, shownClasses)
	for _, m := range s.maps {
		if !slices.Contains(classes, m.class) {
			classes = append(classes, m.class)
		}
		name := l.trained.Classes[m.class]
		for _, at := range m.boxes {
			b := at.Box
			r.Boxes = append(r.Boxes, localizedBox{m.class, name, b.X0, b.Y0, b.X1, b.Y1, at.Peak})
		}
		if len(m.boxes) == 0 {
			r.Notes = append(r.Notes, name+": "+noBox)
		}
		for _, f := range []localizedFile{{"overlay", m.class, m.overlay}, {"panel", m.class, m.panel}, {"npy", m.class, m.npy}} {
			if f.Path != "" {
				r.Files = append(r.Files, f)
			}
		}
	}
	for _, c := range classes {
		r.Classes = append(r.Classes, localizedClass{c, l.trained.Classes[c], probs[c]})
	}
	return r
}

// softmax turns finite logits into probabilities.
func softmax(logits []float32) []float64 {
	top := slices.Max(logits)
	out := make([]float64, len(logits))
	sum := 0.0
	for i, v := range logits {
		out[i] = math.Exp(float64(v) - float64(top))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
