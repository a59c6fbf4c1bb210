// Package mpi joins the processes that work on one job together: ranks 0 to n-1, which mpirun or
// srun started on one machine or on many.
//
// Open makes the World of a process. Without the build tag mpi, or where no launcher started the
// process, it is a world of one rank, in which every operation is a copy. All ranks must call the
// same operations in the same order, as in MPI. Sums are of the same bits on every rank and in
// every run of as many ranks on as many machines: the parts of a machine's ranks are added in their
// order, and then the sums of the machines in theirs, whatever the library does.
package mpi

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// World is the processes of a job as one of them sees them. A nil World is that of a process of its
// own. Its methods may be called from any goroutine, one at a time.
type World struct {
	rank, size int
	link       Link
	machines   int
	here       *circle // the ranks of this machine
	across     *circle // one rank of each machine; nil where this rank forms no sums
	chunk      int     // the most values that Sum has on their way at once

	mu   sync.Mutex
	sent int64 // bytes
	away int64 // bytes of them to other machines

	limit time.Duration // of waiting for the others; 0 is none
	hung  func()
}

// Watch calls hung, on another goroutine, where this rank waits for the others for longer than a
// limit. The wait itself cannot be broken off.
func (w *World) Watch(limit time.Duration, hung func()) { w.limit, w.hung = limit, hung }

// begin takes the link for an operation, and returns what gives it back.
func (w *World) begin() (end func()) {
	w.mu.Lock()
	if w.limit == 0 {
		return w.mu.Unlock
	}
	t := time.AfterFunc(w.limit, w.hung)
	return func() {
		t.Stop()
		w.mu.Unlock()
	}
}

// Link joins the ranks of a world.
type Link interface {
	// Group joins some of the ranks, which it counts in the order that they are passed in. All
	// ranks of the world call it at the same time, each with the group that it is in. A rank that
	// is in none passes nil.
	Group(ranks []int) (Group, error)
	// Gather returns what each rank passed, by rank.
	Gather(b []byte) ([][]byte, error)
	// Abort ends the processes of all ranks, this one with an exit code.
	Abort(code int)
	// Close leaves the job, once every rank does.
	Close() error
}

// Group carries numbers between some of the ranks of a world, which it counts from 0.
type Group interface {
	// Scatter sends the part x[bounds[i]:bounds[i+1]] to each rank i. It receives the parts of
	// this rank from all ranks, in their order, into recv.
	Scatter(x []float32, bounds []int, recv []float32) error
	// Collect receives the part x[bounds[i]:bounds[i+1]] from each rank i, to which this rank's own
	// part goes.
	Collect(x []float32, bounds []int) error
}

// New returns the world of a rank among size ranks that a link joins. Place has to be called before
// the first sum.
func New(rank, size int, l Link) *World { return &World{rank: rank, size: size, link: l} }

// Place says which machine this rank is on, by a number that all ranks of that machine pass and no
// others. All ranks call it at the same time.
func (w *World) Place(machine int) error {
	said, err := Gather(w, machine)
	if err != nil {
		return err
	}
	l := layOut(w.rank, said)
	w.machines, w.chunk = l.count, max(1, sumChunk*l.owners/l.most)
	if w.here, err = w.circle(l.here, l.owners); err == nil {
		w.across, err = w.circle(l.across, l.count)
	}
	if err != nil {
		return fmt.Errorf("joining %d ranks on %d machines: %w", w.size, l.count, err)
	}
	return nil
}

// circle joins some ranks, the first owners of which form sums.
func (w *World) circle(ranks []int, owners int) (*circle, error) {
	g, err := w.link.Group(ranks)
	if err != nil || ranks == nil {
		return nil, err
	}
	return &circle{Group: g, rank: slices.Index(ranks, w.rank), size: len(ranks), owners: owners}, nil
}

// Rank returns the number of this process, from 0.
func (w *World) Rank() int {
	if w == nil {
		return 0
	}
	return w.rank
}

// Size returns the number of processes.
func (w *World) Size() int {
	if w == nil {
		return 1
	}
	return w.size
}

// Machines returns the number of machines that the ranks are on.
func (w *World) Machines() int {
	if w.Size() == 1 {
		return 1
	}
	return w.machines
}

// Sent returns how many bytes this process has sent to the others, and how many of them to other
// machines, without what the MPI library adds to them.
func (w *World) Sent() (all, away int64) {
	if w == nil {
		return 0, 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent, w.away
}

// Part returns the range of n things that is this rank's, when they are shared out evenly in the
// order of ranks.
func (w *World) Part(n int) (from, to int) {
	return n * w.Rank() / w.Size(), n * (w.Rank() + 1) / w.Size()
}

// sumChunk is the most values that Sum has on their way at once, which bounds its memory.
const sumChunk = 1 << 22

// Sum replaces x by its sum over all ranks, value by value. The ranks of a machine add up among
// themselves first, each of them a part of x in their order. Then each part goes between machines,
// where it is added in the order of the machines. So all ranks get the same bits, and a machine
// sends as little as one rank of it would: less than twice the length of x, whatever the number of
// its ranks.
func (w *World) Sum(x []float32) error {
	if w.Size() == 1 {
		return nil
	}
	defer w.begin()()
	for len(x) > 0 {
		n := min(len(x), w.chunk)
		if err := w.sum(x[:n]); err != nil {
			return fmt.Errorf("summing %d values over %d ranks: %w", n, w.size, err)
		}
		x = x[n:]
	}
	return nil
}

func (w *World) sum(x []float32) error {
	bounds := w.here.bounds(len(x))
	mine, err := w.here.reduce(x, bounds, &w.sent)
	if err == nil && len(mine) > 0 {
		err = w.between(mine)
	}
	if err != nil {
		return err
	}
	return w.here.spread(x, bounds, &w.sent)
}

// between replaces x, which this rank has for its machine, by its sum over the machines.
func (w *World) between(x []float32) error {
	bounds, before := w.across.bounds(len(x)), w.away
	_, err := w.across.reduce(x, bounds, &w.away)
	if err == nil {
		err = w.across.spread(x, bounds, &w.away)
	}
	w.sent += w.away - before
	return err
}

// SumFloats replaces each value by its sum over all ranks, in their order. It is for few values.
func (w *World) SumFloats(x []float64) error {
	if w.Size() == 1 {
		return nil
	}
	mine := make([]byte, 0, 8*len(x))
	for _, v := range x {
		mine = binary.LittleEndian.AppendUint64(mine, math.Float64bits(v))
	}
	all, err := w.Bytes(mine)
	if err != nil {
		return err
	}
	clear(x)
	for r, part := range all {
		if len(part) != len(mine) {
			return fmt.Errorf("summing over ranks: rank %d has %d values, want %d",
				r, len(part)/8, len(x))
		}
		for i := range x {
			x[i] += math.Float64frombits(binary.LittleEndian.Uint64(part[8*i:]))
		}
	}
	return nil
}

// Bytes returns what each rank passes, by rank.
func (w *World) Bytes(b []byte) ([][]byte, error) {
	if w.Size() == 1 {
		return [][]byte{b}, nil
	}
	defer w.begin()()
	w.sent += int64(w.size-1) * int64(len(b))
	if w.here != nil {
		w.away += int64(w.size-w.here.size) * int64(len(b))
	}
	all, err := w.link.Gather(b)
	if err != nil {
		return nil, fmt.Errorf("gathering from %d ranks: %w", w.size, err)
	}
	return all, nil
}

// Gather returns the value that each rank passes, by rank. Values travel as JSON, floats of which
// keep their bits; numbers that are not finite are an error.
func Gather[T any](w *World, v T) ([]T, error) {
	if w.Size() == 1 {
		return []T{v}, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("sending %T to other ranks: %w", v, err)
	}
	all, err := w.Bytes(text)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(all))
	for r, text := range all {
		if err := json.Unmarshal(text, &out[r]); err != nil {
			return nil, fmt.Errorf("reading what rank %d sent: %w", r, err)
		}
	}
	return out, nil
}

// Abort ends the processes of all ranks. The exit code of this one becomes the job's.
func (w *World) Abort(code int) { w.link.Abort(code) }

// Close leaves the job, once every rank does.
func (w *World) Close() error {
	if w.Size() == 1 {
		return nil
	}
	defer w.begin()()
	return w.link.Close()
}
