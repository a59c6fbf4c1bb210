package mpi

import "fmt"

// Error is the error that ranks have agreed on.
type Error struct {
	// Rank is the lowest rank that has it. On that rank it wraps the error itself.
	Rank int
	// All says that each rank has the same error.
	All     bool
	Message string
	Code    int // the exit code that it has on Rank
	err     error
}

func (e *Error) Error() string {
	if e.All {
		return e.Message
	}
	return fmt.Sprintf("rank %d: %s", e.Rank, e.Message)
}

// Unwrap returns the error itself on the rank that has it.
func (e *Error) Unwrap() error { return e.err }

// Agree makes an error of some ranks one of all, an *Error, so that none waits for a rank that has
// given up. The code is the exit code of err.
func (w *World) Agree(err error, code int) error {
	if w.Size() == 1 {
		return err
	}
	type report struct {
		Failed  bool
		Message string
		Code    int
	}
	mine := report{Code: code}
	if err != nil {
		mine.Failed, mine.Message = true, err.Error()
	}
	all, lost := Gather(w, mine)
	if lost != nil {
		return lost
	}
	var first *Error
	for r, other := range all {
		if !other.Failed || first != nil {
			continue
		}
		first = &Error{Rank: r, All: true, Message: other.Message, Code: other.Code}
		if r == w.rank {
			first.err = err
		}
	}
	if first == nil {
		return nil
	}
	for _, other := range all {
		first.All = first.All && other == all[0]
	}
	return first
}

// Common makes an error that every rank has found by itself, from what all of them know, one of
// all. Rank 0 is the one that tells it.
func (w *World) Common(err error, code int) error {
	e := &Error{All: true, Message: err.Error(), Code: code}
	if w.Rank() == 0 {
		e.err = err
	}
	return e
}
