package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"acol/internal/data/synth"
)

func newDataCmd(s *streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Short: "Check, show, fetch, convert and make data to train on",
		Example: `  acol data get cub --yes
  acol data check --config configs/cub-resnet50-pp.yaml
  acol data convert --config configs/cub-resnet50-pp.yaml --to coco data/cub-coco
  acol data synth data/synth`,
		Args: subcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newDataCheckCmd(s, runDataCheck), newDataConvertCmd(s, runDataConvert),
		newDataSynthCmd(s, runDataSynth), newDataGetCmd(s, runDataGet),
		newDataShowCmd(s, runDataShow))
	return c
}

type dataSynthOptions struct {
	streams *streams
	Dir     string
	Force   bool
	synth.Options
}

func newDataSynthCmd(s *streams, runF func(*dataSynthOptions) error) *cobra.Command {
	o := &dataSynthOptions{streams: s}
	def := synth.DefaultOptions()
	c := &cobra.Command{
		Use:   "synth DIR",
		Short: "Draw a data set that shows what ACoL is for",
		Long: `Draw a data set that shows what ACoL is for, in the format of wsolevaluation. Its
pictures show birds on a cluttered ground. The head, a small part of the bird, tells
the class; the body, most of the bird, has weaker cues that several classes share. A
classifier therefore looks at the head alone, while the true box is around the whole
bird. The same options draw the same files.

Exit codes: 0 done; 1 failed, for example because DIR is not empty; 2 wrong flags.`,
		Example: `  acol data synth data/synth
  acol data synth data/small --classes 3 --train 60 --val 15 --test 30 --seed 7`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.Dir = args[0]
			o.Overwrite = o.Force
			if err := o.Check(); err != nil {
				return usageError{err}
			}
			return runF(o)
		},
	}
	f := c.Flags()
	f.IntVar(&o.Classes, "classes", def.Classes, "number of classes `K`, 2 to 24")
	f.IntVar(&o.Train, "train", def.Train, "number of images `N` to train on")
	f.IntVar(&o.Val, "val", def.Val,
		"number of images `N` to choose the checkpoint and the threshold on")
	f.IntVar(&o.Test, "test", def.Test, "number of images `N` for the final figures")
	f.IntVar(&o.Size, "size", def.Size, "side of the images in `PIXELS`, 48 to 1024")
	f.Uint64Var(&o.Seed, "seed", def.Seed,
		"`SEED` of the random numbers that the pictures are drawn from")
	f.BoolVar(&o.Masks, "masks", false, "also write a mask of each bird, for PxAP")
	f.BoolVar(&o.Force, "force", false, "write into a DIR that is not empty")
	return c
}

func runDataSynth(o *dataSynthOptions) error {
	entries, err := os.ReadDir(o.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("making data: %w", err)
	}
	if len(entries) > 0 && !o.Force {
		return hinted{fmt.Errorf("making data: %s is not empty", o.Dir), "--force writes into it"}
	}
	if err := synth.Make(o.Dir, o.Options); err != nil {
		return err
	}
	in := func(place string) string { return filepath.Join(o.Dir, filepath.FromSlash(place)) }
	o.streams.say("drew %d train, %d val and %d test images of %d classes into %s",
		o.Train, o.Val, o.Test, o.Classes, o.Dir)
	o.streams.hint("acol train synth-p "+
		"--set data.root=%s --set data.metadata=%s --set data.class_names=%s",
		shellWord(in(synth.Root)), shellWord(in(synth.Metadata)), shellWord(in(synth.Names)))
	return nil
}
