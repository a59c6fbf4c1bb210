//go:build onednn && amd64 && cgo

package cpp

// #include "native.h"
import "C"

import "time"

// Team returns the system's numbers of the threads that compute for the calling OS thread, which is
// the first of them.
func Team() []int {
	var ids [1024]C.int
	n := C.acol_team(&ids[0], C.int(len(ids)))
	out := make([]int, n)
	for i := range out {
		out[i] = int(ids[i])
	}
	return out
}

// SetSlice asks the scheduler to let a thread of this process run for so long at a time. The
// shorter that is, the sooner the thread runs after it was woken. 0 is the system's own slice. It
// reports whether the system takes the request; Linux heeds it from 6.12 on.
func SetSlice(thread int, slice time.Duration) bool {
	return C.acol_set_slice(C.int(thread), C.uint64_t(slice.Nanoseconds())) == 0
}

// Crowd has OpenMP's threads sleep while they wait for each other, and not spin.
type Crowd struct{ c *C.acol_crowd }

// NewCrowd returns a Crowd to be freed, or nil where no thread can be started.
func NewCrowd() *Crowd {
	if c := C.acol_crowd_new(); c != nil {
		return &Crowd{c}
	}
	return nil
}

// Free has OpenMP's threads spin again.
func (c *Crowd) Free() { C.acol_crowd_free(c.c) }
