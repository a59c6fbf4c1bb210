package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/bench"
	"acol/internal/choice"
	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/kernels"
	"acol/internal/model"
	"acol/internal/nearest"
)

type deviceCheckOptions struct {
	streams   *streams
	Device    string
	Networks  []string
	Batch     int
	Size      int
	Precision string
	Suite     bool
	JSON      bool
}

func newDeviceCheckCmd(
	s *streams, runF func(context.Context, *deviceCheckOptions) error,
) *cobra.Command {
	o := &deviceCheckOptions{streams: s}
	c := &cobra.Command{
		Use:   "check [DEVICE]",
		Short: "Compare a device with the processor",
		Long: `Hold a device to the definition of every computation that networks are made of. Then
compute an inference and a training step of some networks on it and on the processor,
with equal weights and images, and print how far they differ and how long they take.
DEVICE is cuda, cuda:1, the path of a plugin and so on. Without one it is that of the
last plugin, by name, in the folder of plugins; plugins for processors come last.

A difference is relative to the largest value of the tensor that it is in: of logits
and maps in inference, of losses, logits and maps in training, and of gradients. What
is more than rounding is marked. The processor computes in fp32. With --precision bf16
or tf32, networks show what rounding the device's format makes of initial weights, and
none is marked but for values that are no numbers; each computation is held to its
definition as closely as the format allows.

Exit codes: 0 the device computes what the processor computes; 1 failed; 2 wrong flags;
4 it does not.`,
		Example: `  acol device check
  acol device check cuda:1
  acol device check cuda --precision bf16
  acol device check plugins/xla_cuda_plugin.so --networks resnet50,convnext_tiny
  acol device check --size 224 --batch 32 --networks resnet50 --suite=false`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Device = args[0]
			}
			if err := o.check(); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.Networks, "networks", []string{"squeezenet1_1", "resnet18", "mobilenet_v2"},
		"the `NAMES` of the networks, between commas, as torchvision has them")
	f.IntVar(&o.Batch, "batch", 4, "the number of images, `N`")
	f.IntVar(&o.Size, "size", 96, "the side of the images in `PIXELS`")
	f.StringVar(&o.Precision, "precision", string(backend.FP32),
		"the number `FORMAT` of the device: fp32, tf32 or bf16")
	_ = c.RegisterFlagCompletionFunc("precision",
		cobra.FixedCompletions(kernels.Precisions(), cobra.ShellCompDirectiveNoFileComp))
	f.BoolVar(&o.Suite, "suite", true, "hold every computation to its definition first")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a computation and a network")
	return c
}

func (o *deviceCheckOptions) check() error {
	if o.Batch < 1 || o.Batch > 4096 || o.Size < 32 || o.Size > 1024 {
		return usagef("--batch %d and --size %d must be in 1 to 4096 and 32 to 1024",
			o.Batch, o.Size)
	}
	if err := choice.In(o.Precision, kernels.Precisions()); err != nil {
		return usagef("--precision: %w", err)
	}
	for _, name := range o.Networks {
		if _, _, ok := model.FindNetwork(name); !ok {
			err := usagef("--networks: there is no network %q", name)
			var names []string
			for _, c := range model.Classifiers() {
				if c.Published != nil {
					names = append(names, c.Published.Name)
				}
			}
			if near := nearest.Meant(name, names); near != "" {
				return hinted{err, fmt.Sprintf("did you mean %s?", near)}
			}
			return err
		}
	}
	return nil
}

// checkedNetwork is a network in JSON.
type checkedNetwork struct {
	Network string `json:"network"`
	*bench.Parity
	Equal bool `json:"equal"` // but for rounding
}

func runDeviceCheck(ctx context.Context, o *deviceCheckOptions) error {
	if o.Device == "" {
		var err error
		if o.Device, err = usualPlugin(); err != nil {
			return err
		}
	}
	if _, err := device.File(o.Device); err != nil {
		return err
	}
	var engines [2]*engine.Engine
	var opened backend.GraphBackend
	for i, as := range []backend.Options{
		{Direct: true}, {Direct: true, Device: o.Device, Precision: backend.Precision(o.Precision)},
	} {
		b, err := kernels.Open(as)
		if err != nil {
			return err
		}
		if d, ok := b.(*device.Backend); ok {
			d.Until(o.streams.stopped)
			opened = d
		}
		engines[i] = engine.New(b)
		defer engines[i].Close()
		o.streams.say("%s", backend.Describe(b))
	}
	differ := false
	if o.Suite {
		var err error
		if differ, err = o.survey(ctx, opened); err != nil {
			return err
		}
	}
	tw := tabwriter.NewWriter(o.streams.Out, 0, 0, 2, ' ', 0)
	if !o.JSON && len(o.Networks) > 0 {
		printf(tw, "network\tinference\ttraining\tgradients\tcompiling\tstep\ton the processor\t\n")
	}
	for _, name := range o.Networks {
		if err := ctx.Err(); err != nil {
			return err
		}
		stop := o.streams.saySlow("compiling %s", name)
		n, err := o.compare(name, engines)
		stop()
		if err != nil {
			return fmt.Errorf("checking %s: %w", name, err)
		}
		differ = differ || !n.Equal
		if o.JSON {
			if err := newJSONLines(o.streams.Out).Encode(n); err != nil {
				return err
			}
			continue
		}
		mark := ""
		if !n.Equal {
			mark = "differs, most in the gradient of " + n.Parameter
		}
		printf(tw, "%s\t%.1e\t%.1e\t%.1e\t%.1f s\t%.0f ms\t%.0f ms\t%s\n", name, n.Inference,
			n.Training, n.Gradients, n.CompileSeconds, 1e3*n.Seconds[1], 1e3*n.Seconds[0], mark)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if differ {
		return foundError{errors: true}
	}
	return nil
}

// usualPlugin is the last plugin, by name, in the folder of plugins that is for another kind of
// device than a processor. Where there is none, it is the last one of all.
func usualPlugin() (string, error) {
	list, err := device.Accelerators()
	if err == nil && len(list) == 0 {
		list, err = pluginsOr(nil)
	}
	if err != nil {
		return "", err
	}
	return list[len(list)-1], nil
}

// compare checks one network, with two branches.
func (o *deviceCheckOptions) compare(
	name string, engines [2]*engine.Engine,
) (*checkedNetwork, error) {
	cfg := model.DefaultConfig()
	cfg.Backbone.Arch, cfg.Backbone.Depth, _ = model.FindNetwork(name)
	cfg.Branches.Kinds, cfg.Branches.Deltas = "pp", []float64{0.6}
	const classes = 10
	m, err := model.New(cfg, classes)
	if err != nil {
		return nil, err
	}
	m.Init(1)
	p, err := bench.Compare(m, engines, o.Batch, o.Size)
	if err != nil {
		return nil, err
	}
	equal := p.OK(backend.Precision(o.Precision))
	return &checkedNetwork{Network: name, Parity: p, Equal: equal}, nil
}
