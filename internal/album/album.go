// Package album draws the pictures of a training beside its log: curves of losses, accuracies and
// learning rates, the first batch as the network sees it, images of val with their maps and boxes,
// and a confusion matrix. It knows no files: whoever makes an Album says how a picture is saved.
package album

import (
	"fmt"
	"image"
	"slices"
	"time"

	"acol/internal/train"
)

// The names of the pictures.
const (
	CurvesName = "curves.png"
	BatchName  = "train-batch.png"
)

// Names lists the names of all pictures.
func Names() []string { return []string{CurvesName, BatchName, ValMapsName, ConfusionName} }

// Album draws the pictures of one training. It is a train.Observer.
type Album struct {
	// Kinds are the branches: a letter for each, p or n.
	Kinds string
	// Classes are the names of the labels.
	Classes []string
	// Mean and Std are what the network's input was normalised by: R, G, B on a scale of 0 to 1.
	Mean, Std []float64
	// Records are those of the epochs before, where the training is resumed.
	Records []train.EpochRecord
	// Save saves a picture under one of the names above, in place of what was there.
	Save func(name string, img image.Image) error
	// Failed is told once why pictures cannot be drawn or saved. The training goes on without.
	Failed func(error)

	val   *watched  // nil without a val split
	given bool      // an error was told, and nothing more is drawn
	due   time.Time // when curves are drawn again
	stale bool      // there are records that the curves do not show
}

var _ train.Observer = (*Album)(nil)

// shareOfTime is the part of a training's time that drawing takes. Where an epoch is short,
// pictures are drawn after some of the epochs alone, and when the training ends.
const shareOfTime = 0.01

// Begin does nothing.
func (a *Album) Begin(p train.Plan) {
	a.Records = slices.DeleteFunc(a.Records, func(r train.EpochRecord) bool { return r.Epoch > p.Epoch })
}

// Sees draws the first batch.
func (a *Album) Sees(s train.Sight) {
	a.save(BatchName, a.batch(s), nil)
}

// Step does nothing.
func (a *Album) Step(train.StepInfo) {}

// Broken does nothing.
func (a *Album) Broken(error) {}

// Epoch adds the record of an epoch to the curves.
func (a *Album) Epoch(r train.EpochRecord) {
	a.Records = append(a.Records, r)
	a.stale = true
	if time.Now().After(a.due) {
		a.draw()
	}
}

// Close draws what is not drawn yet.
func (a *Album) Close() {
	if a.stale {
		a.draw()
	}
}

func (a *Album) draw() {
	if a.given {
		return
	}
	began := time.Now()
	img, err := Curves(a.Records, a.Kinds)
	a.save(CurvesName, img, err)
	a.drawVal()
	a.stale = false
	took := time.Since(began)
	a.due = time.Now().Add(time.Duration(float64(took) / shareOfTime))
}

func (a *Album) save(name string, img image.Image, err error) {
	if a.given {
		return
	}
	if err == nil {
		err = a.Save(name, img)
	}
	if err != nil {
		a.given = true
		if a.Failed != nil {
			a.Failed(fmt.Errorf("drawing %s: %w", name, err))
		}
	}
}
