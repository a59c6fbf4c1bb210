package run

import (
	"fmt"
	"os"

	"acol/internal/atomicfile"
	"acol/internal/section"
	"acol/internal/train"
	"acol/internal/weights"
)

// Writer writes a training into a run's folder, as the trainer's Store. Everything that a training
// writes but its recipe goes through it, and everything that it removes or moves through Clear.
//
// The folder is its own from Clear or LoadState to Close: it holds a lock, which a crash frees.
// Where another Writer has the folder, in this process or in another one, the two return a
// *LockedError.
type Writer struct {
	// Replace says that Clear sets an earlier run aside.
	Replace bool
	// Note is told in words what was found in the folder and what was done about it. It may be nil.
	Note func(string)

	folder  Folder
	classes []string
	command string // for those who meet the lock
	lock    *lock
}

var _ train.Store = (*Writer)(nil)

// Writer returns what writes a training of a model with these classes into the folder. The command
// is what a message calls it by that meets its lock, such as train. Close it after use.
func (f Folder) Writer(command string, classes []string) *Writer {
	return &Writer{folder: f, classes: classes, command: command}
}

// open locks the folder, which is there, and clears away what a crash has left in it.
func (w *Writer) open() error {
	if w.lock == nil {
		l, err := w.folder.await(lockName, w.command, holder.ending)
		if err != nil {
			return err
		}
		w.lock = l
		if l.warning != nil {
			w.note("warning: %s cannot be locked (%v): nothing keeps another training "+
				"from writing into it too", w.folder, l.warning)
		}
	}
	if err := os.RemoveAll(w.folder.path(stageName)); err != nil {
		return fmt.Errorf("removing what a crash has left: %w", err)
	}
	_ = w.folder.freeLock(evalLockName) // or an evaluation is being kept just now
	dead, err := atomicfile.Clean(string(w.folder))
	if err != nil {
		return fmt.Errorf("removing what a crash has left: %w", err)
	}
	if len(dead) > 0 {
		w.note("removed %d unfinished files that a crash has left in %s", len(dead), w.folder)
	}
	return nil
}

func (w *Writer) note(format string, args ...any) {
	if w.Note != nil {
		w.Note(fmt.Sprintf(format, args...))
	}
}

// Close gives the folder free for other writers.
func (w *Writer) Close() {
	if w.lock != nil {
		w.lock.release(w.folder.path(lockName))
		w.lock = nil
	}
}

// Clear makes the folder and prepares it for a run from the start. An earlier run in it is set
// aside, with Replace, and otherwise a *HoldsError.
func (w *Writer) Clear() error {
	if err := w.folder.make(); err != nil {
		return err
	}
	if err := w.open(); err != nil {
		return err
	}
	names, err := w.folder.Holds()
	if err != nil || len(names) == 0 {
		return err
	}
	if !w.Replace {
		return &HoldsError{w.folder, names}
	}
	to, err := w.folder.setAside(names)
	if err == nil {
		w.note("the earlier run in %s is kept as %s", w.folder, to)
	}
	return err
}

// HasState reports whether there is a state to resume from.
func (w *Writer) HasState() bool { return w.folder.HasState() }

// LoadState reads the state; name is its file's, for errors.
func (w *Writer) LoadState() (state *weights.StateDict, name string, err error) {
	name = w.folder.path(stateName)
	if err := w.open(); err != nil {
		return nil, name, err
	}
	state, _, err = weights.Open(name)
	return state, name, err
}

// SaveState replaces the state.
func (w *Writer) SaveState(state *weights.StateDict) error {
	return weights.WriteSafetensorsFile(w.folder.path(stateName), state)
}

// SaveModel replaces the last checkpoint and, where its epoch is the best, that one too. It sets
// the metadata of sd.
func (w *Writer) SaveModel(sd *weights.StateDict, rec train.EpochRecord) error {
	var threshold section.Threshold
	if v := rec.Validation; v != nil {
		threshold = v.BoxThreshold
	}
	var err error
	if sd.Metadata, err = Metadata(w.classes, rec.Epoch, threshold); err != nil {
		return err
	}
	paths := []string{w.folder.LastPath()}
	if rec.Best {
		paths = append(paths, w.folder.BestPath())
	}
	return weights.WriteSafetensorsFiles(sd, paths...)
}
