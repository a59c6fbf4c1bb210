package main

import (
	"context"
	"errors"
	"fmt"

	"acol/internal/data"
	"acol/internal/kernel/device"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/train"
)

// The exit codes, listed in the root command's help.
const (
	exitOK          = 0
	exitError       = 1   // the command failed
	exitUsage       = 2   // wrong flags, arguments or recipe
	exitPartial     = 3   // some of the inputs failed, the rest are done
	exitFound       = 4   // a check found errors
	exitWarned      = 5   // a check found warnings alone
	exitInterrupted = 130 // stopped by Ctrl-C or what interruptible names
)

// usageError is a mistake in flags or arguments.
type usageError struct{ error }

// Unwrap returns what is wrong.
func (u usageError) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// partialError says that some inputs failed; each was reported when it did.
type partialError struct{ failed, total int }

func (e partialError) Error() string {
	return fmt.Sprintf("%d of %d images could not be processed", e.failed, e.total)
}

// foundError says that a check found something, which it has printed: errors, or warnings alone.
type foundError struct{ errors bool }

func (foundError) Error() string { return "the check found something" }

// hinted is an error with what the user can do about it.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
func (h hinted) Hint() string  { return h.hint }

// hintBroken adds to an image that cannot be read how to go on without it.
func hintBroken(err error) error {
	var broken *data.ImageError
	if errors.As(err, &broken) {
		return hinted{err, "--set data.on_error=skip leaves broken images out and counts them"}
	}
	return err
}

// exitCode maps an error to the program's exit code.
func exitCode(err error) int {
	var usage usageError
	var bad *recipe.Error
	var class *model.ClassError
	var one *model.OneValueError
	var partial partialError
	var found foundError
	var dev *device.Error
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.As(err, &bad), errors.As(err, &class),
		errors.As(err, &one), errors.As(err, &dev) && dev.Wrong:
		return exitUsage
	case errors.As(err, &partial):
		return exitPartial
	case errors.As(err, &found) && found.errors:
		return exitFound
	case errors.As(err, &found):
		return exitWarned
	case errors.Is(err, train.ErrInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}
