// Threshold makes the figures of docs/results/threshold.md. It takes trained runs through val and
// test once each, and measures GT-known and top-1 localization with each way to choose the
// threshold of boxes. It writes a CSV file with a row for each run, split and way, and prints a
// table of test. It keeps nothing else, and writes nothing into the runs.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"strconv"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/engine"
	"acol/internal/eval"
	"acol/internal/kernel/kernels"
	"acol/internal/metric"
	"acol/internal/run"
	"acol/internal/scoremap"
	"acol/internal/section"
	"acol/scripts/rows"
	"acol/scripts/script"
)

func main() { script.Main("threshold", measureAll) }

// ways are the ways to choose a threshold that are compared, most of them by the value of
// eval.threshold.
var ways = []section.Threshold{
	camPaper, section.Auto, bestOnVal, section.Mean, section.Otsu, section.Energy,
}

const (
	// camPaper is the CAM paper's fraction, and was the default before.
	camPaper section.Threshold = "0.2"
	// bestOnVal is the one fraction at which GT-known localization is best on val. Auto takes it
	// where Mean is not as good on val.
	bestOnVal section.Threshold = "best on val"
)

// choice is what val chose for a model: BoxThreshold, and the best fraction by itself.
type choice struct{ auto, fraction section.Threshold }

// of returns where a way cuts maps.
func (c choice) of(way section.Threshold) scoremap.Threshold {
	if way == bestOnVal {
		way = c.fraction
	}
	return scoremap.Resolve(way, c.auto, section.DefaultRule)
}

// measureAll measures the runs of the command line and prints the table.
func measureAll(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("threshold", flag.ContinueOnError)
	csv := f.String("csv", "docs/results/threshold.csv", "the CSV `file` to add rows to")
	set := f.String("set", "", "a `key=value` of the runs' recipes, such as data.root=FOLDER")
	if err := f.Parse(args); err != nil {
		return err
	}
	all, err := rows.Read(*csv, columns)
	if err != nil {
		return err
	}
	for _, dir := range f.Args() {
		var sets []string
		if *set != "" {
			sets = []string{*set}
		}
		more, err := measure(ctx, run.Folder(dir), sets)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		all = append(without(all, more[0]), more...)
		if err := rows.Write(*csv, columns, all); err != nil {
			return err
		}
	}
	return printTable(out, all)
}

// measure measures a run on val and on test.
func measure(ctx context.Context, dir run.Folder, set []string) ([]row, error) {
	t, err := dir.Open("last", set, nil)
	if err != nil {
		return nil, err
	}
	b, err := kernels.Open(t.Recipe.Train.Backend())
	if err != nil {
		return nil, err
	}
	eng := engine.New(b)
	defer eng.Close()
	branches := t.Recipe.Model.Branches
	named := row{
		"data": dataName(t), "network": network(t), "kinds": branches.Kinds,
		"seed": strconv.FormatUint(t.Recipe.Train.Seed, 10), "precision": string(t.Recipe.Train.Precision),
		"epochs": strconv.Itoa(t.Epoch),
	}
	if len(branches.Deltas) > 0 {
		named["delta"] = fmt.Sprint(branches.Deltas[0])
	}
	chosen, all, err := measureSplit(ctx, t, eng, "val", nil, named)
	if err != nil {
		return nil, err
	}
	_, more, err := measureSplit(ctx, t, eng, "test", chosen, named)
	return append(all, more...), err
}

// dataName is the name of the data set by the folder of its images.
func dataName(t *run.Trained) string {
	if t.Recipe.Data.Format == "cub" {
		return "cub16"
	}
	return "made"
}

// network names the backbone.
func network(t *run.Trained) string {
	b := t.Recipe.Model.Backbone
	name := string(b.Arch)
	if b.Depth != "" {
		name += " " + b.Depth
	}
	return cmp.Or(name, filepath.Base(t.Dir))
}

// image is what one image gave: whether the first guess is right, and the score map of the true
// class with its true boxes in pixels of the map.
type image struct {
	guessed bool
	score   cam.Map
	truth   []box.Box
}

// measureSplit takes a split through the network once, and returns a row for each way. Val, which
// is measured without a choice, makes one.
func measureSplit(
	ctx context.Context, t *run.Trained, eng *engine.Engine, split string, chosen *choice, named row,
) (*choice, []row, error) {
	rep, images, err := see(ctx, t, eng, split)
	if err != nil {
		return nil, nil, err
	}
	if chosen == nil {
		chosen = &choice{rep.BoxThreshold(), section.Fraction(rep.Best[eval.GTKnown])}
	}
	var all []row
	for _, way := range ways {
		at := chosen.of(way)
		known, top1 := 0, 0
		for _, im := range images {
			right, err := im.right(at)
			if err != nil {
				return nil, nil, err
			}
			if right {
				known++
			}
			if right && im.guessed {
				top1++
			}
		}
		r := maps.Clone(named)
		maps.Copy(r, row{
			"split": split, "threshold": string(way), "cut": string(at.Key()),
			"images": strconv.Itoa(len(images)), "top1": percent(rep.Values[eval.Top1]),
			"gt_known": percent(100 * float64(known) / float64(len(images))),
			"top1_loc": percent(100 * float64(top1) / float64(len(images))),
		})
		all = append(all, r)
	}
	return chosen, all, nil
}

// see takes a split through the network.
func see(
	ctx context.Context, t *run.Trained, eng *engine.Engine, split string,
) (*eval.Report, map[string]*image, error) {
	s, err := data.Open(t.Recipe.Data, split)
	if err != nil {
		return nil, nil, err
	}
	samples := map[string]*data.Sample{}
	for i := range s.Samples {
		samples[s.Samples[i].ID] = &s.Samples[i]
	}
	measured := t.Recipe.Eval
	measured.Class, measured.Threshold = eval.TrueClass, section.Auto
	ev, err := eval.New(eng, t.Model, s, t.Recipe.Data, eval.Options{Config: measured})
	if err != nil {
		return nil, nil, err
	}
	images := map[string]*image{}
	ev.FusedOnly, ev.Keep = true, true
	ev.Save = func(id string, score cam.Map) error {
		images[id] = newImage(score, samples[id])
		return nil
	}
	rep, err := ev.Run(ctx)
	if err != nil {
		return nil, nil, err
	}
	return rep, images, guess(rep.Records, images)
}

func percent(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

func newImage(score cam.Map, s *data.Sample) *image {
	im := &image{score: score}
	for _, b := range s.BoxesOf(s.Label) {
		im.truth = append(im.truth, b.Scale(s.Width, s.Height, score.W, score.H))
	}
	return im
}

// right reports whether the box of the image's map has an IoU of at least 0.5 with a true box.
func (im *image) right(at scoremap.Threshold) (bool, error) {
	b, err := cam.LargestComponent(im.score, at.Of(im.score))
	if err != nil {
		return false, err
	}
	iou, err := metric.BestIoU(b, im.truth)
	return iou >= 0.5, err
}

// guess notes for which images the first guess is right, which the records say.
func guess(r *eval.Records, images map[string]*image) error {
	for k, c := range r.Curves {
		if c.Name != eval.Top1 {
			continue
		}
		for _, rec := range r.Images {
			images[rec.ID].guessed = rec.Hits[k].Has(0)
		}
		return nil
	}
	return fmt.Errorf("the records have no %s", eval.Top1)
}
