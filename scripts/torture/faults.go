package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

func needsStrace() string {
	if out, err := exec.Command("strace", "-f", "-e", "inject=fsync:error=EIO:when=1", "true").
		CombinedOutput(); err != nil {
		return fmt.Sprintf("strace -e inject does not work here: %v %s", err, lastLine(string(out)))
	}
	return ""
}

// calls are the system calls that faults are injected into, with how often a training makes them.
var calls = []struct {
	name  string
	about int
}{{"write", 60}, {"fsync", 20}, {"/^rename", 9}, {"/^unlink", 6}}

// injected trains under strace, with a fault in one system call. It gives the lines that strace
// wrote of the calls in which the fault was.
func (t *try) injected(fault string, calls ...string) (end, []string, error) {
	trace := filepath.Join(t.dir, "trace")
	args := append([]string{"-f", "-y", "-o", trace, "-e", "trace=" + calls[0],
		"-e", "inject=" + calls[0] + ":" + fault, t.acol}, train()...)
	e, err := t.run(t.command("strace", args...), nil)
	if err != nil {
		return e, nil, err
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		return e, nil, err
	}
	var hit []string
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "(INJECTED)") {
			hit = append(hit, strings.TrimSpace(line))
		}
	}
	return e, hit, nil
}

func injectKill(t *try) error {
	c := calls[t.rnd.Intn(len(calls))]
	fault := fmt.Sprintf("signal=KILL:when=%d", 1+t.rnd.Intn(c.about))
	if _, _, err := t.injected(fault, c.name); err != nil {
		return err
	}
	if err := t.finish(); err != nil {
		return fmt.Errorf("%s %s: %w", c.name, fault, err)
	}
	return nil
}

// inRun matches what strace -y says of a file or the folder of a run.
var inRun = regexp.MustCompile(`[/"<]run[/">]`)

// injectError wants an exit code other than 0 wherever a file of the run could not be written.
func injectError(t *try) error {
	c := calls[t.rnd.Intn(3)]
	fault := fmt.Sprintf("error=%s:when=%d", []string{"EIO", "ENOSPC"}[t.rnd.Intn(2)],
		1+t.rnd.Intn(c.about))
	e, hit, err := t.injected(fault, c.name)
	if err != nil {
		return err
	}
	for _, h := range hit {
		if inRun.MatchString(h) && e.code == 0 {
			return fmt.Errorf("exit 0 through an error: %s", h)
		}
	}
	if err := t.finish(); err != nil {
		return fmt.Errorf("%s %s (%s): %w", c.name, fault, strings.Join(hit, ", "), err)
	}
	return nil
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
