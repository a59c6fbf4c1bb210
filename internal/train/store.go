package train

import "acol/internal/weights"

// Store keeps what a training saves; run.Writer is the one of a run's folder. A training calls it
// in this order. At its start: Clear, or LoadState to resume, then TrimLog. After each epoch:
// AppendLog, SaveModel, and SaveState last, so that resuming after a crash in between repeats the
// epoch; where there is no state yet, SaveState before them too. Within an epoch, when it is
// interrupted or as the recipe says: SaveState alone.
type Store interface {
	// Clear prepares for a training from the start: what an earlier one saved is not to be there
	// afterwards, but for its log.
	Clear() error
	// HasState reports whether there is a state to resume from.
	HasState() bool
	// LoadState returns the state, and the name that errors call it by.
	LoadState() (state *weights.StateDict, name string, err error)
	// SaveState replaces the state, whole or not at all.
	SaveState(state *weights.StateDict) error
	// SaveModel replaces the last model by that of the epoch that a record is of, and also the best
	// one where the record says that the epoch is the best. It may set the metadata of sd.
	SaveModel(sd *weights.StateDict, rec EpochRecord) error
	// AppendLog adds the record of an epoch to the log.
	AppendLog(EpochRecord) error
	// TrimLog keeps the records of the first epochs alone.
	TrimLog(epochs int) error
}
