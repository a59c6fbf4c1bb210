package main

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"acol/internal/localize"
	"acol/internal/model"
	"acol/internal/npy"
	"acol/internal/sources"
	"acol/internal/viz"
)

// interruptedError says that the user stopped the command.
type interruptedError struct{ done, total int }

func (e interruptedError) Error() string {
	return fmt.Sprintf("interrupted: %d of %d images are done, their files stay", e.done, e.total)
}

func (e interruptedError) Is(target error) bool { return target == context.Canceled }

// resultWriter writes what a localizer sees: files in the output folder, lines on standard output.
type resultWriter struct {
	o        *localizeOptions
	cfg      localize.Config
	style    viz.OverlayOptions
	model    string // what people call it
	maps     model.MapSource
	all      []*sources.Image
	inputs   []*sources.Image // those of all that this process does
	mine     []int            // their places in all
	names    *outputNames
	progress *progress
	files    map[*localize.ClassMap]mapFiles
	labels   *labelSets
	boxes    boxCount
	failed   int    // images
	kept     []told // for the rank that says all
}

// mapFiles are the files of one class of an image; "" for none.
type mapFiles struct {
	overlay, panel, npy, mask string
	crops                     []string // of each box
}

func newResultWriter(
	o *localizeOptions, cfg localize.Config, inputs []*sources.Image, classes []string,
) (*resultWriter, error) {
	w := &resultWriter{o: o, cfg: cfg, all: inputs, mine: shareInputs(inputs, o.streams.Ranks.world())}
	for _, at := range w.mine {
		w.inputs = append(w.inputs, inputs[at])
	}
	var err error
	if w.style, err = cfg.Style(); err != nil {
		return nil, err
	}
	if w.names, err = newOutputNames(o.Out, inputs); err != nil {
		return nil, err
	}
	if info, err := os.Stat(o.Out); err == nil && !info.IsDir() {
		return nil, usagef("--out: %s is a file, and pictures need a folder", o.Out)
	}
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return nil, fmt.Errorf("making the output folder: %w", err)
	}
	if w.labels, err = newLabelSets(o, classes); err != nil {
		return nil, err
	}
	return w, nil
}

// run localizes the inputs and ends the data sets of labels, whatever happens between.
func (w *resultWriter) run(ctx context.Context, l *localize.Localizer) error {
	err := w.localize(ctx, l)
	if failed := w.labels.close(); failed != nil {
		return failed
	}
	return err
}

// localize localizes the inputs. An image that fails is reported and left out. When
// ctx is done it finishes the batch at hand.
func (w *resultWriter) localize(ctx context.Context, l *localize.Localizer) error {
	images := make([]localize.Source, len(w.inputs))
	for i, in := range w.inputs {
		images[i] = opened(ctx, in)
	}
	w.maps = l.Maps()
	w.progress = newProgress(w.o.streams, "localizing", "img")
	defer w.progress.done()
	done, total := 0, len(w.all)
	for b, err := range l.Batches(ctx, images) {
		if err != nil && ctx.Err() != nil {
			if w.o.streams.Ranks.world().Size() > 1 {
				return w.gather(context.WithoutCancel(ctx), true)
			}
			return interruptedError{done - w.failed, total}
		}
		if err != nil {
			return err
		}
		w.write(b)
		if err := w.report(ctx, b); err != nil {
			return err
		}
		done += len(b.Items)
		for _, it := range b.Items {
			w.inputs[it.Index].Release()
		}
		w.progress.update(min(done*w.o.streams.Ranks.world().Size(), total), total)
	}
	w.progress.done()
	if err := w.gather(ctx, false); err != nil {
		return err
	}
	w.boxes.hint(w.o.streams)
	if w.failed > 0 {
		return partialError{w.failed, total}
	}
	return nil
}

// write makes the files of a batch. An interrupt does not cut it short.
func (w *resultWriter) write(b *localize.Batch) {
	w.files = map[*localize.ClassMap]mapFiles{}
	for _, it := range b.Items {
		if it.Err == nil {
			it.Err = w.nameFiles(it)
		}
	}
	b.Each(func(it *localize.Item) error {
		return it.Picture(func(img image.Image) error {
			dir := filepath.Join(w.o.Out, w.inputs[it.Index].Sub)
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return err
			}
			for i, m := range it.Result.Maps {
				style := w.style
				style.InPlace = i == len(it.Result.Maps)-1 && !w.cfg.Panel // nobody needs img then
				if err := w.writeMap(it, m, img, style); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// nameFiles chooses the files of an image.
func (w *resultWriter) nameFiles(it *localize.Item) (err error) {
	claim := func(wanted bool, suffix string) string {
		if !wanted || err != nil {
			return ""
		}
		path, e := w.names.claim(w.inputs[it.Index], suffix)
		err = e
		return path
	}
	for _, m := range it.Result.Maps {
		class := ""
		if w.cfg.Class == localize.Top5 {
			class = "." + fileWord(it.Result.Names[m.Class])
		}
		files := mapFiles{
			overlay: claim(true, class+".png"),
			panel:   claim(w.cfg.Panel, class+".panel.png"),
			npy:     claim(w.o.NPY, class+".npy"),
			mask:    claim(w.o.Boxes.Mask, class+".mask.png"),
		}
		for i := range m.Boxes {
			suffix := class + ".crop.png"
			if i > 0 {
				suffix = fmt.Sprintf("%s.crop-%d.png", class, i+1)
			}
			if path := claim(w.o.Boxes.Crops, suffix); path != "" {
				files.crops = append(files.crops, path)
			}
		}
		w.files[m] = files
	}
	return err
}

// writeMap makes the files of one class of an image.
func (w *resultWriter) writeMap(
	it *localize.Item, m *localize.ClassMap, img image.Image, style viz.OverlayOptions,
) error {
	files := w.files[m]
	for i, path := range files.crops {
		crop := localize.Crop(img, m.Boxes[i].Box)
		if err := viz.WritePNG(path, crop, png.BestSpeed); err != nil {
			return err
		}
	}
	if files.mask != "" {
		mask, err := it.Result.Mask(m)
		if err != nil {
			return err
		}
		if err := viz.WritePNG(files.mask, mask, png.DefaultCompression); err != nil {
			return err
		}
	}
	over, err := localize.Overlay(img, it.Result, m, style)
	if err != nil {
		return err
	}
	if err := viz.WritePNG(files.overlay, over, png.BestSpeed); err != nil {
		return err
	}
	if files.panel != "" {
		panel, err := localize.Panel(img, it.Result, m, localize.PanelOptions{
			Title: filepath.Base(it.Name), Note: fmt.Sprintf("Model %s.", w.model), Style: w.style,
		})
		if err != nil {
			return err
		}
		if err := viz.WritePNG(files.panel, panel, png.DefaultCompression); err != nil {
			return err
		}
	}
	if files.npy != "" {
		return npy.WriteFile(files.npy, []int{m.Score.H, m.Score.W}, m.Score.V)
	}
	return nil
}

// localized is what --json prints of an image.
type localized struct {
	Image string `json:"image"`
	Model string `json:"model"` // the name of the run's folder, or of the network
	localize.Summary
	// Method and Layer say how the maps were made; Layer is left out for cam.
	Method model.MapMethod `json:"method"`
	Layer  string          `json:"layer,omitempty"`
	Files  []localizedFile `json:"files"`
	// Notes stands for the summary's, so that it comes last.
	Notes []string `json:"notes,omitempty"`
}

type localizedFile struct {
	Kind  string `json:"kind"` // overlay, panel, npy, mask or crop
	Class int    `json:"class"`
	Path  string `json:"path"`
}

// report says what became of a batch's images, in the order of the inputs.
func (w *resultWriter) report(ctx context.Context, b *localize.Batch) error {
	w.progress.done() // results may go to the same terminal
	for _, it := range b.Items {
		if err := w.tell(ctx, it); err != nil {
			return fmt.Errorf("printing the results: %w", err)
		}
	}
	return nil
}

// print writes the results of an image.
func (w *resultWriter) print(out io.Writer, it *localize.Item) error {
	if w.o.JSON {
		for _, m := range it.Result.Maps {
			w.boxes.count(it.Result, m)
		}
		return newJSONLines(out).Encode(w.result(it))
	}
	for _, m := range it.Result.Maps {
		if err := w.printLine(out, it, m); err != nil {
			return err
		}
	}
	return nil
}

// printLine writes image, class, box and file of one map.
func (w *resultWriter) printLine(out io.Writer, it *localize.Item, m *localize.ClassMap) error {
	where := m.Where()
	if w.boxes.count(it.Result, m) {
		where += ", " + localize.WideBox
	}
	if m.Unrefined {
		where += ", " + localize.NotRefined
	}
	label, file := it.Result.Label(m), w.files[m].overlay
	return printLast(out, "%s: %s, %s, %s\n", it.Name, label, where, file)
}

// result is what --json prints of an image.
func (w *resultWriter) result(it *localize.Item) localized {
	r := localized{
		Image: it.Name, Model: w.model, Method: w.maps.Method, Layer: w.maps.Layer,
		Summary: it.Result.Summary(),
	}
	r.Notes = r.Summary.Notes
	for _, m := range it.Result.Maps {
		files := w.files[m]
		for _, f := range []localizedFile{
			{"overlay", m.Class, files.overlay},
			{"panel", m.Class, files.panel},
			{"npy", m.Class, files.npy},
			{"mask", m.Class, files.mask},
		} {
			if f.Path != "" {
				r.Files = append(r.Files, f)
			}
		}
		for _, path := range files.crops {
			r.Files = append(r.Files, localizedFile{"crop", m.Class, path})
		}
	}
	return r
}
