package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// endless is a recipe whose training ends only when something stops it.
const endless = `
model:
  backbone: {arch: resnet, depth: 18, width: 0.0625}
  branches: {kinds: p, deltas: []}
data:
  format: wsol
  root: made/images
  metadata: made/metadata/SYNTH
  val: ""
  input: {size: 32, train_resize: 36, test_resize: 32}
train: {epochs: 100000, batch_size: 4, threads: 1, kernels: portable, out: run}
`

// trainingFolder is a folder with data and the recipe endless.yaml.
func trainingFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	c := acolIn(dir, "data", "synth", "made", "--classes", "2", "--train", "8",
		"--val", "2", "--test", "2", "--size", "48")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if err := os.WriteFile(filepath.Join(dir, "endless.yaml"), []byte(endless), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// awaitEpochs waits until a training has logged more epochs than before, and gives how many.
func awaitEpochs(t *testing.T, dir string, before int) int {
	t.Helper()
	return await(t, filepath.Join(dir, "run", "log.jsonl"), before)
}

// await waits until a file has more lines than before, and gives how many.
func await(t *testing.T, path string, before int) int {
	t.Helper()
	const patience, pause = 30 * time.Second, 5 * time.Millisecond
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(pause) {
		raw, _ := os.ReadFile(path)
		if n := bytes.Count(raw, []byte("\n")); n > before {
			return n
		}
	}
	t.Fatalf("%s does not get more than %d lines", path, before)
	return 0
}

// fillPipe fills a pipe, so that the next write into it waits.
func fillPipe(t *testing.T, w *os.File) {
	t.Helper()
	fd := int(w.Fd())
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := syscall.Write(fd, make([]byte, 1)); err != nil {
			break
		}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}

// A training that is stopped from outside, in whatever way, saves before it ends.
func TestATrainingSavesWhenNobodyFollowsItAnyMore(t *testing.T) {
	signals := func(list ...syscall.Signal) func(*testing.T, *exec.Cmd) func() {
		return func(t *testing.T, c *exec.Cmd) func() {
			return func() {
				for _, s := range list {
					if err := c.Process.Signal(s); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
	// A signal that is caught here is not ignored by the program that is started from here, as it
	// would be where nohup runs the tests.
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	defer signal.Stop(hangUp)
	for _, tc := range []struct {
		name  string
		setUp func(*testing.T, *exec.Cmd) (stop func())
	}{
		{"SIGTERM", signals(syscall.SIGTERM)},
		{"SIGHUP", signals(syscall.SIGHUP)},
		{"a terminal's SIGHUP and its shell's, then a service manager's SIGTERM",
			signals(syscall.SIGHUP, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGHUP)},
		{"the reader of standard error ends", func(t *testing.T, c *exec.Cmd) func() {
			r, w := pipe(t)
			c.Stderr = w
			return func() { _ = r.Close() }
		}},
		{"the terminal closes", func(t *testing.T, c *exec.Cmd) func() {
			terminal, end := openTerminal(t)
			c.Stdin, c.Stdout, c.Stderr = end, end, end
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			go func() { _, _ = io.Copy(io.Discard, terminal) }()
			return func() { _ = terminal.Close() }
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := trainingFolder(t)
			c := acolIn(dir, "train", "--config", "endless.yaml")
			stop := tc.setUp(t, c)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			closeEnds(c)
			n := awaitEpochs(t, dir, 0)
			stop()
			_ = c.Wait()
			if code := c.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("%v, want exit status %d", c.ProcessState, exitInterrupted)
			}
			text, err := acolIn(dir, "train", "--config", "run/recipe.yaml", "--resume",
				"--set", "train.epochs=1").CombinedOutput()
			if err != nil || !strings.Contains(string(text), "nothing is left to train") {
				t.Errorf("after %d epochs and a resume: %v: %s", n, err, text)
			}
		})
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// closeEnds closes what the child alone should hold.
func closeEnds(c *exec.Cmd) {
	for _, end := range []any{c.Stdin, c.Stdout, c.Stderr} {
		if f, ok := end.(*os.File); ok {
			_ = f.Close()
		}
	}
}

// openTerminal opens a pseudo-terminal: what a terminal window holds, and what its programs hold.
func openTerminal(t *testing.T) (window, end *os.File) {
	t.Helper()
	window, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	fd := int(window.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	end, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return window, end
}

func TestATrainingBelowNohupOutlivesItsTerminal(t *testing.T) {
	dir := trainingFolder(t)
	c := exec.Command("sh", "-c", `trap "" HUP; exec acol train --config endless.yaml`)
	c.Dir = dir
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	before := awaitEpochs(t, dir, 0)
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	awaitEpochs(t, dir, awaitEpochs(t, dir, before)) // one epoch may have been under way
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("%v, want exit status %d", c.ProcessState, exitInterrupted)
	}
}

func TestASecondCtrlCEndsAtOnce(t *testing.T) {
	dir := trainingFolder(t)
	c := acolIn(dir, "train", "--config", "endless.yaml")
	// A pipe that is full keeps the program from writing its first line, and so from ending.
	r, w := pipe(t)
	defer r.Close()
	fillPipe(t, w)
	c.Stderr = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	closeEnds(c)
	ended := make(chan error)
	go func() { ended <- c.Wait() }()
	await(t, filepath.Join(dir, "run", "recipe.yaml"), 0)
	for { // the first is taken; the kernel tells a process of the second only after that
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ended:
			if s := c.ProcessState.Sys().(syscall.WaitStatus); s.Signal() != syscall.SIGINT {
				t.Errorf("%v, want it ended by SIGINT", c.ProcessState)
			}
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestATrainingWithoutStreamsWritesIntoNoFileOfItsOwn(t *testing.T) {
	dir := trainingFolder(t)
	c := exec.Command("sh", "-c",
		"exec acol train --config endless.yaml --set train.epochs=2 <&- >&- 2>&-")
	c.Dir = dir
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"recipe.yaml", "log.jsonl", "last.safetensors"} {
		raw, err := os.ReadFile(filepath.Join(dir, "run", name))
		if err != nil || len(raw) == 0 || slices.Contains(strings.Fields(string(raw)), "acol:") {
			t.Errorf("%s holds a message or nothing: %v", name, err)
		}
	}
}

func TestResultsThatNobodyReadsEndTheProgramQuietly(t *testing.T) {
	r, w := pipe(t)
	_ = r.Close()
	c := acolIn(t.TempDir(), "config", "keys")
	var messages bytes.Buffer
	c.Stdout, c.Stderr = w, &messages
	_ = c.Run()
	_ = w.Close()
	s := c.ProcessState.Sys().(syscall.WaitStatus)
	if !s.Signaled() || s.Signal() != syscall.SIGPIPE || messages.Len() > 0 {
		t.Errorf("%v with the message %q, want SIGPIPE and none", c.ProcessState, &messages)
	}
}
