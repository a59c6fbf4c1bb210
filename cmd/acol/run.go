package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/pflag"

	"acol/internal/run"
	"acol/internal/weights"
)

// openRunFlag opens the run that a flag names, or the newest.
func openRunFlag(s *streams, dir, checkpoint string, set []string) (*run.Trained, error) {
	folder, checkpoint, err := namedRun(s, dir, checkpoint)
	if err != nil {
		return nil, err
	}
	t, err := folder.Open(checkpoint, set, s.Env)
	return t, hintDamaged(hintRun(err, folder, checkpoint), folder)
}

// hintDamaged adds to a file of a run that is damaged how to go on without it.
func hintDamaged(err error, f run.Folder) error {
	var file *weights.FileError
	if !errors.As(err, &file) {
		return err
	}
	switch file.Path {
	case f.StatePath():
		return hinted{err, fmt.Sprintf("what the run had learned is in its last model: train on "+
			"from it with --set model.backbone.weights=%s --out DIR, or anew with --force",
			shellWord(f.LastPath()))}
	case f.LastPath():
		hint := "train it anew with --force"
		if f.HasState() {
			hint = fmt.Sprintf("acol train --resume %s saves it anew after its next epoch",
				shellWord(string(f)))
		}
		if _, missing := os.Stat(f.BestPath()); missing == nil {
			hint = "--checkpoint best has the model that was best on val; " + hint
		}
		return hinted{err, hint}
	case f.BestPath():
		return hinted{err, "--checkpoint last has the model after the last epoch"}
	}
	return err
}

// hintFolder adds to a folder that cannot be written into what to do about it.
func hintFolder(err error) error {
	var holds *run.HoldsError
	var locked *run.LockedError
	switch {
	case errors.As(err, &locked):
		return hinted{err, "wait until it is done or end it, or name another folder with --out"}
	case errors.As(err, &holds) && holds.Folder.HasState():
		return hinted{err, "go on with --resume, train anew with --force, which keeps " +
			"this run beside, or name another folder with --out"}
	case errors.As(err, &holds):
		return hinted{err, "--force keeps it beside and makes a new run, " +
			"or name another folder with --out"}
	}
	return err
}

// resumeMode says whether a training goes on from a state.
type resumeMode string

const (
	resumeNever  resumeMode = ""
	resumeAlways resumeMode = "true"
	resumeAuto   resumeMode = "auto" // where there is a state
)

// addResumeFlag adds --resume, which takes a word only behind an equals sign.
func addResumeFlag(f *pflag.FlagSet, m *resumeMode) {
	f.Var(m, "resume", "go on from the state in the folder of the run; "+
		"--resume=auto begins where there is nothing yet")
	f.Lookup("resume").NoOptDefVal = string(resumeAlways)
}

func (m *resumeMode) String() string { return string(*m) }

// Type keeps the help from naming an argument, since --resume alone is most common.
func (m *resumeMode) Type() string { return "bool" }

// Set takes auto, and what other flags take for true and false.
func (m *resumeMode) Set(s string) error {
	on, err := strconv.ParseBool(s)
	switch {
	case s == string(resumeAuto):
		*m = resumeAuto
	case err != nil:
		return errors.New("want auto, true or false; a run stands behind it, --resume RUN")
	case on:
		*m = resumeAlways
	default:
		*m = resumeNever
	}
	return nil
}
