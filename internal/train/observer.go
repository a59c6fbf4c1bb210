package train

import "acol/internal/model"

// Observer follows a training. Its methods are called from the training loop, which waits for
// them.
type Observer interface {
	// Begin is called once, before the first step.
	Begin(Plan)
	// Sees is called once, before the first step too, when its batch is in the network.
	Sees(Sight)
	// Step is called after each step.
	Step(StepInfo)
	// Epoch is called after each epoch, when its checkpoints are saved.
	Epoch(EpochRecord)
	// Broken is called for each image that was left out because it cannot be read.
	Broken(error)
}

// Plan says what a training will do.
type Plan struct {
	Epochs, StepsPerEpoch, BatchSize int
	Accumulate                       int  // batches of a step
	Processes                        int  // that share each batch out
	Machines                         int  // that the processes are on
	Devices                          int  // of this process, that share its part out; at least one
	Patience                         int  // epochs without a better figure that may end it; 0 is off
	Epoch, Step                      int  // where it begins; both count from 0
	Done                             bool // nothing is left to train
	Branches                         int
	ArenaBytes                       int // memory of the step's activations and gradients
}

// StepInfo holds the figures of one step. Epoch and Step count from 0.
type StepInfo struct {
	Epoch, Step int
	Losses      []float64 // of each branch, then SPG's; means over the step's batches
	Top1        float64   // in percent, of the images of this epoch so far
	Rate        float64   // images a second in this epoch so far
}

// Sight is a batch as the network sees it: augmented, hidden and mixed.
type Sight struct {
	// X holds the images, (N,3,Size,Size), R, G, B, normalised. It holds during the call alone.
	X    []float32
	Size int
	// Targets are what the N images show.
	Targets []model.Target
	// Indices are the places of the images in the training split's Samples.
	Indices []int
}

// Observers follow a training together.
type Observers []Observer

// Begin calls that of each.
func (all Observers) Begin(p Plan) {
	for _, o := range all {
		o.Begin(p)
	}
}

// Sees calls that of each.
func (all Observers) Sees(s Sight) {
	for _, o := range all {
		o.Sees(s)
	}
}

// Step calls that of each.
func (all Observers) Step(i StepInfo) {
	for _, o := range all {
		o.Step(i)
	}
}

// Epoch calls that of each.
func (all Observers) Epoch(r EpochRecord) {
	for _, o := range all {
		o.Epoch(r)
	}
}

// Broken calls that of each.
func (all Observers) Broken(err error) {
	for _, o := range all {
		o.Broken(err)
	}
}
