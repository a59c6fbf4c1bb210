package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"acol/internal/atomicfile"
	"acol/internal/data"
	"acol/internal/eval"
	"acol/internal/weights"
)

// RecordsPath is where the records of a split's evaluation lie: those of the maps that the heads
// make.
func (f Folder) RecordsPath(split string) string {
	return f.evaluationPath(&eval.Records{Split: split}) + ".jsonl"
}

// RecordsPathOf is where the folder keeps records. Those of maps that another method has made lie
// beside, under a name that ends in the method and the layer.
func (f Folder) RecordsPathOf(r *eval.Records) string { return f.evaluationPath(r) + ".jsonl" }

// evaluationPath is where records and, as indented JSON, figures of an evaluation lie, but for the
// ending of the name.
func (f Folder) evaluationPath(r *eval.Records) string {
	name := "eval-" + r.Split
	if r.Method != "" {
		name += "-" + string(r.Method) + "-" + r.Layer
	}
	return f.path(name)
}

// Evaluated lists the splits whose evaluations the folder keeps.
func (f Folder) Evaluated() []string {
	var splits []string
	for _, split := range data.SplitName("").Choices() {
		if exists(f.RecordsPath(split)) {
			splits = append(splits, split)
		}
	}
	return splits
}

// StaleError is of records that do not speak for a run: they are of other weights than their
// checkpoint has now, or nothing says of which.
type StaleError struct{ reason string }

func (e *StaleError) Error() string { return e.reason }

// Sign writes into the records which weights they are of.
func (t *Trained) Sign(r *eval.Records) {
	r.Weights, r.Checkpoint = t.Sum, t.Checkpoint
	if rel, err := filepath.Rel(t.Dir, t.Checkpoint); err == nil && filepath.IsLocal(rel) {
		r.Checkpoint = rel // which is right in a copy of the folder too
	} else if abs, err := filepath.Abs(t.Checkpoint); err == nil {
		r.Checkpoint = abs
	}
}

// SaveEvaluation keeps the signed records of a split's evaluation and its figures, whatever encodes
// as them in JSON. It replaces those of an earlier evaluation of the split by the same method.
// Where the checkpoint has other weights by now the error is a *StaleError: then they are kept too,
// since they say what they are of, but not in the place of records that speak for the run. Where
// the checkpoint is gone it is that as well, and nothing is kept: the folder may be another run's
// by now.
func (f Folder) SaveEvaluation(records *eval.Records, figures any) error {
	var stale *StaleError
	err := f.saveEvaluation(records, figures)
	if err == nil || errors.As(err, &stale) {
		return err
	}
	return fmt.Errorf("keeping the evaluation: %w", err)
}

func (f Folder) saveEvaluation(records *eval.Records, figures any) error {
	l, err := f.await(evalLockName, "eval", always) // so that both files are of one evaluation
	if err != nil {
		return err
	}
	defer l.release(f.path(evalLockName))
	stale := f.Vouch(records, "the evaluation")
	if stale != nil {
		if _, err := f.read(f.RecordsPathOf(records)); err == nil || !exists(f.measured(records)) {
			return stale
		}
	}
	if err := records.Write(f.RecordsPathOf(records)); err != nil {
		return err
	}
	err = atomicfile.Write(f.evaluationPath(records)+".json", func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(figures)
	})
	if err != nil {
		return err
	}
	return stale
}

// measured returns the path of the checkpoint that records are of.
func (f Folder) measured(r *eval.Records) string {
	if filepath.IsAbs(r.Checkpoint) {
		return r.Checkpoint
	}
	return f.path(r.Checkpoint)
}

// Evaluation reads the records that SaveEvaluation kept of a split, of RecordsPath. Where there are
// none the error is fs.ErrNotExist. Where they do not speak for the run as it is now it is a
// *StaleError.
func (f Folder) Evaluation(split string) (*eval.Records, error) {
	return f.read(f.RecordsPath(split))
}

// read does as Evaluation for the records of a file of the folder.
func (f Folder) read(path string) (*eval.Records, error) {
	r, err := eval.ReadRecords(path)
	if err != nil {
		return nil, err
	}
	return r, f.Vouch(r, path)
}

// Vouch is a *StaleError unless the checkpoint that the records are of has the same weights now. It
// calls the records by their name.
func (f Folder) Vouch(r *eval.Records, name string) error {
	if r.Weights == "" {
		return &StaleError{name + " does not say which weights it measured: " +
			"an earlier version of acol made it"}
	}
	checkpoint := f.measured(r)
	switch sum, err := sumOf(checkpoint); {
	case errors.Is(err, fs.ErrNotExist):
		return &StaleError{fmt.Sprintf("%s measured %s, which is not there any more", name, checkpoint)}
	case err != nil:
		return err
	case sum != r.Weights:
		return &StaleError{fmt.Sprintf("%s measured other weights than %s has now", name, checkpoint)}
	}
	return nil
}

// sumOf returns the checksum of the tensors of a weight file. Where the file carries it no tensor
// is read.
func sumOf(path string) (string, error) {
	file, err := weights.OpenFile(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	if sum := file.Info().Sum; sum != "" {
		return sum, nil
	}
	sd, err := file.StateDict()
	if err != nil {
		return "", fmt.Errorf("reading weights %s: %w", path, err)
	}
	return sd.Sum(), nil
}
