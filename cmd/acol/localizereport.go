package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"acol/internal/localize"
)

// localized is what --json prints of an image.
type localized struct {
	Image string `json:"image"`
	localize.Summary
	Files []localizedFile `json:"files"`
	// Notes stands for the summary's, so that it comes last.
	Notes []string `json:"notes,omitempty"`
}

type localizedFile struct {
	Kind  string `json:"kind"` // overlay, panel or npy
	Class int    `json:"class"`
	Path  string `json:"path"`
}

// report prints a batch's results, in the order of the inputs, and gives the
// number of images that failed.
func (w *resultWriter) report(b *localize.Batch) (failed int, err error) {
	w.progress.done() // results may go to the same terminal
	for _, it := range b.Items {
		if it.Err != nil {
			w.o.streams.say("failed: %v", it.Err)
			failed++
			continue
		}
		if err := w.print(it); err != nil {
			return failed, fmt.Errorf("printing the results: %w", err)
		}
	}
	return failed, nil
}

func (w *resultWriter) print(it *localize.Item) error {
	if w.o.JSON {
		enc := json.NewEncoder(w.o.streams.Out)
		enc.SetEscapeHTML(false)
		return enc.Encode(w.result(it))
	}
	for _, m := range it.Result.Maps {
		if err := w.printLine(w.o.streams.Out, it, m); err != nil {
			return err
		}
	}
	return nil
}

// printLine writes image, class, box and file of one map.
func (w *resultWriter) printLine(out io.Writer, it *localize.Item, m *localize.ClassMap) error {
	where := localize.NoBox
	if len(m.Boxes) > 0 {
		boxes := make([]string, len(m.Boxes))
		for i, r := range m.Boxes {
			boxes[i] = r.Box.String()
		}
		where = "box " + strings.Join(boxes, " ")
	}
	_, err := fmt.Fprintf(out, "%s: %s, %s, %s\n", it.Name, it.Result.Label(m), where, w.files[m].overlay)
	return err
}

// result is what --json prints of an image.
func (w *resultWriter) result(it *localize.Item) localized {
	r := localized{Image: it.Name, Summary: it.Result.Summary()}
	r.Notes = r.Summary.Notes
	for _, m := range it.Result.Maps {
		files := w.files[m]
		for _, f := range []localizedFile{
			{"overlay", m.Class, files.overlay}, {"panel", m.Class, files.panel}, {"npy", m.Class, files.npy},
		} {
			if f.Path != "" {
				r.Files = append(r.Files, f)
			}
		}
	}
	return r
}
