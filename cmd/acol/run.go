package main

import (
	"errors"
	"io/fs"

	"acol/internal/run"
)

// openRunFlag opens the run that a flag names, or the newest.
func openRunFlag(s *streams, dir, checkpoint string, set []string) (*run.Trained, error) {
	folder := run.Folder(dir)
	if dir == "" {
		var err error
		if folder, err = run.Newest("runs"); err != nil {
			return nil, hintRun(err)
		}
		s.say("using %s, the newest finished run", folder)
	}
	t, err := folder.Open(checkpoint, set, s.Env)
	return t, hintRun(err)
}

// hintRun adds to a run that cannot be opened what to do about it.
func hintRun(err error) error {
	switch {
	case errors.Is(err, run.ErrNoRun):
		return hinted{err, "train a model first (acol train --config FILE), or name a run with --run"}
	case errors.Is(err, run.ErrNotRun):
		return hinted{err, "acol train makes one; name it with --run"}
	case errors.Is(err, fs.ErrNotExist):
		return hinted{err, "the run has no finished epoch yet, " +
			"or --checkpoint names a file that is not there"}
	}
	return err
}
