package mpi_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
)

// isRank is the variable that has the tests' program be a rank of TestSumsOfRanksUnderMPI.
const isRank = "ACOL_TEST_IS_RANK"

func TestMain(m *testing.M) {
	if os.Getenv(isRank) == "" {
		os.Exit(m.Run())
	}
	if err := sumAsRank(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sumAsRank is one of four processes, which sum up on machines that they are said to be on.
func sumAsRank() error {
	w, err := mpi.Open(os.Environ())
	if err != nil {
		return err
	}
	for _, machines := range [][]int{
		{0, 0, 0, 0}, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 1, 0}, {0, 0, 0, 1}, {0, 1, 2, 3},
	} {
		if err := w.Place(machines[w.Rank()]); err != nil {
			return err
		}
		for _, length := range []int{1, 2, 1001} {
			x := make([]float32, length)
			for i := range x {
				x[i] = value(w.Rank(), i)
			}
			err := w.Sum(x)
			if want := ofMachines(machines, length, value); err == nil && !slices.Equal(x, want) {
				err = fmt.Errorf("rank %d: %d values on machines %v sum up to others", w.Rank(), length,
					machines)
			}
			if err := w.Agree(err, 1); err != nil {
				return err
			}
		}
	}
	return errors.Join(err, w.Close())
}

// What the sums of the other tests go through is memory, in place of MPI's groups of ranks.
func TestSumsOfRanksUnderMPI(t *testing.T) {
	mpirun := mpitest.Launcher(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // what is wrong may wait for ever
	defer cancel()
	c := exec.CommandContext(ctx, mpirun[0], append(mpirun[1:], "-n", "4", self)...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) } // mpirun ends the ranks
	c.WaitDelay = 5 * time.Second
	c.Env = append(append(c.Environ(), mpitest.AsRoot...), isRank+"=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
