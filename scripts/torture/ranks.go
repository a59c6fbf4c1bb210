package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ranksOf is how many processes mpirun starts.
const ranksOf = 2

// needsRanks asks for an acol with MPI, and for the mpirun of that MPI.
func needsRanks(acol string) string {
	if mpirunOf(acol) == nil {
		return "acol is built without MPI, or its mpirun is not in the PATH"
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return "the processes of mpirun cannot be found: there is no /proc"
	}
	return ""
}

// mpirunOf returns the command that starts the ranks of an acol; nil where there is none.
func mpirunOf(acol string) []string {
	out, err := exec.Command(acol, "version", "--json").Output()
	if err != nil || !strings.Contains(string(out), `"mpi":`) {
		return nil
	}
	kind, flags := "mpich", []string(nil)
	if strings.Contains(string(out), "Open MPI") {
		kind, flags = "openmpi", []string{"--oversubscribe", "--bind-to", "none", "--allow-run-as-root"}
	}
	for _, name := range []string{"mpirun." + kind, "mpirun"} {
		says, err := exec.Command(name, "--version").CombinedOutput()
		if err == nil && strings.Contains(string(says), "Open MPI") == (kind == "openmpi") {
			return slices.Concat([]string{name}, flags, []string{"-n", strconv.Itoa(ranksOf), acol})
		}
	}
	return nil
}

// ranksWhole trains on ranks without a fault, once for all tries.
func (t *try) ranksWhole() ([]byte, error) {
	t.ranks.Do(func() {
		dir := filepath.Join(t.base, "undisturbed ranks")
		whole := &try{rig: t.rig, ctx: t.ctx, dir: dir}
		if t.ranksErr = errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777)); t.ranksErr != nil {
			return
		}
		if t.ranksErr = whole.onRanks(train(), nil); t.ranksErr == nil {
			t.ranksLast, t.ranksErr = os.ReadFile(filepath.Join(dir, "run/last.safetensors"))
		}
	})
	return t.ranksLast, t.ranksErr
}

// onRanks runs acol on ranks to its end. Without during, an exit code other than 0 is an error.
func (t *try) onRanks(args []string, during func(*os.Process)) error {
	mpirun := mpirunOf(t.acol)
	e, err := t.run(t.command(mpirun[0], append(mpirun[1:], args...)...), during)
	if err == nil && during == nil && e.code != 0 {
		err = fmt.Errorf("mpirun acol %s: %v: %s", strings.Join(args, " "), e.state, lastLine(e.stderr))
	}
	return err
}

// rankKill kills one rank of a training at a random moment, and goes on.
func rankKill(t *try) error {
	want, err := t.ranksWhole()
	if err != nil {
		return err
	}
	at := time.Duration(t.rnd.Int63n(int64(1500 * time.Millisecond)))
	which := t.rnd.Intn(ranksOf)
	err = t.onRanks(t.again(), func(p *os.Process) {
		time.Sleep(at)
		if ranks := childrenOf(p.Pid); len(ranks) == ranksOf {
			if rank, err := os.FindProcess(ranks[which]); err == nil {
				_ = rank.Kill()
			}
		}
	})
	if err != nil {
		return err
	}
	if err := t.onRanks(t.again(), nil); err != nil {
		return err
	}
	got, err := os.ReadFile(filepath.Join(t.dir, "run/last.safetensors"))
	if err == nil && string(got) != string(want) {
		err = fmt.Errorf("rank %d killed after %v: other weights than without", which, at)
	}
	return err
}

// childrenOf lists the processes named acol that a process has started, itself or through another
// one, by their numbers.
func childrenOf(pid int) []int {
	parents, names := map[int]int{}, map[int]string{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue
		}
		// number (name) state parent ...
		head, rest, _ := strings.Cut(string(text), ") ")
		_, name, _ := strings.Cut(head, "(")
		if words := strings.Fields(rest); len(words) > 1 {
			parents[n], _ = strconv.Atoi(words[1])
			names[n] = name
		}
	}
	var out []int
	for n := range parents {
		for up := parents[n]; up > 1; up = parents[up] {
			if up == pid && names[n] == "acol" {
				out = append(out, n)
				break
			}
		}
	}
	slices.Sort(out)
	return out
}
