package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func needsStrace() string {
	if out, err := exec.Command("strace", "-f", "-e", "inject=fsync:error=EIO:when=1", "true").
		CombinedOutput(); err != nil {
		return fmt.Sprintf("strace -e inject does not work here: %v %s", err, lastLine(string(out)))
	}
	return ""
}

// attempts is how often a fault is tried until one meets its target: strace counts the calls of
// each thread, and which thread writes what is chance.
const attempts = 30

// calls are the system calls that faults are injected into, with how often a thread makes them.
var calls = []struct {
	name  string
	about int
}{{"write", 12}, {"fsync", 12}, {"/^rename", 6}, {"/^unlink", 4}}

// injected trains under strace, with a fault in one system call. It gives the lines that strace
// wrote of the calls in which the fault was.
func (t *try) injected(fault string, calls ...string) (end, []string, error) {
	trace := filepath.Join(t.dir, "trace")
	args := append([]string{"-f", "-y", "-o", trace, "-e", "trace=" + calls[0],
		"-e", "inject=" + calls[0] + ":" + fault, t.acol}, train()...)
	e, failed := t.run(t.command("strace", args...), nil)
	text, err := os.ReadFile(trace)
	if err != nil {
		return e, nil, errors.Join(failed, err)
	}
	var hit []string
	begun := map[string]string{} // by thread, the call that others have cut in two in the trace
	for line := range strings.Lines(string(text)) {
		thread, _, _ := strings.Cut(line, " ")
		if call, cut := strings.CutSuffix(strings.TrimSpace(line), " <unfinished ...>"); cut {
			begun[thread] = call
		}
		if strings.Contains(line, "(INJECTED)") {
			call := strings.TrimSpace(line)
			if strings.Contains(call, " resumed>") {
				call = begun[thread] + " " + call
			}
			hit = append(hit, call)
			if strings.Contains(call, "<anon_inode:") {
				// Go's runtime dies of an error of its own eventfd, which no disk causes.
				failed = nil
			}
		}
	}
	return e, hit, failed
}

func injectKill(t *try) error {
	c := calls[t.rnd.Intn(len(calls))]
	for range attempts {
		fault := fmt.Sprintf("signal=KILL:when=%d", 1+t.rnd.Intn(c.about))
		e, _, err := t.injected(fault, c.name)
		if err != nil {
			return err
		}
		if e.state.Success() {
			if err := os.RemoveAll(filepath.Join(t.dir, "run")); err != nil {
				return err
			}
			continue
		}
		if err := t.finish(); err != nil {
			return fmt.Errorf("%s %s: %w", c.name, fault, err)
		}
		return nil
	}
	return fmt.Errorf("%s: no kill met a call in %d attempts", c.name, attempts)
}

// inRun matches what strace -y says of a file or the folder of a run.
var inRun = regexp.MustCompile(`[/"<]run[/">]`)

// injectError wants an exit code other than 0 where files of the run, and they alone, could not be
// written.
func injectError(t *try) error {
	c := calls[t.rnd.Intn(3)]
	for range attempts {
		fault := fmt.Sprintf("error=%s:when=%d", []string{"EIO", "ENOSPC"}[t.rnd.Intn(2)],
			1+t.rnd.Intn(c.about))
		e, hit, err := t.injected(fault, c.name)
		if err != nil {
			return err
		}
		elsewhere := func(h string) bool { return !inRun.MatchString(h) }
		if len(hit) == 0 || slices.ContainsFunc(hit, elsewhere) {
			if err := os.RemoveAll(filepath.Join(t.dir, "run")); err != nil {
				return err
			}
			continue
		}
		if e.code == 0 {
			return fmt.Errorf("exit 0 through an error: %s", strings.Join(hit, ", "))
		}
		if err := t.finish(); err != nil {
			return fmt.Errorf("%s %s (%s): %w", c.name, fault, strings.Join(hit, ", "), err)
		}
		return nil
	}
	return fmt.Errorf("%s: no error met a file of the run in %d attempts", c.name, attempts)
}

// fileLimit trains with files of at most a random size.
func fileLimit(t *try) error {
	blocks := 2 + t.rnd.Intn(700) // of 512 bytes in POSIX's sh; state has 740
	e, err := t.run(t.command("sh", append([]string{"-c", `ulimit -f "$0"; exec "$@"`,
		fmt.Sprint(blocks), t.acol}, train()...)...), nil)
	if err != nil {
		return err
	}
	if e.code == 0 {
		return fmt.Errorf("ulimit -f %d: exit 0", blocks)
	}
	if e.code < 0 {
		return fmt.Errorf("ulimit -f %d: %v", blocks, e.state)
	}
	if err := t.finish(); err != nil {
		return fmt.Errorf("ulimit -f %d: %w", blocks, err)
	}
	return nil
}
