package mpi_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
)

// ofMachines is the sum of what ranks have, by the machines that they are on: the parts of a
// machine's ranks in their order, and then those of the machines, in the order of their first
// ranks.
func ofMachines(machines []int, length int, value func(r, i int) float32) []float32 {
	var order []int
	sums := map[int][]float32{}
	for r, m := range machines {
		if sums[m] == nil {
			order = append(order, m)
			sums[m] = make([]float32, length)
			for i := range length {
				sums[m][i] = value(r, i)
			}
			continue
		}
		for i := range length {
			sums[m][i] += value(r, i)
		}
	}
	out := sums[order[0]]
	for _, m := range order[1:] {
		for i, v := range sums[m] {
			out[i] += v
		}
	}
	return out
}

// value is of a rank, with digits that a sum in another order would lose otherwise.
func value(r, i int) float32 { return float32(i%1013)/7*float32(1+r%3*1000) + float32(r)/3 }

func TestSumsAreTheSameBitsOnAllRanks(t *testing.T) {
	for _, c := range []struct {
		machines []int
		length   int
	}{
		{[]int{0}, 5},
		{[]int{0, 0}, 1<<22 + 17}, // of more than one chunk
		{[]int{0, 0, 0}, 1000},
		{[]int{0, 0, 0, 0, 0}, 17},
		{[]int{4, 5, 6}, 1000},                // a rank on each machine
		{[]int{0, 0, 1, 1}, 1001},             // two each
		{[]int{7, 3, 7, 3, 7, 3}, 1001},       // dealt out in turns
		{[]int{0, 0, 0, 1, 2, 2}, 1001},       // the smallest machine has one
		{[]int{0, 0, 0, 0, 1, 1}, 1<<21 + 31}, // of more than one chunk, which such machines halve
		{[]int{0, 0, 0, 1, 1, 1}, 2},          // fewer values than ranks
	} {
		want := ofMachines(c.machines, c.length, value)
		mpitest.RunOn(t, c.machines, func(w *mpi.World) error {
			x := make([]float32, c.length)
			for i := range x {
				x[i] = value(w.Rank(), i)
			}
			err := w.Sum(x)
			if err == nil && !slices.Equal(x, want) {
				err = fmt.Errorf("sum on machines %v is %v…, want %v…", c.machines, x[:2], want[:2])
			}
			return err
		})
	}
}

// What the digits of a sum are depends on machines, so a test that could not tell them apart would
// prove nothing.
func TestMachinesRoundTheirSumsThemselves(t *testing.T) {
	one, two := []int{0, 0, 0, 0}, []int{0, 0, 1, 1}
	if slices.Equal(ofMachines(one, 1000, value), ofMachines(two, 1000, value)) {
		t.Error("the values of the tests give one sum in any order")
	}
}

// A machine sends 2(n-1)/n times the values to n-1 others, however many ranks it has.
func TestAWorldCountsWhatItSends(t *testing.T) {
	for _, c := range []struct {
		machines  []int
		all, away int64 // of each rank
	}{
		{[]int{0, 0, 0, 0}, 4 * (750 + 750), 0},
		{[]int{0, 1, 2, 3}, 4 * (750 + 750), 4 * (750 + 750)},
		{[]int{0, 0, 1, 1}, 4 * (500 + 250 + 250 + 500), 4 * (250 + 250)},
	} {
		mpitest.RunOn(t, c.machines, func(w *mpi.World) error {
			all, away := w.Sent()
			err := w.Sum(make([]float32, 1000))
			before, beforeAway := all, away
			if all, away = w.Sent(); all-before != c.all || away-beforeAway != c.away {
				return fmt.Errorf("%d bytes sent on %v and %d of them to other machines, want %d and %d",
					all-before, c.machines, away-beforeAway, c.all, c.away)
			}
			before = all
			err = errors.Join(err, w.SumFloats([]float64{1}))
			if all, _ = w.Sent(); all-before != 8*3 {
				return fmt.Errorf("%d bytes sent for a number on %v, want 24", all-before, c.machines)
			}
			return err
		})
	}
}

func TestAWorldKnowsItsMachines(t *testing.T) {
	mpitest.RunOn(t, []int{9, 9, 2, 9}, func(w *mpi.World) error {
		if w.Machines() != 2 {
			return fmt.Errorf("%d machines, want 2", w.Machines())
		}
		return nil
	})
	if n := (*mpi.World)(nil).Machines(); n != 1 {
		t.Errorf("a process of its own is on %d machines", n)
	}
}
