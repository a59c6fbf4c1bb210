package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/hub"
	"acol/internal/model"
	"acol/internal/nearest"
	"acol/internal/recipe"
	"acol/internal/weights"
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
get, parameters, size, the top-1 accuracy that torchvision states, and whether
the file is in the cache.

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
	hub.File
	URL  string `json:"url"`
	Path string `json:"path"`
	Here bool   `json:"here"`
}

func runWeightsList(o *weightsListOptions) error {
	cache, err := hub.Open(o.streams.Env)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(o.streams.Out, 0, 0, 2, ' ', 0)
	if !o.JSON {
		fmt.Fprintln(tw, "name\tparameters\tMiB\ttop-1\tfile\there")
	}
	enc := json.NewEncoder(o.streams.Out)
	for _, f := range hub.Files() {
		url, err := cache.URL(f)
		if err != nil {
			return err
		}
		if o.JSON {
			if err := enc.Encode(weightsLine{f, url, cache.Path(f), cache.Has(f)}); err != nil {
				return err
			}
			continue
		}
		here := ""
		if cache.Has(f) {
			here = "yes"
		}
		fmt.Fprintf(tw, "%s\t%d\t%.1f\t%.2f\t%s\t%s\n", f.Name, f.Parameters, f.MiB, f.Top1, f.File, here)
	}
	return tw.Flush()
}

type weightsGetOptions struct {
	streams *streams
	Names   []string
	Mirror  string
	JSON    bool
}

func newWeightsGetCmd(s *streams, runF func(context.Context, *weightsGetOptions) error) *cobra.Command {
	o := &weightsGetOptions{streams: s}
	c := &cobra.Command{
		Use:   "get NAME...",
		Short: "Fetch weights that torchvision publishes",
		Long: `Fetch weights that torchvision publishes, check them against the hash in their
name, keep them in the cache and print where they are. A download that broke off
is gone on with; a file that is there is only checked.

The cache is ACOL_CACHE, or acol/weights in your cache folder. HTTPS_PROXY and
NO_PROXY name a proxy; --mirror or ACOL_MIRROR another server with the same file
names. A recipe with model.backbone.weights: imagenet does the same by itself.

Exit codes: 0 done; 1 the file cannot be fetched; 2 there is no such name;
130 interrupted, what has come is kept.`,
		Example: `  acol weights get resnet50 squeezenet1_1
  acol weights get vgg16 --mirror https://mirror.example.org/torchvision
  acol inspect "$(acol weights get resnet18)"`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Names = args
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Mirror, "mirror", "", "base `URL` to fetch from instead of "+hub.Server)
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a file")
	return c
}

func runWeightsGet(ctx context.Context, o *weightsGetOptions) error {
	cache, err := hub.Open(o.streams.Env)
	if err != nil {
		return err
	}
	if o.Mirror != "" {
		cache.Mirror = o.Mirror
	}
	files := make([]hub.File, len(o.Names))
	for i, name := range o.Names {
		f, ok := hub.Find(name)
		if !ok {
			return hinted{unknownWeights(name), "acol weights list shows all of them"}
		}
		files[i] = f
	}
	for _, f := range files {
		path, err := fetch(ctx, o.streams, cache, f)
		if err != nil {
			return err
		}
		if err := printFetched(o, cache, f, path); err != nil {
			return err
		}
	}
	return nil
}

func printFetched(o *weightsGetOptions, cache *hub.Cache, f hub.File, path string) error {
	if !o.JSON {
		_, err := fmt.Fprintln(o.streams.Out, path)
		return err
	}
	url, err := cache.URL(f)
	if err != nil {
		return err
	}
	return json.NewEncoder(o.streams.Out).Encode(weightsLine{f, url, path, true})
}

func unknownWeights(name string) error {
	var names []string
	for _, f := range hub.Files() {
		names = append(names, f.Name)
	}
	if near := nearest.Name(name, names); near != "" {
		return usagef("no published weights %q; did you mean %s?", name, near)
	}
	return usagef("no published weights %q", name)
}

// fetch gets a published file, with progress where it is not in the cache.
func fetch(ctx context.Context, s *streams, cache *hub.Cache, f hub.File) (string, error) {
	if !cache.Has(f) {
		s.say("fetching %s (%.0f MiB) into %s", f.File, f.MiB, cache.Dir)
	}
	const kib = 1 << 10
	p := newProgress(s, f.File, "KiB")
	defer p.done()
	cache.Progress = func(done, total int64) {
		if total > 0 {
			p.update(int(done/kib), int((total+kib-1)/kib))
		}
	}
	return cache.Get(ctx, f)
}

// startingWeights is the file that a recipe's backbone starts from: the one it names, or torchvision's, fetched.
func startingWeights(ctx context.Context, s *streams, b model.Backbone) (string, error) {
	version, published := b.PublishedWeights()
	if !published {
		return b.Weights, nil
	}
	cache, err := hub.Open(s.Env)
	if err != nil {
		return "", err
	}
	f, ok := hub.ForBackbone(b.Arch, b.Depth, version)
	if !ok {
		return "", fmt.Errorf("torchvision publishes no weights %s for %s %s", b.Weights, b.Arch, b.Depth)
	}
	return fetch(ctx, s, cache, f)
}

// warnScale says where published weights were trained on another scale of the input than the recipe's.
func warnScale(s *streams, rec *recipe.Recipe) {
	b := rec.Model.Backbone
	mean, std := b.PublishedScale()
	if _, published := b.PublishedWeights(); published && !(slices.Equal(mean, rec.Data.Mean) && slices.Equal(std, rec.Data.Std)) {
		s.say("warning: these weights were trained with data.mean %v and data.std %v, the recipe has %v and %v", mean, std, rec.Data.Mean, rec.Data.Std)
	}
}

// openCanonical reads a weight file under acol's names.
func openCanonical(path string) (*weights.StateDict, weights.Names, error) {
	sd, _, err := weights.Open(path)
	if err != nil {
		return nil, weights.Names{}, err
	}
	sd, names, err := weights.Canonical(sd)
	if err != nil {
		return nil, names, fmt.Errorf("reading weights %s: %w", path, err)
	}
	return sd, names, nil
}

// target is what a recipe's model is for weights.Foreign.
func target(c model.Config) weights.Target {
	return weights.Target{Arch: c.Backbone.Arch, Recipe: c.Branches.Recipe, Head: c.Branches.Head}
}
