package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/atomicfile"
	"acol/internal/model"
	"acol/internal/onnx"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/weights"
)

type weightsExportOptions struct {
	streams    *streams
	Run        string
	Checkpoint string
	To         string
	Out        string
	Batch      int
	Label      bool
	Force      bool
	JSON       bool
}

// exportFormats are the values of --to.
var exportFormats = append(model.ExportFormats(), "onnx")

func newWeightsExportCmd(
	s *streams, runF func(context.Context, *weightsExportOptions) error,
) *cobra.Command {
	o := &weightsExportOptions{streams: s}
	c := &cobra.Command{
		Use:   "export [RUN] --to FORMAT",
		Short: "Hand out a run's model, to PyTorch or as ONNX",
		Long: `Hand out a run's model (default: the newest finished run below runs).

  acol         safetensors in acol's names, as in the run
  torchvision  safetensors for torchvision's network: the backbone, and the first
               branch as its classifier where that is one linear layer
  authors      safetensors for the ACoL authors' VGG (cls, cls_erase)
  wsol         safetensors for wsolevaluation's networks (classifier_A, classifier_B;
               its CAM for one branch)
  junkwhinger  safetensors for junkwhinger's reimplementation (ResNet)
  onnx         the whole model for any runtime: image in; logits and map of each
               branch and the fused map out. The maps are for the most likely
               class, or with --label for an input. Preprocessing and class names
               are in the file's metadata.

PyTorch loads the safetensors with load_state_dict(strict=True). The figures are
bit for bit the run's.

Exit codes: 0 done; 1 failed, as where the format has no place for the model's
heads; 2 wrong flags.`,
		Example: `  acol weights export runs/cub --to onnx
  acol weights export runs/cub --to torchvision --out resnet50-cub.safetensors
  acol weights export runs/cub --to onnx --label --batch 1 --out cub.onnx`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Run = args[0]
			}
			if err := oneModel(c, o.Run); err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.To, "to", "", "`FORMAT`: "+strings.Join(exportFormats, ", "))
	f.StringVarP(&o.Out, "out", "o", "",
		"`FILE` to write (default: the run's name and the format's)")
	f.StringVar(&o.Checkpoint, "checkpoint", "last", "`WHICH` model: last, best or a file")
	f.IntVar(&o.Batch, "batch", 0, "onnx: take exactly `N` images; 0 takes any number")
	f.BoolVar(&o.Label, "label", false, "onnx: the class of the maps is an input")
	f.BoolVar(&o.Force, "force", false, "write over a file that is there")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object")
	return c
}

func (o *weightsExportOptions) check() error {
	switch {
	case o.To == "":
		return hinted{usagef("--to is missing"), "one of " + strings.Join(exportFormats, ", ")}
	case !slices.Contains(exportFormats, o.To):
		return usagef("--to %q is not one of %s", o.To, strings.Join(exportFormats, ", "))
	case o.To != "onnx" && (o.Batch != 0 || o.Label):
		return usagef("--batch and --label are of --to onnx")
	case o.Batch < 0 || o.Batch > 1<<16:
		return usagef("--batch %d is not in 0 to %d", o.Batch, 1<<16)
	}
	return nil
}

// exported is what export prints.
type exported struct {
	File    string   `json:"file"`
	Format  string   `json:"format"`
	Run     string   `json:"run"`
	Tensors int      `json:"tensors,omitempty"`
	LeftOut []string `json:"left_out,omitempty"`
	Bytes   int64    `json:"bytes"`
}

func runWeightsExport(_ context.Context, o *weightsExportOptions) error {
	t, err := openRunFlag(o.streams, o.Run, o.Checkpoint, nil)
	if err != nil {
		return err
	}
	if o.Out == "" {
		o.Out = filepath.Base(filepath.Clean(t.Dir)) + "-" + o.To + ".safetensors"
		if o.To == "onnx" {
			o.Out = filepath.Base(filepath.Clean(t.Dir)) + ".onnx"
		}
	}
	if _, err := os.Stat(o.Out); err == nil && !o.Force {
		return hinted{
			fmt.Errorf("%s is there already", o.Out),
			"write over it with --force, or name another file with --out",
		}
	}
	res := exported{File: o.Out, Format: o.To, Run: t.Dir}
	if o.To == "onnx" {
		err = exportONNX(o, t)
	} else {
		err = exportTensors(o, t, &res)
	}
	if err != nil {
		return err
	}
	if st, err := os.Stat(o.Out); err == nil {
		res.Bytes = st.Size()
	}
	if o.JSON {
		return newJSONLines(o.streams.Out).Encode(res)
	}
	if err := printLast(o.streams.Out, "%s\n", o.Out); err != nil {
		return err
	}
	if len(res.LeftOut) > 0 {
		o.streams.say("the format has no place for %s", weights.Abbreviate(res.LeftOut))
	}
	if h := exportHint(o, t.Recipe.Model, len(t.Classes), res.LeftOut); h != "" {
		o.streams.hint("%s", h)
	}
	return nil
}

func exportONNX(o *weightsExportOptions, t *run.Trained) error {
	meta, err := onnxMetadata(t)
	if err != nil {
		return err
	}
	opt := onnx.Options{
		Size: t.Recipe.Data.Input.Size, Batch: o.Batch, Label: o.Label,
		Producer: buildVersion().Version, Metadata: meta,
	}
	return atomicfile.Write(o.Out, func(w io.Writer) error { return onnx.Write(w, t.Model, opt) })
}

// onnxMetadata is what a user of the file has to know: how to make its input, what its classes are
// called, and what was trained.
func onnxMetadata(t *run.Trained) (map[string]string, error) {
	classes, err := json.Marshal(t.Classes)
	if err != nil {
		return nil, err
	}
	rec := *t.Recipe // without the places on this machine
	rec.Data.Root, rec.Data.Metadata, rec.Data.ClassNames = "", "", ""
	rec.Model.Backbone.Weights, rec.Train.Out = "", ""
	var text strings.Builder
	if err := recipe.Write(&text, &rec); err != nil {
		return nil, err
	}
	meta := onnx.InputMetadata(t.Recipe.Data)
	meta["classes"], meta["recipe"] = string(classes), text.String()
	meta["epoch"] = strconv.Itoa(t.Epoch)
	if t.Threshold != "" {
		meta["threshold"] = string(t.Threshold)
	}
	return meta, nil
}

func exportTensors(o *weightsExportOptions, t *run.Trained, res *exported) error {
	out, left, err := t.Model.Export(o.To)
	if err != nil {
		return err
	}
	if out.Metadata, err = run.Metadata(t.Classes, t.Epoch, t.Threshold); err != nil {
		return err
	}
	res.Tensors, res.LeftOut = out.Len(), left
	return weights.WriteSafetensorsFile(o.Out, out)
}

// exportHint says how a program loads the file.
func exportHint(o *weightsExportOptions, c model.Config, classes int, left []string) string {
	b := c.Backbone
	switch {
	case o.To == "onnx":
		return fmt.Sprintf("onnxruntime.InferenceSession(%q).run(None, {\"image\": x}); "+
			"its metadata tell how to make x", o.Out)
	case o.To != "torchvision":
		return fmt.Sprintf("model.load_state_dict(safetensors.torch.load_file(%q))", o.Out)
	case b.Stages != 0 || b.Width != 1:
		return "torchvision has no network of this width or number of stages: " +
			"load with strict=False, or into one of your own"
	}
	network := "torchvision.models." + b.TorchvisionName()
	first := func(name string) bool { return strings.HasPrefix(name, "branches.0.") }
	if slices.ContainsFunc(left, first) {
		return fmt.Sprintf("the backbone alone: "+
			"%s().load_state_dict(safetensors.torch.load_file(%q), strict=False)", network, o.Out)
	}
	return fmt.Sprintf("%s(num_classes=%d).load_state_dict(safetensors.torch.load_file(%q))",
		network, classes, o.Out)
}
