package mpi_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
)

func TestFewValuesThanRanksAreSummed(t *testing.T) {
	mpitest.Run(t, 4, func(w *mpi.World) error {
		x := []float32{float32(w.Rank())}
		y := []float64{float64(w.Rank()), math.Inf(1)}
		err := errors.Join(w.Sum(x), w.Sum(nil), w.SumFloats(y))
		if x[0] != 6 || y[0] != 6 || !math.IsInf(y[1], 1) {
			return fmt.Errorf("sums are %v and %v", x, y)
		}
		return err
	})
}

func TestPartsCoverAllOnce(t *testing.T) {
	for _, n := range []int{0, 1, 3, 10, 101} {
		next := 0
		for r := range 4 {
			from, to := mpi.New(r, 4, nil).Part(n)
			if from != next || to-from > n/4+1 {
				t.Errorf("rank %d of %d things has %d to %d after %d", r, n, from, to, next)
			}
			next = to
		}
		if next != n {
			t.Errorf("the parts of %d things end at %d", n, next)
		}
	}
}

func TestAnErrorOfSomeRanksIsOneOfAll(t *testing.T) {
	own := []error{nil, errors.New("no such file"), errors.New("another"), nil}
	mpitest.Run(t, 4, func(w *mpi.World) error {
		if err := w.Agree(nil, 0); err != nil {
			return err
		}
		err := w.Agree(own[w.Rank()], 2)
		var agreed *mpi.Error
		if !errors.As(err, &agreed) || agreed.Rank != 1 || agreed.All || agreed.Code != 2 ||
			err.Error() != "rank 1: no such file" {
			return fmt.Errorf("agreed on: %w", err)
		}
		if errors.Is(err, own[1]) != (w.Rank() == 1) {
			return fmt.Errorf("the error wraps another: %w", err)
		}
		err = w.Agree(own[1], 2)
		if !errors.As(err, &agreed) || agreed.Rank != 0 || !agreed.All || err.Error() != "no such file" {
			return fmt.Errorf("all agreed on: %w", err)
		}
		return nil
	})
}

func TestAProcessOfItsOwnNeedsNoOthers(t *testing.T) {
	var w *mpi.World
	x := []float64{3}
	err := errors.Join(w.Sum([]float32{1}), w.SumFloats(x), w.Agree(nil, 0), w.Close())
	all, gathered := mpi.Gather(w, "a")
	if err != nil || gathered != nil || w.Size() != 1 || x[0] != 3 || !slices.Equal(all, []string{"a"}) {
		t.Errorf("size %d, sum %v, gathered %v: %v", w.Size(), x, all, errors.Join(err, gathered))
	}
}

func TestLaunchersSayHowManyTheyStarted(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want mpi.Launch
	}{
		{nil, mpi.Launch{Size: 1}},
		{[]string{"OMPI_COMM_WORLD_SIZE=4"}, mpi.Launch{By: "mpirun", Size: 4, Local: -1}},
		{[]string{"PMI_SIZE=2", "PMI_RANK=1", "MPI_LOCALRANKID=1"}, mpi.Launch{By: "mpirun", Size: 2, Rank: 1, Local: 1}},
		{[]string{"PMI_SIZE=2", "SLURM_STEP_ID=0"}, mpi.Launch{By: "srun", Size: 2, Local: -1}},
		{[]string{"SLURM_NTASKS=8", "SLURM_PROCID=0"}, mpi.Launch{Size: 1}},
		{[]string{"SLURM_STEP_NUM_TASKS=8", "SLURM_LOCALID=3"}, mpi.Launch{By: "srun", Size: 8, Local: 3}},
		{[]string{"OMPI_COMM_WORLD_SIZE=many"}, mpi.Launch{Size: 1}},
	} {
		if got := mpi.Launched(c.env); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.env, got, c.want)
		}
	}
}
