package main

import (
	"context"
	"fmt"
	"image/png"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/album"
	"acol/internal/data"
	"acol/internal/recipe"
	"acol/internal/viz"
)

type dataShowOptions struct {
	streams *streams
	Recipe  string
	Set     []string
	Out     string
	album.Augmented
}

// The most images and epochs that one picture shows.
const (
	mostShownImages = 16
	mostShownEpochs = 16
)

func newDataShowCmd(s *streams, runF func(context.Context, *dataShowOptions) error) *cobra.Command {
	o := &dataShowOptions{streams: s}
	c := &cobra.Command{
		Use:   "show RECIPE",
		Short: "Draw training images as a recipe changes them, without training",
		Long: `Draw a few training images as a recipe changes them: how evaluation sees each, and
how training does in its first epochs, cropped, recoloured, erased, hidden and
mixed as the recipe says. Labels with shares are those of mixed images.

--each draws one image with each augmentation of the recipe by itself, and with all
of them.

Exit codes: 0 done; 1 failed; 2 wrong flags or recipe; 130 interrupted.`,
		Example: `  acol data show photos.yaml
  acol data show photos.yaml --each --set data.augment.rand_augment.num_ops=2
  acol data show photos.yaml --set data.augment.crop=resized --out crops.png`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Recipe = args[0]
			switch {
			case o.Images < 1 || o.Images > mostShownImages:
				return usagef("--images: %d is not in 1 to %d", o.Images, mostShownImages)
			case o.Epochs < 1 || o.Epochs > mostShownEpochs:
				return usagef("--epochs: %d is not in 1 to %d", o.Epochs, mostShownEpochs)
			case o.Out == "":
				return usagef("--out is empty")
			case !strings.EqualFold(filepath.Ext(o.Out), ".png"):
				return hinted{usagef("--out: %s does not end in .png, and the picture is a PNG", o.Out),
					"--out " + shellWord(strings.TrimSuffix(o.Out, filepath.Ext(o.Out))+".png")}
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	addSetFlag(c, &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	f.IntVar(&o.Images, "images", 4, "draw `N` images, evenly over the split")
	f.IntVar(&o.Epochs, "epochs", 5, "draw each as `N` epochs see it")
	f.BoolVar(&o.Each, "each", false, "draw one image with each augmentation by itself")
	f.StringVarP(&o.Out, "out", "o", "augmented.png", "the PNG `FILE` to write")
	return c
}

func runDataShow(ctx context.Context, o *dataShowOptions) error {
	rec, err := recipe.Load(recipe.Options{File: o.Recipe, Set: o.Set, Env: o.streams.Env})
	if err != nil {
		return err
	}
	if _, err := rec.Data.Named([]string{"train"}); err != nil {
		return usageError{err}
	}
	if err := recipe.CheckPaths(rec, recipe.DataPaths); err != nil {
		return err
	}
	split, err := data.Open(rec.Data, "train")
	if err != nil {
		return fmt.Errorf("opening data: %w", err)
	}
	o.Data, o.Train = rec.Data, rec.Train
	// The batch, a copy and what it is mixed from, float32 of three channels.
	side := int64(rec.Data.Input.Size)
	if err := newBudget().Take("the images", 3*int64(max(o.Images, 2))*3*side*side*4); err != nil {
		return hinted{err, "a smaller --images or data.input.size takes less memory"}
	}
	img, err := o.Draw(ctx, split)
	if err != nil {
		return fmt.Errorf("drawing %s: %w", o.Out, err)
	}
	if err := viz.WritePNG(o.Out, img, png.DefaultCompression); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return printLast(o.streams.Out, "%s\n", o.Out)
}
