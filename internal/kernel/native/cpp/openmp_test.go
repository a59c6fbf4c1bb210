//go:build onednn && amd64 && cgo

package cpp

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTheTeamWorksForLibrariesWhoseCallsArriveAtTheProgram builds libraries that call OpenMP as
// those of several compilers do.
func TestTheTeamWorksForLibrariesWhoseCallsArriveAtTheProgram(t *testing.T) {
	t.Parallel()
	usual := []string{"GOMP_parallel", "GOMP_barrier", "omp_get_max_threads", "omp_get_num_threads",
		"omp_get_thread_num", "omp_in_parallel"}
	for _, c := range []struct {
		name  string
		calls []string
		want  string
	}{
		{"gcc", usual, ""},
		{"gcc, with locks", append([]string{"GOMP_critical_start", "omp_get_wtime"}, usual...), ""},
		{"gcc, with loops", append([]string{"GOMP_loop_dynamic_start"}, usual...),
			"calls GOMP_loop_dynamic_start"},
		{"clang", []string{"__kmpc_fork_call", "omp_get_thread_num"}, "calls __kmpc_fork_call"},
		{"another OpenMP of the program", append([]string{"omp_set_num_threads"}, usual...),
			"calls omp_set_num_threads"},
		{"no OpenMP", []string{"malloc"}, "does not call GOMP_parallel"},
	} {
		err := teamWorksFor(callingLibrary(t, c.calls))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if err := teamWorksFor("testdata/team_check.cc"); err == nil {
		t.Error("a file that is no library is one")
	}
}

// callingLibrary builds a shared library that calls some functions.
func callingLibrary(t *testing.T, calls []string) string {
	t.Helper()
	compiler := compiler(t)
	var code strings.Builder
	for i, f := range slices.Sorted(slices.Values(calls)) {
		fmt.Fprintf(&code, "extern \"C\" void %s(); void call%d() { %s(); }\n", f, i, f)
	}
	path := filepath.Join(t.TempDir(), "lib.so")
	build := exec.Command(compiler, "-x", "c++", "-fno-builtin", "-shared", "-fPIC", "-o", path, "-")
	build.Stdin = strings.NewReader(code.String())
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	return path
}

func TestTheTeamWorksForThisOneDNN(t *testing.T) {
	if err := OwnThreads(); err != nil {
		t.Skip(err) // it may be another build of oneDNN, of which the program tells the user
	}
	for _, f := range []string{"GOMP_parallel", "GOMP_barrier", "omp_get_thread_num"} {
		if !standsIn(f) {
			t.Errorf("calls of %s do not arrive at the program", f)
		}
	}
	if standsIn("GOMP_single_start") || standsIn("malloc") {
		t.Error("the program stands in for functions that it does not have")
	}
}
