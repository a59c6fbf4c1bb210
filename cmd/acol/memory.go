package main

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"

	"acol/internal/data/loader"
	"acol/internal/engine"
	"acol/internal/machine"
	"acol/internal/model"
	"acol/internal/recipe"
)

// smallerBatch is what to do about a network whose values do not fit.
const smallerBatch = "a smaller batch takes less memory: eval.batch_size, localize.batch_size " +
	"or --batch; so does a smaller data.input.size"

// admitAll makes an engine refuse the plan with which the sum of all its plans is more than this
// process may take.
func admitAll(eng *engine.Engine) {
	b := newBudget()
	eng.Admit(func(bytes int64) error { return takeValues(b, bytes) })
}

// admitEach makes an engine refuse a plan that alone is more than this process may take, for plans
// that come one after the other.
func admitEach(eng *engine.Engine) {
	eng.Admit(func(bytes int64) error { return takeValues(newBudget(), bytes) })
}

func takeValues(b *machine.Budget, bytes int64) error {
	if err := b.Take("the network's values", bytes); err != nil {
		return hinted{err, smallerBatch}
	}
	return nil
}

// What the program takes of a bound on addresses, beside what it touches. Measured on two
// processors, a command takes up to 25 MiB from its start, and a training 115 MiB, whichever the
// kernels: stacks of threads (8 MiB each) and Go's next block of heap (64 MiB).
const (
	startVirtual   = 64 << 20
	threadsVirtual = 128 << 20 // of what computes
	kernelsVirtual = 32 << 20  // of the code and the descriptions of kernels
)

// raiseLimit is what to do about too few addresses.
const raiseLimit = "raise that limit: the program takes about 1.5 GB of addresses (ulimit -v), " +
	"and 300 MB of data (ulimit -d), beside what a network takes"

// enoughToStart is an error where a limit leaves too few addresses for any command.
func enoughToStart() error {
	if err := machine.EnoughAddresses(startVirtual); err != nil {
		return hinted{err, raiseLimit}
	}
	return nil
}

// newBudget is a budget of what this process may take now.
func newBudget() *machine.Budget {
	return machine.NewBudget(machine.MemoryBeside(threadsVirtual))
}

// trainMemory knows what a training takes before it begins.
type trainMemory struct {
	rec    *recipe.Recipe
	model  *model.Model
	eng    *engine.Engine
	images int // of the training split
	ranks  int // the processes that share each batch
	budget *machine.Budget
	before int64 // what the program had taken before
}

// newTrainMemory sums up what a training takes whatever its batch, and makes the engine add what it
// plans: first a validation, then the step.
func newTrainMemory(
	rec *recipe.Recipe, m *model.Model, eng *engine.Engine, images, ranks int,
) (*trainMemory, error) {
	t := &trainMemory{rec, m, eng, images, ranks, newBudget(), machine.Resident()}
	held, saving := rec.Train.Memory(m.Params(), ranks)
	if err := t.budget.Take("the optimiser", held); err != nil {
		return nil, err
	}
	if err := t.budget.Take("saving", saving); err != nil {
		return nil, err
	}
	return t, nil
}

// total is what the training takes in all, in bytes, with what the program has taken already.
func (t *trainMemory) total() int64 { return t.before + t.budget.Need() }

// batchBytes is what batches of images take: those that a loader holds at once, and the network's.
// With asBytes the images are bytes.
func (t *trainMemory) batchBytes(images, held int, asBytes bool) int64 {
	side, of := int64(t.rec.Data.Input.Size), int64(4)
	if asBytes {
		of = 1
	}
	return int64(held+1) * int64(images) * 3 * side * side * of
}

// stepBytes is what the batches of n images of a training take.
func (t *trainMemory) stepBytes(n int) int64 {
	held, asBytes := min(loader.Ahead, max(1, t.images/(n*t.ranks))), trainsOnBytes(t.rec, t.eng)
	sum := int64(0)
	if t.ranks > 1 { // images of other ranks, which the network has none of
		sum = t.batchBytes(t.rec.Train.MostPartners(loader.Part{To: n}), held-1, asBytes)
	}
	if t.rec.Train.Mixes() {
		held++ // a copy to mix from
	}
	return sum + t.batchBytes(n, held, asBytes) + t.repaintBytes()
}

// repaintBytes is what the workers take whose crops are repainted: two images of 8 bits each.
func (t *trainMemory) repaintBytes() int64 {
	if !t.rec.Data.Augment.Repaints() {
		return 0
	}
	workers, side := t.rec.Train.Workers, int64(t.rec.Data.Input.Size)
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return int64(workers) * 2 * 3 * side * side
}

// admitValidation adds what is planned from now on as the validation's.
func (t *trainMemory) admitValidation() {
	t.eng.Admit(func(bytes int64) error { return t.takeValidation(bytes) })
}

func (t *trainMemory) takeValidation(bytes int64) error {
	if err := t.budget.Take("validation", bytes); err != nil {
		return hinted{err, "a smaller eval.batch_size takes less memory"}
	}
	return nil
}

// admitStep adds what is planned from now on as the training step's.
func (t *trainMemory) admitStep() {
	t.eng.Admit(func(bytes int64) error {
		left, _ := t.budget.Left()
		batches := t.stepBytes(t.part())
		_ = t.budget.Take("batches of images", batches) // the error is below, of the whole sum
		if err := t.budget.Take("activations and gradients", bytes); err != nil {
			return &batchError{error: err, left: left, need: bytes + batches}
		}
		return nil
	})
}

// part is how many images of a batch this process has at most.
func (t *trainMemory) part() int { return (t.rec.Train.BatchSize + t.ranks - 1) / t.ranks }

// batchError says that a training step does not fit.
type batchError struct {
	error
	left, need int64 // for the step and its batches, in bytes
}

func (e *batchError) Unwrap() error { return e.error }

// advise adds to a training step that does not fit the largest batch that does, and for a device
// that smaller ones take less.
func (t *trainMemory) advise(err error) error {
	var short *batchError
	if !errors.As(err, &short) {
		return err
	}
	if t.eng.Keeps() { // a device would compile each batch that is tried, for minutes
		return hinted{err, "a smaller train.batch_size takes less memory; " +
			"train.accumulate makes steps of as many images of it"}
	}
	n := t.largest(short.left, short.need) * t.ranks
	if n == 0 {
		return hinted{err, "no batch fits: a smaller data.input.size or network takes less"}
	}
	fits := "this fits: --set train.batch_size=" + strconv.Itoa(n)
	if same, of := t.smaller(n); of > 1 {
		fits = fmt.Sprintf("steps of as many images fit in smaller batches: "+
			"--set train.batch_size=%d --set train.accumulate=%d; or ", same, of) + fits
	}
	return hinted{err, fits}
}

// smaller is the largest batch of at most n images, and how many of them make a step, with which a
// step has as many images as the recipe's. of is 0 where no such batch is worth its name.
func (t *trainMemory) smaller(n int) (same, of int) {
	whole := t.rec.Train.BatchSize * t.rec.Train.Accumulate
	for b := n; b > 1 && b >= n/2; b-- {
		if whole%b == 0 {
			return b, whole / b
		}
	}
	return 0, 0
}

// largest is the largest batch whose step fits into left bytes, or nearly that, found by planning
// smaller ones than the recipe's, which needs more. It is 0 where none fits.
func (t *trainMemory) largest(left, need int64) int {
	const tries = 6
	fits, beyond := 0, t.part()
	atFits, atBeyond := int64(0), need
	for range tries {
		if beyond-fits <= 1+fits/50 {
			break
		}
		share := float64(left-atFits) / float64(atBeyond-atFits)
		n := min(max(fits+int(share*float64(beyond-fits)), fits+1), beyond-1)
		switch need, ok := t.need(n); {
		case ok && need <= left:
			fits, atFits = n, need
		case ok:
			beyond, atBeyond = n, need
		default:
			return fits
		}
	}
	return fits
}

// errMeasured ends a planning that only measures.
var errMeasured = errors.New("measured")

// need plans a step of n images without taking its memory, and gives how much that is.
func (t *trainMemory) need(n int) (bytes int64, ok bool) {
	t.eng.Admit(func(b int64) error {
		bytes = b
		return errMeasured
	})
	side := t.rec.Data.Input.Size
	_, err := t.model.NewTrainStep(t.eng, n, side, side)
	return bytes + t.stepBytes(n), errors.Is(err, errMeasured)
}
