package mpi

import (
	"fmt"
	"strconv"
	"strings"
)

// Launch is how this process was started.
type Launch struct {
	// By is the program that started it, mpirun or srun.
	By string
	// Size is the number of processes that it started, and Rank the number of this one.
	Size, Rank int
	// Local is the number of this one among those on its machine, from 0; -1 is unknown.
	Local int
}

// launchers are the variables by which programs that start several processes say how many. A batch
// script of Slurm has the number of its tasks too, but only srun gives SLURM_STEP_NUM_TASKS.
var launchers = []struct{ size, rank, by string }{
	{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "mpirun"}, // Open MPI
	{"PMI_SIZE", "PMI_RANK", "mpirun"},                         // MPICH, Intel MPI, srun --mpi=pmi2
	{"MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", "mpirun"},   // MVAPICH
	{"SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "srun"},
}

// locals are the variables in which they number the processes of a machine.
var locals = []string{
	"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "MV2_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID",
}

// Launched says by an environment, NAME=VALUE each, how this process was started. A process that no
// launcher started has size 1 and an empty By.
func Launched(env []string) Launch {
	values := map[string]string{}
	for _, e := range env {
		if name, value, ok := strings.Cut(e, "="); ok {
			values[name] = value
		}
	}
	for _, l := range launchers {
		if n, err := strconv.Atoi(values[l.size]); err == nil && n >= 1 {
			rank, _ := strconv.Atoi(values[l.rank])
			by := l.by
			if values["SLURM_STEP_ID"] != "" && l.size == "PMI_SIZE" {
				by = "srun"
			}
			return Launch{by, n, rank, localOf(values)}
		}
	}
	return Launch{Size: 1}
}

func localOf(values map[string]string) int {
	for _, name := range locals {
		if k, err := strconv.Atoi(values[name]); err == nil && k >= 0 {
			return k
		}
	}
	return -1
}

// ApartError says that a launcher started several processes that do not know of each other, each of
// which would do the whole job into the same folder.
type ApartError struct {
	Launch
	// Built says whether this program was built with MPI. Where it was, the library saw one
	// process.
	Built bool
}

func (e *ApartError) Error() string {
	if !e.Built {
		return fmt.Sprintf("%s started %d processes, and this acol is built without MPI: each of them "+
			"would do the whole work", e.By, e.Size)
	}
	return fmt.Sprintf("%s started %d processes, but MPI sees one alone: each of them would do the "+
		"whole work", e.By, e.Size)
}

// Hint says what to do.
func (e *ApartError) Hint() string {
	if !e.Built {
		return "build it with MPI (make build, where pkg-config finds Open MPI or MPICH), or start one process"
	}
	return "start it with the mpirun of the MPI that it was built with (acol version names it), " +
		"or with srun --mpi=pmix (srun --mpi=list has what there is)"
}
