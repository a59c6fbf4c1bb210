package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"acol/internal/atomicfile"
	"acol/internal/regular"
	"acol/internal/train"
)

// AppendLog adds a line to the log, and returns when it is on the disk. It also adds a row to the
// table of results.
func (w *Writer) AppendLog(rec train.EpochRecord) error {
	err := w.appendLog(rec)
	if err == nil {
		err = w.appendResults(rec)
	}
	if err != nil {
		return fmt.Errorf("logging epoch %d: %w", rec.Epoch, err)
	}
	return nil
}

func (w *Writer) appendLog(rec train.EpochRecord) error {
	line, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	path := w.folder.path(logName)
	isNew := !exists(path)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil || !isNew {
		return err
	}
	return atomicfile.SyncFolder(string(w.folder))
}

// parseLog reads a line of the log; ok is false where it is damaged.
func parseLog(line []byte) (rec train.EpochRecord, ok bool) {
	err := json.Unmarshal(line, &rec)
	return rec, err == nil && rec.Epoch >= 1
}

// TrimLog keeps the records of the first epochs, and makes the table of results from them. Lines
// that a crash cut off or that are damaged otherwise are dropped, and Note is told of them.
func (w *Writer) TrimLog(epochs int) error {
	path := w.folder.path(logName)
	old, err := regular.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return w.writeResults(nil)
	}
	if err != nil {
		return fmt.Errorf("reading the log: %w", err)
	}
	var kept []byte
	var records []train.EpochRecord
	damaged := 0
	for line := range bytes.Lines(old) {
		rec, ok := parseLog(line)
		if !ok {
			damaged++
		} else if rec.Epoch <= epochs {
			kept = append(append(kept, bytes.TrimSuffix(line, []byte("\n"))...), '\n')
			records = append(records, rec)
		}
	}
	if damaged > 0 {
		w.note("warning: %s: dropped %d damaged lines", path, damaged)
	}
	err = atomicfile.Write(path, func(out io.Writer) error {
		_, err := out.Write(kept)
		return err
	})
	if err != nil {
		return err
	}
	return w.writeResults(records)
}

// Log reads the records of the epochs. Damaged lines are left out; where there is no log there are
// none.
func (f Folder) Log() ([]train.EpochRecord, error) {
	text, err := regular.ReadFile(f.path(logName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	var all []train.EpochRecord
	for line := range bytes.Lines(text) {
		if rec, ok := parseLog(line); ok {
			all = append(all, rec)
		}
	}
	return all, nil
}
