// Threshold makes the figures of docs/results/threshold.md. It takes trained runs through val and
// test once each, and measures GT-known and top-1 localization with each way to choose the
// threshold of boxes. It writes a CSV file with a row for each run, split and way, and prints a
// table of test. It keeps nothing else, and writes nothing into the runs.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measureAll(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "threshold: error: %v\n", err)
		os.Exit(1)
	}
}

// ways are the values of eval.threshold that are compared: first the default of before.
var ways = []section.Threshold{
	"0.2", section.Auto, section.Otsu, section.Energy, section.Mean,
}

// measureAll measures the runs of the command line and prints the table.
func measureAll(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("threshold", flag.ContinueOnError)
	csv := f.String("csv", "docs/results/threshold.csv", "the CSV `file` to add rows to")
	set := f.String("set", "", "a `key=value` of the runs' recipes, such as data.root=FOLDER")
	if err := f.Parse(args); err != nil {
		return err
	}
	rows, err := readRows(*csv)
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
		rows = append(without(rows, more[0]), more...)
		if err := writeRows(*csv, rows); err != nil {
			return err
		}
	}
	return printTable(out, rows)
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
	var rows []row
	for _, split := range []string{"val", "test"} {
		more, err := measureSplit(ctx, t, eng, split, named)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
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
		name += " " + string(b.Depth)
	}
	return cmp.Or(name, filepath.Base(t.Dir))
}

// image is what one image gave: whether the first guess is right, and for each way the fraction
// and whether the box of the true class's map is right.
type image struct {
	guessed bool
	right   []bool
}

// measureSplit takes a split through the network once, and returns a row for each way.
func measureSplit(
	ctx context.Context, t *run.Trained, eng *engine.Engine, split string, named row,
) ([]row, error) {
	s, err := data.Open(t.Recipe.Data, split)
	if err != nil {
		return nil, err
	}
	samples := map[string]*data.Sample{}
	for i := range s.Samples {
		samples[s.Samples[i].ID] = &s.Samples[i]
	}
	ev, err := eval.New(eng, t.Model, s, t.Recipe.Data, eval.Options{Config: t.Recipe.Eval})
	if err != nil {
		return nil, err
	}
	images := map[string]*image{}
	ev.FusedOnly, ev.Keep = true, true
	ev.Save = func(id string, score cam.Map) error {
		images[id], err = look(score, samples[id], t.Threshold)
		return err
	}
	rep, err := ev.Run(ctx)
	if err != nil {
		return nil, err
	}
	if err := guess(rep.Records, images); err != nil {
		return nil, err
	}
	var rows []row
	for k, way := range ways {
		known, top1 := 0, 0
		for _, im := range images {
			if im.right[k] {
				known++
			}
			if im.right[k] && im.guessed {
				top1++
			}
		}
		r := row{"split": split, "threshold": string(way), "images": strconv.Itoa(len(images))}
		for key, v := range named {
			r[key] = v
		}
		if fixed := scoremap.Resolve(way, t.Threshold); fixed.Rule == "" {
			r["fraction"] = fmt.Sprint(fixed.Fraction)
		}
		r["top1"] = percent(rep.Values[eval.Top1])
		r["gt_known"] = percent(100 * float64(known) / float64(len(images)))
		r["top1_loc"] = percent(100 * float64(top1) / float64(len(images)))
		rows = append(rows, r)
	}
	return rows, nil
}

func percent(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// look cuts the score map of an image's true class in each of the ways.
func look(score cam.Map, s *data.Sample, kept section.Threshold) (*image, error) {
	var truth []box.Box
	for _, b := range s.BoxesOf(s.Label) {
		truth = append(truth, b.Scale(s.Width, s.Height, score.W, score.H))
	}
	im := &image{}
	for _, way := range ways {
		at := scoremap.Resolve(way, kept).Of(score)
		b, err := cam.LargestComponent(score, at)
		if err != nil {
			return nil, err
		}
		iou, err := metric.BestIoU(b, truth)
		if err != nil {
			return nil, err
		}
		im.right = append(im.right, iou >= 0.5)
	}
	return im, nil
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
