package main

import (
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
)

// TestRanks runs several processes of the program by mpirun.
func TestRanks(t *testing.T) {
	mpirun := mpitest.Launcher(t)
	start := func(args []string) []string {
		return append(append(mpirun[1:len(mpirun):len(mpirun)], "-n", args[0]), args[1:]...)
	}
	cmds := scriptCmds()
	cmds["ranks"] = func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Check(ts.Exec(mpirun[0], start(args)...))
	}
	cmds["rankscode"] = func(ts *testscript.TestScript, neg bool, args []string) {
		scriptExitCode(ts, neg, append([]string{args[0], mpirun[0]}, start(args[1:])...))
	}
	cmds["samefolders"] = scriptSameFolders
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "mpi"), Cmds: cmds, Condition: scriptCondition,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, mpitest.AsRoot...)
			env.Setenv("START", strings.Join(mpirun, " ")) // of sh -c '$START -n 2 ...'
			env.Setenv("INTERRUPTED", "130")
			if !strings.Contains(mpi.Library(), "Open MPI") {
				// An mpirun of MPICH that passed a signal on loses the code of the ranks at times.
				env.Setenv("INTERRUPTED", "(130|0)")
			}
			return nil
		},
	})
}

// scriptSameFolders is "samefolders DIR DIR": the same files in both, byte for byte.
func scriptSameFolders(ts *testscript.TestScript, _ bool, args []string) {
	list := func(dir string) map[string]string {
		files := map[string]string{}
		ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(ts.MkAbs(dir), path)
			files[name] = ts.ReadFile(path)
			return err
		}))
		return files
	}
	a, b := list(args[0]), list(args[1])
	if !maps.Equal(a, b) {
		ts.Fatalf("%s holds %v, %s %v, or the contents differ", args[0],
			slices.Sorted(maps.Keys(a)), args[1], slices.Sorted(maps.Keys(b)))
	}
}

// Without MPI each of several processes would believe that it is alone.
func TestProcessesThatDoNotKnowOfEachOtherAreRefused(t *testing.T) {
	if mpi.Library() != "" {
		t.Skip("this build knows MPI")
	}
	for _, c := range []struct {
		env  string
		want string
	}{
		{"OMPI_COMM_WORLD_SIZE=4", "error: mpirun started 4 processes, and this acol is built without MPI"},
		{"SLURM_STEP_NUM_TASKS=8", "error: srun started 8 processes, and this acol is built without MPI"},
		{"OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=3", ""},
	} {
		cmd := acolIn(t.TempDir(), "train", "synth-p")
		cmd.Env = append(cmd.Environ(), strings.Fields(c.env)...)
		out, err := cmd.CombinedOutput()
		text := string(out)
		if err == nil || !strings.Contains(text, c.want) || c.want == "" && text != "" {
			t.Errorf("%s: %v\n%s", c.env, err, text)
		}
	}
}

// A launcher counts the processes of a machine. Those of containers with host names of their own
// are those of several machines, and devices are shared out among the ranks of each.
func TestRanksShareOutTheDevicesOfTheirOwnMachine(t *testing.T) {
	for _, c := range []struct {
		hosts []string // of each rank
		local []int    // as the launcher says
		want  []string // the devices of each
	}{
		{[]string{"a", "a"}, []int{0, 1}, []string{"cuda:0,1", "cuda:2,3"}},
		{[]string{"a", "a"}, []int{1, 0}, []string{"cuda:2,3", "cuda:0,1"}},
		{[]string{"a", "b", "a", "b"}, []int{-1, -1, -1, -1},
			[]string{"cuda:0,1", "cuda:0,1", "cuda:2,3", "cuda:2,3"}},
		{[]string{"a", "b"}, []int{0, 1}, []string{"cuda:0,1,2,3", "cuda:0,1,2,3"}},
		{[]string{"a", "a", "b", "b"}, []int{0, 1, 2, 3},
			[]string{"cuda:0,1", "cuda:2,3", "cuda:0,1", "cuda:2,3"}},
	} {
		all := make([]footing, len(c.hosts))
		for i, h := range c.hosts {
			all[i].Host = h
		}
		for i, want := range c.want {
			r := &ranks{World: mpi.New(i, len(all), nil), host: c.hosts[i], local: c.local[i]}
			r.number(all)
			if got, err := r.device("cuda:0,1,2,3"); err != nil || got != want {
				t.Errorf("rank %d on %v, numbers %v: %s, %v, want %s", i, c.hosts, c.local, got, err, want)
			}
		}
	}
}
