package main

import (
	"context"

	"github.com/spf13/cobra"
)

type localizeOptions struct {
	streams    *streams
	Images     []string
	Run        string
	Checkpoint string
	Set        []string
	Out        string
	NPY        bool
	JSON       bool
}

func newLocalizeCmd(s *streams, runF func(context.Context, *localizeOptions) error) *cobra.Command {
	o := &localizeOptions{streams: s}
	c := &cobra.Command{
		Use:   "localize IMAGE|DIR...",
		Short: "Show where the objects of images are",
		Long: `Show where the objects of images are. For each image: the classes that the model
sees with their probabilities, the fused class activation map laid over the
picture, and boxes in the picture's pixels.

Images are JPEG, PNG, GIF (its first frame), BMP, TIFF or WebP; a JPEG's EXIF
orientation is applied, and boxes are in the pixels of the upright picture, both
corners inclusive. Folders are searched for files with such names, folders in
them too; hidden files, pictures that acol wrote (*.acol.*) and the --out folder
are left out. A file that is named is tried whatever its name.

Without --run it takes the newest finished run below runs/. Flags override the
localize section of the run's recipe.

A box is around the pixels whose score is above --threshold times the map's
maximum: around their largest connected region, or around each region with
--rule all. A map that is constant has no box.

Into --out go, for bird.jpg (folders below DIR are kept):
  bird.png         the picture under the fused map, with the boxes
  bird.panel.png   with --panel: image, map of each branch, what was erased, fused map
  bird.npy         with --npy: the fused score map of the network's input, float64,
                   (height, width), values in 0 to 1: what wsolevaluation reads
With --class top5 each name ends in the class: bird.Cardinal.png. Where a name is
taken, bird-2.png is written; in a folder that holds inputs, bird.acol.png.
Inputs are never overwritten, outputs of an earlier run are.

With --kernels auto fewer than 16 images go through the portable kernels, which
start faster than the native ones.

Results go to standard output: a line for each map with image, class, box and
file, or with --json one object for each image.

Exit codes: 0 done; 1 failed; 2 wrong flags or arguments; 3 some or all of the
images could not be processed, each was reported, the rest are done;
130 interrupted, what was written stays.`,
		Example: `  acol localize bird.jpg
  acol localize --run runs/cub16-squeezenet-pp --panel photos
  acol localize --class top5 --colormap turbo --out heat bird.jpg
  acol localize --json --threshold 0.3 photos > boxes.jsonl`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return hinted{usagef("no image to localize"), "name image files or folders: acol localize bird.jpg"}
			}
			o.Images = args
			if o.Out == "" {
				return usagef("--out is empty")
			}
			if err := checkKeyFlags(c); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Run, "run", "", "the run's `DIR` (default: the newest finished one below runs)")
	f.StringVar(&o.Checkpoint, "checkpoint", "last", "`WHICH` model: last, best or a file")
	addSetFlag(c, &o.Set, "override a key of the run's recipe, `KEY=VALUE`; may be repeated")
	addComputeFlags(c, &o.Set)
	f.StringVarP(&o.Out, "out", "o", "localized", "`DIR` for the pictures")
	f.BoolVar(&o.NPY, "npy", false, "also write the fused score map")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object an image")
	for _, k := range []struct{ flag, placeholder string }{
		{"class", "CLASS"}, {"threshold", "FRACTION"}, {"rule", "RULE"}, {"colormap", "NAME"}, {"opacity", "SHARE"}, {"panel", ""},
	} {
		addKeyFlag(c, &o.Set, k.flag, "", "localize."+k.flag, k.placeholder, "")
	}
	_ = c.RegisterFlagCompletionFunc("checkpoint", cobra.FixedCompletions([]string{"last", "best"}, cobra.ShellCompDirectiveDefault))
	return c
}
