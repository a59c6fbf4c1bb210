package main

import (
	"context"

	"github.com/spf13/cobra"

	"acol/internal/kernel/backend"
	"acol/internal/localize"
	"acol/internal/run"
	"acol/internal/sources"
	"acol/internal/train"
)

type localizeOptions struct {
	streams    *streams
	Images     []string
	List       string
	Run        string
	Checkpoint string
	Classifier classifierFlags
	Set        []string
	Out        string
	NPY        bool
	JSON       bool
	Boxes      boxOptions
}

func newLocalizeCmd(s *streams, runF func(context.Context, *localizeOptions) error) *cobra.Command {
	o := &localizeOptions{streams: s}
	c := &cobra.Command{
		Use:   "localize IMAGE|DIR|PATTERN|URL|-...",
		Short: "Show where the objects of images are",
		Long: `Show where the objects of images are. For each image acol prints the classes that
the model predicts with their probabilities, lays the fused class activation map
over the picture, and puts boxes around the objects.

Images are JPEG, PNG, GIF (the first frame), BMP, TIFF or WebP. The EXIF orientation
of a JPEG is applied, and boxes are in pixels of the upright picture, both corners
inclusive. Folders, and the folders in them, are searched for files with the names
of images; hidden files, pictures that acol wrote (*.acol.*) and the --out folder
are left out, and other files are counted. A file that is named itself is read
whatever its name is.

A pattern in quotes, such as 'photos/**/*.jpg', is matched by acol itself; ** stands
for any folders. An address that begins with http:// or https:// is fetched, up to
256 MiB and for two minutes. A dash, -, is one image on standard input. --list names
a file with a source on each line, or --list - the lines of standard input.

The model is that of the newest finished run below runs/, or of the run that --run
names. Flags that stand for a key, and --set, override the run's recipe; where two
set the same key, the later one counts. --model takes a published classifier of
ImageNet's 1,000 classes instead, without a run: acol fetches its weights once.

--method makes maps in another way than by the heads: by the gradient of a class at
a layer of the network (gradcam, gradcam++, layercam, xgradcam), or by trying its
channels as masks (scorecam, slow). --layer names the layer, as torchvision does.

A box is around the pixels whose score is above --threshold times the map's
maximum: around their largest connected region, or around each region with
--rule all. The threshold is what val chose while the model was trained; where val
has no boxes, it is the mean of each map, or with --method 1.25 times the mean. A map
that is constant has no box.

These files are written into the --out folder for bird.jpg; the folders below DIR
are kept:

  bird.png         the picture under the fused map, with the boxes
  bird.panel.png   with --panel: the image, the map of each branch, what was erased,
                   the fused map
  bird.npy         with --npy: the fused score map of the network's input, float64,
                   (height, width), values in 0 to 1, as wsolevaluation reads it
  bird.crop.png    with --crops: what is in the box; bird.crop-2.png for a second one
  bird.mask.png    with --mask: 255 where the object is, 0 elsewhere, in pixels of the
                   upright picture

With --class top5 each name ends in the class: bird.Cardinal.png. Where a name is
taken, bird-2.png is written; in a folder that holds inputs, bird.acol.png.
Inputs are never overwritten; the outputs of an earlier run are.

--labels writes the boxes as a data set that detectors are trained on and annotation
tools open: DIR/yolo (YOLO's text files and data.yaml), DIR/coco (annotations.json),
DIR/voc (XML files) or DIR/labelme, where DIR is the --out folder. Each holds copies
of the images. An image without a box is left out; labelme gets it without a label.
--min-prob and --min-area leave out doubtful boxes. --refine moves the edges of maps to
those of the picture first, which makes masks sharp.

With --kernels auto, fewer than 16 images go through the portable kernels, which
start faster than the native ones.

Results go to standard output: for each map a line with image, class, box and file,
or with --json one object for each image, which has "error" where it failed.

Under mpirun or srun the images are shared out among the processes (docs/cluster.md).

Exit codes: 0 done; 1 failed; 2 wrong flags or arguments; 3 some or all of the
images could not be processed: each was reported, and the others are done;
130 interrupted: what was written stays.`,
		Example: `  acol localize bird.jpg
  acol localize --model resnet50 --class "indigo bunting" bird.jpg
  acol localize --model resnet50 --method layercam --layer layer3 bird.jpg
  acol localize --run runs/cub16-squeezenet-pp --panel photos
  acol localize --class top5 --colormap turbo --out heat bird.jpg
  acol localize --labels yolo --min-prob 0.5 photos
  acol localize --json --threshold 0.3 photos > boxes.jsonl
  find photos -name '*.jpg' -mtime -1 | acol localize --list -`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && o.List == "" {
				err := usagef("no image to localize")
				return hinted{err, "name image files or folders: acol localize bird.jpg"}
			}
			o.Images = args
			if o.Out == "" {
				return usagef("--out is empty")
			}
			if err := o.Classifier.check(c.Flags().Changed); err != nil {
				return err
			}
			if err := checkKeyFlags(c); err != nil {
				return err
			}
			if err := o.Boxes.check(); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	addSourceFlags(c, o)
	addRunFlags(c, &o.Run, &o.Checkpoint, &o.Set)
	addClassifierFlags(c, &o.Classifier)
	f.StringVarP(&o.Out, "out", "o", "localized", "`DIR` that the files go to")
	f.BoolVar(&o.NPY, "npy", false, "also write the fused score map")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object an image")
	for _, k := range []struct{ flag, placeholder string }{
		{"class", "CLASS"}, {"method", "METHOD"}, {"layer", "NAME"},
		{"threshold", "FRACTION"}, {"rule", "RULE"},
		{"colormap", "NAME"}, {"opacity", "SHARE"}, {"panel", ""},
	} {
		addKeyFlag(c, &o.Set, k.flag, "", "localize."+k.flag, k.placeholder, "")
	}
	addBoxFlags(c, o)
	return c
}

// fewImages are done on the portable kernels sooner than the native ones have prepared themselves,
// where no device computes.
const fewImages = 16

// computeForFew says what computes for so many images.
func computeForFew(c train.Config, images int) train.Config {
	fp32 := c.Precision == train.Precision(backend.FP32)
	if c.Kernels == "auto" && fp32 && images < fewImages && !c.Backend().OnDevice() {
		c.Kernels = "portable"
	}
	return c
}

// openLocalize finds the images and opens the model. images is a checksum of their list.
func openLocalize(
	ctx context.Context, o *localizeOptions,
) (found *sources.Set, t *run.Trained, images string, err error) {
	if found, err = findImages(ctx, o); err != nil {
		return nil, nil, "", err
	}
	if images, err = listed(o, found.Images); err != nil {
		return found, nil, "", err
	}
	if err := o.checkLabels(); err != nil {
		return found, nil, "", err
	}
	if o.Classifier.given() {
		if err := anyReadable(o, found.Images); err != nil {
			return found, nil, "", err
		}
	}
	t, err = openModel(ctx, o.streams, &o.Classifier, modelPlace{
		Run: o.Run, Checkpoint: o.Checkpoint, Maps: localizeMaps,
	}, o.Set)
	return found, t, images, err
}

func runLocalize(ctx context.Context, o *localizeOptions) error {
	found, t, images, err := openLocalize(ctx, o)
	if found != nil {
		defer found.Close()
	}
	ranks, common := o.streams.Ranks, footingOf(t)
	common.Images = images
	if err := ranks.begin(o.streams, err, common); err != nil {
		return err
	}
	inputs := found.Images
	eng, err := newEngine(o.streams, computeForFew(t.Recipe.Train, len(inputs)))
	if err != nil {
		return err
	}
	defer eng.Close()
	cfg := t.Recipe.Localize
	l, err := localize.Open(eng, t.Model, localize.Options{
		Classes: t.Classes, Data: t.Recipe.Data, Config: cfg,
		Kept: t.Threshold, Batch: localize.EvenBatch(len(inputs), cfg.BatchSize), Workers: t.Recipe.Train.Workers,
	})
	if err != nil {
		return hintLayer(err)
	}
	sayView(o.streams, t.Recipe.Data.Input)
	sayMaps(o.streams, l.Maps(), t.Recipe.Model.Branches.Kinds)
	sayThreshold(o.streams, l, t.Threshold)
	w, err := newResultWriter(o, cfg, inputs, t.Classes)
	if err != nil {
		return err
	}
	w.model = t.Name
	return w.run(ctx, l)
}
