package run

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"acol/internal/atomicfile"
	"acol/internal/train"
	"acol/internal/weights"
)

// Writer writes a training into a run's folder, as the trainer's Store. Everything that a training
// writes but its recipe goes through it, and everything that it removes through Clear.
type Writer struct {
	folder  Folder
	classes []string
}

var _ train.Store = (*Writer)(nil)

// Writer returns what writes a training of a model with these classes into the folder. A folder
// takes one writer at a time, which nothing enforces.
func (f Folder) Writer(classes []string) *Writer { return &Writer{f, classes} }

// Clear makes the folder, and removes what an earlier training saved in it, so that nothing takes
// it for the new one's before that has saved the same. The log goes with TrimLog.
func (w *Writer) Clear() error {
	if err := w.folder.make(); err != nil {
		return err
	}
	for _, name := range []string{stateName, lastName, bestName} {
		if err := os.Remove(w.folder.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the earlier run: %w", err)
		}
	}
	return nil
}

// HasState reports whether there is a state to resume from.
func (w *Writer) HasState() bool { return w.folder.HasState() }

// LoadState reads the state; name is its file's, for errors.
func (w *Writer) LoadState() (state *weights.StateDict, name string, err error) {
	name = w.folder.path(stateName)
	state, _, err = weights.Open(name)
	return state, name, err
}

// SaveState replaces the state.
func (w *Writer) SaveState(state *weights.StateDict) error {
	return weights.WriteSafetensorsFile(w.folder.path(stateName), state)
}

// SaveModel replaces the last checkpoint and, with best, that one too. It sets the metadata of sd.
func (w *Writer) SaveModel(sd *weights.StateDict, epoch int, best bool) error {
	var err error
	if sd.Metadata, err = Metadata(w.classes, epoch); err != nil {
		return err
	}
	if err := weights.WriteSafetensorsFile(w.folder.LastPath(), sd); err != nil {
		return err
	}
	if !best {
		return nil
	}
	return weights.WriteSafetensorsFile(w.folder.BestPath(), sd)
}

// AppendLog adds a line to the log.
func (w *Writer) AppendLog(rec train.EpochRecord) error {
	line, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("logging epoch %d: %w", rec.Epoch, err)
	}
	f, err := os.OpenFile(w.folder.path(logName), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("logging epoch %d: %w", rec.Epoch, err)
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		_ = f.Close()
		return fmt.Errorf("logging epoch %d: %w", rec.Epoch, err)
	}
	return f.Close()
}

// maxLogLine bounds a line of the log, in bytes.
const maxLogLine = 1 << 20

// TrimLog keeps the records of the first epochs, and drops lines that a crash cut off.
func (w *Writer) TrimLog(epochs int) error {
	path := w.folder.path(logName)
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the log: %w", err)
	}
	return atomicfile.Write(path, func(out io.Writer) error {
		lines := bufio.NewScanner(bytes.NewReader(old))
		lines.Buffer(nil, maxLogLine)
		for lines.Scan() {
			var rec train.EpochRecord
			if json.Unmarshal(lines.Bytes(), &rec) != nil || rec.Epoch > epochs {
				continue
			}
			if _, err := fmt.Fprintf(out, "%s\n", lines.Bytes()); err != nil {
				return err
			}
		}
		return lines.Err()
	})
}
