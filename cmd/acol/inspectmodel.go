package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"acol/configs"
	"acol/internal/data"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
)

// modelReport is what inspect prints of a model.
type modelReport struct {
	Model       string       `json:"model"`
	Run         string       `json:"run,omitempty"`
	Kinds       string       `json:"kinds"`
	Head        model.Head   `json:"head"`
	Classes     int          `json:"classes"`
	Input       []int        `json:"input"` // (3,H,W)
	Map         []int        `json:"map"`   // (h,w)
	Align       model.Align  `json:"align"` // where the map's positions lie on the input
	Field       int          `json:"receptive_field"`
	Stride      int          `json:"stride"`
	Parameters  splitCount   `json:"parameters"`
	GFLOP       float64      `json:"gflop"` // of one image, a multiply-add is two
	BackboneGF  float64      `json:"gflop_backbone"`
	WeightBytes int64        `json:"weight_bytes"`
	Inference   int64        `json:"inference_bytes"` // one image, weights included
	Training    int64        `json:"training_bytes"`  // a batch, everything included
	BatchSize   int          `json:"batch_size"`
	Layers      []layerEntry `json:"layers"`
	MapLayers   []string     `json:"map_layers"` // what --layer of localize and eval takes
}

type splitCount struct {
	Total    int64 `json:"total"`
	Backbone int64 `json:"backbone"`
	Heads    int64 `json:"heads"`
	SPG      int64 `json:"spg,omitempty"` // of the heads
}

type layerEntry struct {
	Name       string `json:"name"`
	Operation  string `json:"operation"`
	Shape      []int  `json:"shape"`
	Parameters int64  `json:"parameters"`
	FLOP       int64  `json:"flop"`
	Field      int    `json:"receptive_field"` // 0: all of the image
	Stride     int    `json:"stride"`
}

// inspectedModel returns the recipe that an argument means: that of a run's folder, a recipe
// by its file or its name in the program, or the defaults with a network by its name. ok is false
// for anything else, which is taken for a weight file.
func inspectedModel(o *inspectOptions) (rec *recipe.Recipe, dir string, ok bool, err error) {
	info, statErr := os.Stat(o.File)
	switch ext := strings.ToLower(filepath.Ext(o.File)); {
	case statErr == nil && info.IsDir():
		rec, err = run.Folder(o.File).Recipe(o.Set, o.streams.Env)
		if errors.Is(err, run.ErrNotRun) {
			return nil, "", false, nil
		}
		return rec, o.File, true, err
	case ext == ".yaml" || ext == ".yml":
		rec, err = recipe.Load(recipe.Options{File: o.File, Set: o.Set, Env: o.streams.Env})
		return rec, "", true, err
	case statErr == nil:
		return nil, "", false, nil
	}
	if known, ok := configs.Find(o.File); ok {
		rec, err = recipe.Load(recipe.Options{File: known.Name, Set: o.Set, Env: o.streams.Env})
		return rec, "", true, err
	}
	arch, depth, known := model.FindNetwork(o.File)
	if !known {
		return nil, "", false, nil
	}
	set := append([]string{
		"data.root=.", "data.metadata=.",
		"model.backbone.arch=" + string(arch), "model.backbone.depth=" + depth,
	}, o.Set...)
	rec, err = recipe.Load(recipe.Options{Set: set, Env: o.streams.Env})
	return rec, "", true, err
}

// inspectModel measures the model of a recipe. The values of its weights do not matter.
func inspectModel(o *inspectOptions, rec *recipe.Recipe, dir string) (*modelReport, error) {
	classes := o.Classes
	if classes == 0 {
		classes = classesOf(rec, dir)
	}
	m, err := model.New(rec.Model, classes)
	if err != nil {
		return nil, err
	}
	size := rec.Data.Input.Size
	t, err := m.Trace(size, size)
	if err != nil {
		return nil, err
	}
	eng, err := newEngine(o.streams, rec.Train)
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	eng.Admit(nil) // plans are measured, not run
	memory, err := m.Memory(eng, rec.Train.BatchSize, size, size)
	if err != nil {
		return nil, err
	}
	kept, _ := rec.Train.Memory(m.Params(), 1)
	backbone, heads := m.Trained()
	b := rec.Model.Backbone
	r := &modelReport{
		Model: string(b.Arch) + " " + b.Depth, Run: dir,
		Kinds: rec.Model.Branches.Kinds, Head: rec.Model.Branches.Head, Classes: classes,
		Input: []int{3, size, size}, Map: t.Nodes[t.Maps[0]].Shape[2:],
		Align: rec.Model.Branches.Align, MapLayers: m.MapLayers(),
		Parameters: splitCount{
			Total: backbone + heads, Backbone: backbone, Heads: heads, SPG: m.TrainedInSPG(),
		},
		WeightBytes: memory.Weights, Inference: memory.Inference,
		Training: memory.Training + kept, BatchSize: rec.Train.BatchSize,
	}
	r.Field, r.Stride = t.Field()
	for i, l := range t.Layers() {
		r.Layers = append(r.Layers, layerEntry(l))
		r.GFLOP += float64(l.FLOP) / 1e9
		if i < t.BackboneLayers() {
			r.BackboneGF += float64(l.FLOP) / 1e9
		}
	}
	return r, nil
}

// classesOf returns the number of classes of a run's checkpoint; without one, of the recipe's data;
// without these, of ImageNet.
func classesOf(rec *recipe.Recipe, dir string) int {
	if dir != "" {
		if classes := run.Folder(dir).Classes(); len(classes) > 0 {
			return len(classes)
		}
	}
	if split, err := data.Open(rec.Data, "train"); err == nil && len(split.Classes) > 0 {
		return len(split.Classes)
	}
	return 1000
}

// print writes a table of the layers and the totals.
func (r *modelReport) print(out io.Writer) error {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	printf(tw, "layer\toperation\toutput\tparameters\tMFLOP\treceptive field\tstride\n")
	for _, l := range r.Layers {
		field := "all"
		if l.Field > 0 {
			field = fmt.Sprint(l.Field)
		}
		printf(tw, "%s\t%s\t%s\t%d\t%.2f\t%s\t%d\n", l.Name, l.Operation,
			shapeText(l.Shape), l.Parameters, float64(l.FLOP)/1e6, field, l.Stride)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	printf(out, "layers for --method gradcam and others: %s\n", strings.Join(r.MapLayers, " "))
	const mib = 1 << 20
	guides := ""
	if n := r.Parameters.SPG; n > 0 {
		guides = fmt.Sprintf(", %d of which are SPG's, for training alone", n)
	}
	for _, line := range []string{
		fmt.Sprintf("%s, branches %s with %s heads, %d classes, input %dx%d",
			r.Model, r.Kinds, r.Head, r.Classes, r.Input[1], r.Input[2]),
		fmt.Sprintf("parameters: %d, %d of the backbone and %d of the heads%s",
			r.Parameters.Total, r.Parameters.Backbone, r.Parameters.Heads, guides),
		fmt.Sprintf("GFLOP an image: %.3f, %.3f of the backbone (a multiply-add is two)",
			r.GFLOP, r.BackboneGF),
		fmt.Sprintf("map: %dx%d, a position every %d pixels that sees %d pixels, aligned by %s",
			r.Map[0], r.Map[1], r.Stride, r.Field, r.Align),
		fmt.Sprintf("memory in MiB: weights %d, prediction of one image %d, "+
			"training in batches of %d about %d",
			r.WeightBytes/mib, r.Inference/mib, r.BatchSize, r.Training/mib),
	} {
		if err := printLast(out, "%s\n", line); err != nil {
			return err
		}
	}
	return nil
}
