package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/model"
	"acol/internal/recipe"
)

// benchOptions are the flags of acol bench. Those of the model are nil where not given.
type benchOptions struct {
	streams *streams
	Config  string
	Set     []string

	Arch, Depth, Kinds, Head *string
	Size, Batch              *int

	Classes       int
	Mode          string
	Steps, Warmup int
	Profile, Data bool
	JSON          bool
	CSV, Export   string
}

// The modes of acol bench.
const (
	modeTrain = "train"
	modeInfer = "infer"
	modeBoth  = "both"
)

func newBenchCmd(s *streams, runF func(context.Context, *benchOptions) error) *cobra.Command {
	o := &benchOptions{streams: s}
	var given struct {
		arch, depth, kinds, head string
		size, batch              int
	}
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine trains and infers a model",
		Long: `Measure images a second in training and inference, of random weights on images of
noise, with the peak memory of the process. The figure is of the median step; in
brackets stand the quartiles.

The model is a recipe's (--config), or the flags' over the defaults: a ResNet-50
with two branches that learn the class, the paper. --set reaches every other key.

--profile adds the time of each kind of computation and of each layer, and the
convolutions' GFLOP/s beside the peak of this machine, which is measured with one
large matrix product on the same kernels. --data also measures the recipe's
data: how fast the loader is alone, and how much of the training's time waits for it.

Exit codes: 0 done; 1 failed; 2 wrong flags or recipe; 130 interrupted.`,
		Example: `  acol bench
  acol bench --arch squeezenet --batch 32 --mode train --profile
  acol bench --config configs/cub16-squeezenet-pp.yaml --data
  acol bench --arch resnet --depth 50 --kinds pp --head conv --batch 8 --csv bench.csv`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			changed := c.Flags().Changed
			o.Arch, o.Depth = ifGiven(changed("arch"), &given.arch), ifGiven(changed("depth"), &given.depth)
			o.Kinds, o.Head = ifGiven(changed("kinds"), &given.kinds), ifGiven(changed("head"), &given.head)
			o.Size, o.Batch = ifGiven(changed("size"), &given.size), ifGiven(changed("batch"), &given.batch)
			if err := o.check(); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.Config, "config", "c", "", "recipe `FILE`")
	addSetFlag(f, &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	f.StringVar(&given.arch, "arch", "resnet", "the backbone's family (model.backbone.arch)")
	f.StringVar(&given.depth, "depth", "50", "its depth or version (model.backbone.depth)")
	f.StringVar(&given.kinds, "kinds", "pp", "the branches, a string over p and n (model.branches.kinds)")
	f.StringVar(&given.head, "head", "linear", "linear or conv (model.branches.head)")
	f.IntVar(&given.size, "size", 224, "side of the images in pixels (data.input.size)")
	f.IntVarP(&given.batch, "batch", "b", 8, "images a step (train.batch_size)")
	f.IntVar(&o.Classes, "classes", 200, "number of classes; with --data the data say")
	f.StringVar(&o.Mode, "mode", modeBoth, "train, infer or both")
	f.IntVar(&o.Steps, "steps", 10, "steps to measure")
	f.IntVar(&o.Warmup, "warmup", 2, "steps before them")
	addComputeFlags(f, &o.Set)
	f.BoolVar(&o.Profile, "profile", false, "time every computation and layer")
	f.BoolVar(&o.Data, "data", false, "also measure the loader on the recipe's training split")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object")
	f.StringVar(&o.CSV, "csv", "", "append a row to `FILE`")
	f.StringVar(&o.Export, "export", "", "make `DIR` a run's folder of the random weights, with a batch and its outputs to compare others with")
	return c
}

func (o *benchOptions) check() error {
	switch {
	case !slices.Contains([]string{modeTrain, modeInfer, modeBoth}, o.Mode):
		return usagef("--mode: %q is not one of train, infer, both", o.Mode)
	case o.Steps < 1 || o.Steps > 1_000_000:
		return usagef("--steps: %d is not in 1 to 1000000", o.Steps)
	case o.Warmup < 0 || o.Warmup > 1_000_000:
		return usagef("--warmup: %d is not in 0 to 1000000", o.Warmup)
	case o.Data && o.Config == "":
		return hinted{usagef("--data needs the recipe that names them"), "--config FILE"}
	case o.Data && o.Mode == modeInfer:
		return usagef("--data measures a training: --mode train or both")
	}
	return nil
}

// load gives the recipe with the flags over it.
func (o *benchOptions) load() (*recipe.Recipe, error) {
	set := o.quick()
	if o.Config == "" { // nothing is read from there
		set = append(set, "data.root=.", "data.metadata=.")
	}
	set = append(set, o.Set...)
	rec, err := recipe.Load(recipe.Options{File: o.Config, Set: set, Env: o.streams.Env})
	if err != nil || !o.Data {
		return rec, err
	}
	return rec, recipe.CheckPaths(rec, recipe.DataPaths)
}

// quick turns the model's flags into keys. Without a recipe those that are not given count too.
func (o *benchOptions) quick() []string {
	arch, depth, branches, head := o.Arch, o.Depth, o.Kinds, o.Head
	size, batch := o.Size, o.Batch
	if o.Config == "" {
		arch, branches, head = orDefault(arch, "resnet"), orDefault(branches, "pp"), orDefault(head, "linear")
		size, batch = orDefault(size, 224), orDefault(batch, 8)
	}
	if arch != nil && depth == nil {
		depth = usualDepth(*arch)
	}
	var set []string
	add := func(key string, value *string) {
		if value != nil {
			set = append(set, key+"="+*value)
		}
	}
	add("model.backbone.arch", arch)
	add("model.backbone.depth", depth)
	add("model.branches.kinds", branches)
	add("model.branches.head", head)
	if branches != nil {
		set = append(set, "model.branches.deltas="+strings.TrimSuffix(strings.Repeat("0.6,", max(len(*branches)-1, 0)), ","))
	}
	if size != nil {
		s := strconv.Itoa(*size)
		set = append(set, "data.input.size="+s)
		if !o.Data { // no image is resized
			set = append(set, "data.input.train_resize="+s, "data.input.test_resize="+s)
		}
	}
	if batch != nil {
		set = append(set, "train.batch_size="+strconv.Itoa(*batch))
	}
	return set
}

func orDefault[T any](given *T, v T) *T {
	if given != nil {
		return given
	}
	return &v
}

// usualDepth is the member of a family that is meant where nobody says.
func usualDepth(arch string) *string {
	depth, ok := model.UsualDepth(model.Arch(arch))
	if !ok {
		return nil
	}
	return &depth
}

// modelName is short and says what decides the speed: resnet50-os16-pp-conv.
func modelName(r *recipe.Recipe) string {
	b, h := r.Model.Backbone, r.Model.Branches
	name := string(b.Arch) + b.Depth
	if b.Width != 1 {
		name += fmt.Sprintf("-w%g", b.Width)
	}
	if b.Stages > 0 {
		name += fmt.Sprintf("-stages%d", b.Stages)
	}
	if b.OutputStride > 0 {
		name += fmt.Sprintf("-os%d", b.OutputStride)
	}
	return name + "-" + h.Kinds + "-" + string(h.Head)
}

// commit is the version's, marked where the tree had changes.
func (v versionInfo) commit() string {
	name := fmt.Sprintf("%.12s", v.Commit)
	switch {
	case name == "":
		return v.Version
	case v.Dirty:
		return name + "+changes"
	}
	return name
}
