package album

import (
	"context"
	"errors"
	"fmt"
	"image"

	"acol/internal/data"
	"acol/internal/data/augment"
	"acol/internal/data/loader"
	"acol/internal/train"
	"acol/internal/viz"
)

// Augmented draws what a recipe makes of a few training images, without any training.
type Augmented struct {
	Data  data.Config
	Train train.Config
	// Images is the number of images, which are taken evenly over the split. Epochs is the number
	// of epochs in which each is drawn.
	Images, Epochs int
	// Each draws the first image alone, in a row for each augmentation that is on, as if it were
	// the only one, and in a last row with all of them.
	Each bool
}

// augmentedHeight is the height of each image, in pixels.
const augmentedHeight = 160

var errUnchanged = errors.New("the recipe changes no training image: its crop is center, and " +
	"flip, the sections of data.augment, hide_and_seek, mixup and cutmix are off")

// Draw draws the images of a split. What it shows of an image is an example: a training draws for
// the place of the image in the split, and mixes it with others.
func (a Augmented) Draw(ctx context.Context, split *data.Split) (image.Image, error) {
	some := *split
	n := min(a.Images, len(split.Samples))
	if a.Each {
		n = min(max(n, 2), len(split.Samples)) // mixing takes two
	}
	if n == 0 {
		return nil, fmt.Errorf("split %s has no images", split.Name)
	}
	some.Samples = nil
	for i := range n {
		some.Samples = append(some.Samples, split.Samples[i*len(split.Samples)/n])
	}
	if a.Each && len(a.steps()) == 0 {
		return nil, errUnchanged
	}
	if a.Each {
		return a.drawEach(ctx, &some)
	}
	rows, err := a.rows(ctx, &some, "as evaluated")
	if err != nil {
		return nil, err
	}
	return a.grid(rows, "Images of "+split.Name+" as evaluation and as training sees them"), nil
}

func (a Augmented) grid(rows [][]viz.Tile, title string) image.Image {
	return viz.Grid(rows, viz.GridOptions{Title: title, TileHeight: augmentedHeight})
}

// drawEach draws a row for each augmentation.
func (a Augmented) drawEach(ctx context.Context, some *data.Split) (image.Image, error) {
	steps := a.steps()
	if len(steps) > 1 {
		all := func(to *Augmented, from Augmented) { *to = from }
		steps = append(steps, step{"all of these", all})
	}
	var rows [][]viz.Tile
	for _, s := range steps {
		alone := a.without()
		s.add(&alone, a)
		row, err := alone.rows(ctx, some, s.name)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row[0])
	}
	return a.grid(rows, "What changes a training image, each by itself"), nil
}

// without is a recipe that changes nothing.
func (a Augmented) without() Augmented {
	a.Data.Augment.Crop, a.Data.Augment.Flip = data.CropCenter, 0
	a.Data.Augment.ColorJitter = augment.ColorJitter{}
	a.Data.Augment.RandAugment.NumOps, a.Data.Augment.Erasing.Probability = 0, 0
	a.Train.HideAndSeek.Grids = nil
	a.Train.CutMix.Probability, a.Train.MixUp.Probability = 0, 0
	return a
}

// step is one augmentation: add takes it over from a recipe.
type step struct {
	name string
	add  func(to *Augmented, from Augmented)
}

// steps are the augmentations that are on, in the order in which they come.
func (a Augmented) steps() []step {
	how := a.Data.Augment
	all := []struct {
		on bool
		step
	}{
		{how.Crop != data.CropCenter, step{
			"crop: " + string(how.Crop), func(to *Augmented, from Augmented) {
				to.Data.Augment.Crop = from.Data.Augment.Crop
			},
		}},
		{how.Flip > 0, step{"flip", func(to *Augmented, from Augmented) {
			to.Data.Augment.Flip = from.Data.Augment.Flip
		}}},
		{how.ColorJitter.On(), step{"color_jitter", func(to *Augmented, from Augmented) {
			to.Data.Augment.ColorJitter = from.Data.Augment.ColorJitter
		}}},
		{how.RandAugment.On(), step{"rand_augment", func(to *Augmented, from Augmented) {
			to.Data.Augment.RandAugment = from.Data.Augment.RandAugment
		}}},
		{how.Erasing.On(), step{"erasing", func(to *Augmented, from Augmented) {
			to.Data.Augment.Erasing = from.Data.Augment.Erasing
		}}},
		{len(a.Train.HideAndSeek.Grids) > 0, step{
			"hide_and_seek", func(to *Augmented, from Augmented) {
				to.Train.HideAndSeek = from.Train.HideAndSeek
			},
		}},
		{a.Train.MixUp.Probability > 0, step{"mixup", func(to *Augmented, from Augmented) {
			to.Train.MixUp = from.Train.MixUp
		}}},
		{a.Train.CutMix.Probability > 0, step{"cutmix", func(to *Augmented, from Augmented) {
			to.Train.CutMix = from.Train.CutMix
		}}},
	}
	var steps []step
	for _, s := range all {
		if s.on {
			steps = append(steps, s.step)
		}
	}
	return steps
}

// rows draws a row for each image of a split: as evaluated, under a name, and in each epoch.
func (a Augmented) rows(ctx context.Context, some *data.Split, name string) ([][]viz.Tile, error) {
	rows := make([][]viz.Tile, len(some.Samples))
	draw := &Album{Classes: some.Classes, Mean: a.Data.Mean, Std: a.Data.Std}
	size := a.Data.Input.Size
	one := func(training bool, epoch int) error {
		l, err := loader.New(some, a.Data, loader.Options{
			Batch: len(rows), Workers: a.Train.Workers, Seed: a.Train.Seed, Train: training,
		})
		if err != nil {
			return err
		}
		for b, err := range l.Epoch(ctx, epoch, 0) {
			if err != nil {
				return err
			}
			in := b.Inputs
			in.X = in.Values()
			seen := train.Sight{X: in.X, Size: size}
			if training {
				seen.Targets = a.Train.Prepare(in, b, epoch)
			}
			for i, index := range b.Indices {
				t := viz.Tile{Label: name, Image: draw.picture(seen.X[i*3*size*size:], size)}
				if training {
					t.Label = draw.label(seen.Targets[i])
				}
				rows[index] = append(rows[index], t)
			}
		}
		return nil
	}
	if err := one(false, 0); err != nil {
		return nil, err
	}
	for epoch := range a.Epochs {
		if err := one(true, epoch); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
