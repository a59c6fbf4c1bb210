package mpitest

import (
	"os/exec"
	"strings"
	"testing"

	"acol/internal/mpi"
)

// AsRoot are variables of the environment, NAME=VALUE each, that let an mpirun of Open MPI start
// processes as root, as tests run in containers.
var AsRoot = []string{"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"}

// Launcher is the mpirun of the MPI that the program was built with, with what it needs to start
// more ranks than there are processors. A test without one is skipped.
func Launcher(t testing.TB) []string {
	t.Helper()
	library := mpi.Library()
	if library == "" {
		t.Skip("this build is without MPI: install Open MPI or MPICH, then make test or make mpi-test")
	}
	kind, flags := "mpich", []string(nil)
	if strings.Contains(library, "Open MPI") {
		kind, flags = "openmpi", []string{"--oversubscribe", "--bind-to", "none"}
	}
	for _, name := range []string{"mpirun." + kind, "mpirun"} {
		out, err := exec.Command(name, "--version").CombinedOutput()
		if err != nil || strings.Contains(string(out), "Open MPI") != (kind == "openmpi") {
			continue
		}
		trial := exec.Command(name, append(flags, "-n", "2", "true")...)
		trial.Env = append(trial.Environ(), AsRoot...)
		if out, err := trial.CombinedOutput(); err != nil {
			t.Skipf("%s starts no processes here: %v\n%s", name, err, out)
		}
		return append([]string{name}, flags...)
	}
	t.Skipf("no mpirun of %s is in the PATH", library)
	return nil
}
