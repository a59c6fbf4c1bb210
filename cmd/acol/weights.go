package main

import (
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/hub"
	"acol/internal/model"
)

func newWeightsCmd(s *streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "weights",
		Short: "Fetch published weights, bring in and hand out models",
		Long: `Fetch the ImageNet weights that torchvision publishes, make a run of another
code's checkpoint, and hand a run's model out: to PyTorch as safetensors, or to
any runtime as ONNX. docs/weights.md lists what is read and written.`,
		Example: `  acol weights list
  acol weights get resnet50
  acol weights import acol_vgg16.pth.tar --config recipe.yaml --out runs/authors
  acol weights export runs/cub --to onnx --out cub.onnx`,
		Args: subcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newWeightsListCmd(s, runWeightsList), newWeightsGetCmd(s, runWeightsGet),
		newWeightsImportCmd(s, runWeightsImport), newWeightsExportCmd(s, runWeightsExport))
	return c
}

type weightsListOptions struct {
	streams *streams
	JSON    bool
}

func newWeightsListCmd(s *streams, runF func(*weightsListOptions) error) *cobra.Command {
	o := &weightsListOptions{streams: s}
	c := &cobra.Command{
		Use:   "list",
		Short: "List the weights that can be fetched",
		Long: `List the ImageNet weights that torchvision publishes: the name for acol weights
get, parameters, size, the top-1 accuracy that torchvision states, whether
acol localize --model takes the name, and whether the file is in the cache.

All of them are for trainings to start from. acol localize --model needs a last
layer that is linear and follows a global average: then a class's score is the
mean of its map. --json says what the others have instead.

Exit codes: 0 done.`,
		Example: `  acol weights list
  acol weights list --json | jq -r 'select(.mib < 60).name'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runF(o) },
	}
	c.Flags().BoolVar(&o.JSON, "json", false, "print one JSON object a file")
	return c
}

// weightsLine is a published file in JSON.
type weightsLine struct {
	model.Published
	// WhyNot says why acol localize --model has no maps of its heads; empty where it has.
	WhyNot string `json:"not_localized_because,omitempty"`
	URL    string `json:"url"`
	Path   string `json:"path"`
	Here   bool   `json:"here"`
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func runWeightsList(o *weightsListOptions) error {
	cache, err := hub.Open(o.streams.Env)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(o.streams.Out, 0, 0, 2, ' ', 0)
	if !o.JSON {
		printf(tw, "name\tparameters\tMiB\ttop-1\tlocalize\tfile\there\n")
	}
	enc := newJSONLines(o.streams.Out)
	for _, c := range model.Classifiers() {
		if c.Published == nil {
			continue
		}
		f := *c.Published
		url, err := cache.Shown(f.File)
		if err != nil {
			return err
		}
		if o.JSON {
			line := weightsLine{f, c.WhyNot, url, cache.Path(f.File), cache.Has(f.File)}
			if err := enc.Encode(line); err != nil {
				return err
			}
			continue
		}
		printf(tw, "%s\t%d\t%.1f\t%.2f\t%s\t%s\t%s\n", f.Name, f.Parameters, f.MiB, f.Top1,
			yes(c.WhyNot == ""), f.File.Name, yes(cache.Has(f.File)))
	}
	return tw.Flush()
}
