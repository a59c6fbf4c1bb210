package run

import (
	"acol/internal/train"
	"acol/internal/weights"
)

// Reader returns the store of a process that trains together with the one that has the folder's
// Writer: it reads the state to resume from, and keeps nothing.
func (f Folder) Reader() train.Store { return reader{f} }

type reader struct{ folder Folder }

func (r reader) LoadState() (state *weights.StateDict, name string, err error) {
	name = r.folder.path(stateName)
	state, _, err = weights.Open(name)
	return state, name, err
}

func (r reader) HasState() bool                                      { return r.folder.HasState() }
func (reader) Clear() error                                          { return nil }
func (reader) SaveState(*weights.StateDict) error                    { return nil }
func (reader) SaveModel(*weights.StateDict, train.EpochRecord) error { return nil }
func (reader) AppendLog(train.EpochRecord) error                     { return nil }
func (reader) TrimLog(int) error                                     { return nil }
