package run

import (
	"fmt"
	"image"
	"strings"
	"time"

	"acol/internal/tensorboard"
	"acol/internal/train"
)

// Board writes a training as event files of TensorBoard into a run's folder. It is a
// train.Observer.
//
//	train/loss, train/top1, …  figures of an epoch, by the epoch
//	val/loss, val/top1, …      those of val
//	step/loss, step/top1, …    of some steps within the epochs, by the step of the whole training
//	pictures/val-maps, …       pictures, by the epoch
//	recipe                     the recipe as a text
type Board struct {
	Folder Folder
	// Recipe is the recipe as YAML, Settings what of it TensorBoard compares runs by.
	Recipe   string
	Settings []tensorboard.Setting
	// Failed is told once why nothing can be written. The training goes on without.
	Failed func(error)

	file  *tensorboard.Writer // nil before Begin, and after a failure
	plan  train.Plan
	epoch int // that of the next picture; counts from 1
	every int // steps
}

var _ train.Observer = (*Board)(nil)

// What tags begin with.
const (
	stepTags    = "step/"
	trainTags   = "train/"
	valTags     = "val/"
	pictureTags = "pictures/"
	recipeTag   = "recipe"
)

// stepsShown is how many steps of an epoch are shown at most, or twice as many.
const stepsShown = 50

// Begin removes what is not of the training up to here: what was written after the state from which
// it goes on, and everything where it begins. Then it begins a file of its own.
func (b *Board) Begin(p train.Plan) {
	b.plan, b.epoch, b.every = p, p.Epoch+1, max(1, p.StepsPerEpoch/stepsShown)
	if p.Done {
		return
	}
	b.try(tensorboard.Trim(string(b.Folder), func(tag string, step int) bool {
		switch {
		case tag == recipeTag, tag == tensorboard.SettingsTag:
			return false // they are written again
		case strings.HasPrefix(tag, stepTags):
			return step <= p.Epoch*p.StepsPerEpoch+p.Step
		}
		return step <= p.Epoch
	}))
	var err error
	if b.file, err = tensorboard.Create(string(b.Folder), time.Now); err != nil {
		b.file = nil
		b.try(err)
		return
	}
	b.try(b.file.Text(p.Epoch, recipeTag, "```yaml\n"+b.Recipe+"```\n"))
	if b.file != nil {
		b.try(b.file.Settings(b.Settings))
	}
}

// try ends all writing at the first error.
func (b *Board) try(err error) {
	if err == nil {
		return
	}
	if b.file != nil {
		_ = b.file.Close()
		b.file = nil
	}
	if b.Failed != nil {
		b.Failed(err)
		b.Failed = nil
	}
}

// Sees does nothing.
func (b *Board) Sees(train.Sight) {}

// Step writes some of the steps.
func (b *Board) Step(i train.StepInfo) {
	if b.file == nil || (i.Step+1)%b.every != 0 {
		return
	}
	scalars := []tensorboard.Scalar{{Tag: stepTags + "top1", Value: i.Top1}}
	sum := 0.0
	for k, l := range i.Losses {
		sum += l
		if len(i.Losses) > 1 {
			scalars = append(scalars, tensorboard.Scalar{
				Tag: fmt.Sprintf("%sloss_%d", stepTags, k+1), Value: l,
			})
		}
	}
	scalars = append(scalars, tensorboard.Scalar{Tag: stepTags + "loss", Value: sum})
	b.try(b.file.Scalars(i.Epoch*b.plan.StepsPerEpoch+i.Step+1, scalars...))
}

// Epoch writes the figures of an epoch.
func (b *Board) Epoch(r train.EpochRecord) {
	b.epoch = r.Epoch
	if b.file == nil {
		return
	}
	var scalars []tensorboard.Scalar
	for _, c := range r.Columns() {
		v, ok := c.Value.(float64)
		if !c.Curve || !ok {
			continue
		}
		tag := trainTags + c.Name
		if name, ok := strings.CutPrefix(c.Name, "val_"); ok {
			tag = valTags + name
		}
		scalars = append(scalars, tensorboard.Scalar{Tag: tag, Value: v})
	}
	b.try(b.file.Scalars(r.Epoch, scalars...))
}

// Broken does nothing.
func (b *Board) Broken(error) {}

// Picture writes a picture of the last epoch, or of the first one before that has ended.
func (b *Board) Picture(name string, img image.Image) {
	if b.file != nil {
		b.try(b.file.Image(b.epoch, pictureTags+name, img))
	}
}

// Close ends the file.
func (b *Board) Close() {
	if b.file != nil {
		b.try(b.file.Close())
		b.file = nil
	}
}

// events lists the names of the event files in the folder.
func (f Folder) events() []string { return tensorboard.Files(string(f)) }
