package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/model"
	"acol/internal/recipe"
)

type benchOptions struct {
	streams *streams
	Config  string
	Set     []string

	Classes       int
	Mode          string
	Steps, Warmup int
	Profile, Data bool
	JSON          bool
	CSV, Export   string

	arch, kinds, size *keyFlag // which say something of other keys too
}

// The modes of acol bench.
const (
	modeTrain = "train"
	modeInfer = "infer"
	modeBoth  = "both"
)

func newBenchCmd(s *streams, runF func(context.Context, *benchOptions) error) *cobra.Command {
	o := &benchOptions{streams: s}
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine trains and infers a model",
		Long: `Measure how many images a second a model trains on and infers, with random weights
on images of noise, and how much memory the process takes at most. Each rate is
that of the median step; the quartiles stand in brackets.

The model is that of a recipe (--config). Without one it is the model of the flags,
which by default is that of the ACoL paper on a ResNet-50: two branches that both
learn the class. --set reaches every other key.

--profile also prints how long each kind of computation and each layer takes. It
compares the GFLOP/s of the convolutions with the peak of this machine, which it
measures with one large matrix product on the same kernels. --data also measures
the data of the recipe: how fast the loader alone is, and which share of the time
training waits for it. Under mpirun, training is measured on all processes, and
how long they take to exchange what they have computed.

Exit codes: 0 done; 1 failed; 2 wrong flags or recipe; 130 interrupted.`,
		Example: `  acol bench
  acol bench --arch squeezenet --batch 32 --mode train --profile
  acol bench --config configs/cub16-squeezenet-pp.yaml --data
  mpirun -n 2 acol bench --batch 16
  acol bench --arch resnet --depth 50 --kinds pp --head conv --batch 8 --csv bench.csv`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.Config, "config", "c", "", "recipe `FILE`, or the name of one in the program")
	addSetFlag(c, &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	key := func(name, short, key, placeholder, value string) *keyFlag {
		return addKeyFlag(c, &o.Set, name, short, key, placeholder, "without a recipe "+value)
	}
	o.arch = key("arch", "", "model.backbone.arch", "FAMILY", benchArch)
	key("depth", "", "model.backbone.depth", "D", "the family's usual one")
	o.kinds = key("kinds", "", "model.branches.kinds", "KINDS", benchKinds)
	key("head", "", "model.branches.head", "HEAD", benchHead)
	o.size = key("size", "", "data.input.size", "N", benchSize)
	key("batch", "b", "train.batch_size", "N", benchBatch)
	f.IntVar(&o.Classes, "classes", 200, "number of classes `K`; with --data it is that of the data")
	f.StringVar(&o.Mode, "mode", modeBoth, "`WHAT` to measure: train, infer or both")
	f.IntVar(&o.Steps, "steps", 10, "number of steps `N` to measure")
	f.IntVar(&o.Warmup, "warmup", 2, "number of steps `N` before those that are measured")
	addComputeFlags(c, &o.Set)
	f.BoolVar(&o.Profile, "profile", false, "time every computation and layer")
	f.BoolVar(&o.Data, "data", false, "also measure the loader on the recipe's training split")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object")
	f.StringVar(&o.CSV, "csv", "", "append a row to `FILE`")
	f.StringVar(&o.Export, "export", "", "make `DIR` the folder of a run with the random weights, "+
		"and write a batch and its outputs there for comparison with other programs")
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

// What is measured without a recipe and without flags: the paper's branches on a ResNet.
const (
	benchArch  = "resnet"
	benchKinds = "pp"
	benchHead  = "linear"
	benchSize  = "224"
	benchBatch = "8"
)

// load gives the recipe with the flags over it.
func (o *benchOptions) load() (*recipe.Recipe, error) {
	var set []string
	if o.Config == "" { // no data is read
		set = slices.Concat(
			[]string{"data.root=.", "data.metadata=.", "model.branches.head=" + benchHead},
			[]string{"train.batch_size=" + benchBatch},
			o.arched(benchArch), o.branched(benchKinds), o.sized(benchSize),
		)
	}
	for _, k := range []struct {
		flag *keyFlag
		sets func(string) []string
	}{{o.arch, o.arched}, {o.kinds, o.branched}, {o.size, o.sized}} {
		if k.flag.given() && recipe.CheckValue(k.flag.key.Name, k.flag.text) == nil {
			set = append(set, k.sets(k.flag.text)...)
		}
	}
	set = append(set, o.Set...)
	rec, err := recipe.Load(recipe.Options{File: o.Config, Set: set, Env: o.streams.Env})
	if err != nil || !o.Data {
		return rec, err
	}
	return rec, recipe.CheckPaths(rec, recipe.DataPaths)
}

// arched sets a family, and the network that is meant of it where --depth is not given.
func (o *benchOptions) arched(arch string) []string {
	set := []string{"model.backbone.arch=" + arch}
	if depth, ok := model.UsualDepth(model.Arch(arch)); ok {
		set = append(set, "model.backbone.depth="+depth)
	}
	return set
}

// branched sets the branches, and a delta for each of them but the last.
func (o *benchOptions) branched(kinds string) []string {
	deltas := strings.Repeat("0.6,", max(len(kinds)-1, 0))
	deltas = strings.TrimSuffix(deltas, ",")
	return []string{"model.branches.kinds=" + kinds, "model.branches.deltas=" + deltas}
}

// sized sets the size of the input. Unless data are measured no image is resized, and the sizes
// before cropping are the same.
func (o *benchOptions) sized(size string) []string {
	set := []string{"data.input.size=" + size}
	if !o.Data {
		set = append(set, "data.input.train_resize="+size, "data.input.test_resize="+size)
	}
	return set
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
