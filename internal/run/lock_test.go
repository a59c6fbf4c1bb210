package run_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"acol/internal/filelock"
	"acol/internal/run"
)

func TestAFolderHasOneWriterAtATime(t *testing.T) {
	dir := fakeRun(t, filepath.Join(t.TempDir(), "a"), "recipe.yaml")
	first, second := dir.Writer("train", nil), dir.Writer("train", nil)
	second.Replace = true
	check(t, first.Clear())
	var locked *run.LockedError
	for name, err := range map[string]error{
		"Idle": dir.Idle(), "Clear": second.Clear(), "LoadState": func() error { _, _, err := second.LoadState(); return err }(),
	} {
		host, _ := os.Hostname()
		want := fmt.Sprintf(`^%s is locked: process %d on %s \(acol train\) writes into it, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d `,
			regexp.QuoteMeta(string(dir)), os.Getpid(), regexp.QuoteMeta(host))
		if !errors.As(err, &locked) || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	first.Close()
	check(t, dir.Idle())
	check(t, second.Clear())
	second.Close()
	second.Close() // once more is nothing
	if got := list(t, string(dir)); !slices.Equal(got, []string{"recipe.yaml"}) {
		t.Errorf("the folder holds %q afterwards", got)
	}
}

func TestOfManyWritersThatStartAtOnceOneHasTheFolder(t *testing.T) {
	for range 40 {
		dir := run.Folder(filepath.Join(t.TempDir(), "a"))
		const starts = 4
		var group sync.WaitGroup
		writers, errs := make([]*run.Writer, starts), make([]error, starts)
		for i := range writers {
			writers[i] = dir.Writer("train", nil)
			group.Go(func() { errs[i] = writers[i].Clear() })
		}
		group.Wait()
		won := 0
		for _, err := range errs {
			var locked *run.LockedError
			if err == nil {
				won++
			} else if !errors.As(err, &locked) {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d have the folder, want 1", won, starts)
		}
		for _, w := range writers {
			w.Close()
		}
	}
}

func TestLocksThatACrashLeftHinderNobodyAndGo(t *testing.T) {
	dir := fakeRun(t, filepath.Join(t.TempDir(), "a"), ".acol.lock", ".acol-eval.lock")
	w := dir.Writer("train", nil)
	check(t, w.Clear())
	w.Close()
	if got := list(t, string(dir)); got != nil {
		t.Errorf("the folder holds %q", got)
	}
}

func TestTheLockOfAKilledProcessIsWaitedFor(t *testing.T) {
	host, err := os.Hostname()
	check(t, err)
	const none = 1<<22 + 1 // more than Linux gives out
	for name, c := range map[string]struct {
		host string
		pid  int
		want bool
	}{
		"this process":       {host, os.Getpid(), false},
		"one that is gone":   {host, none, true},
		"of another machine": {host + "x", none, false},
		"unknown":            {"", 0, false},
	} {
		if got := run.Ending(c.host, c.pid); got != c.want {
			t.Errorf("%s: ending is %v", name, got)
		}
	}
	if runtime.GOOS != "linux" {
		return
	}
	// A process that has ended and that its parent has not asked about has no command line any
	// more.
	p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
	if err != nil {
		t.Skip(err)
	}
	for start := time.Now(); !run.Ending(host, p.Pid); time.Sleep(time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatal("an ended process is not ending")
		}
	}
	_, err = p.Wait()
	check(t, err)
}

func TestAFileSystemWithoutLocksIsToldOf(t *testing.T) {
	undo := run.Locks(func(*os.File) error { return fmt.Errorf("%w: %w", filelock.ErrNoLocks, syscall.ENOLCK) })
	defer undo()
	dir := run.Folder(filepath.Join(t.TempDir(), "a"))
	notes, err := clear(t, dir, false)
	check(t, err)
	want := fmt.Sprintf("warning: %s cannot be locked (no locks here: %v): "+
		"nothing keeps another training from writing into it too", dir, syscall.ENOLCK)
	if !slices.Equal(notes, []string{want}) {
		t.Errorf("told %q, want %q", notes, want)
	}
}

func TestUnfinishedFilesOfDeadWritersAreRemovedAtTheNextStart(t *testing.T) {
	for name, start := range map[string]func(*run.Writer) error{
		"from the start": (*run.Writer).Clear,
		"resumed": func(w *run.Writer) error {
			_, _, err := w.LoadState()
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			return err
		},
	} {
		dir := fakeRun(t, filepath.Join(t.TempDir(), "a"), ".acol-0123456789abcdef.tmp")
		fakeRun(t, filepath.Join(string(dir), ".acol-earlier"), "last.safetensors")
		w := dir.Writer("train", nil)
		var notes []string
		w.Note = func(s string) { notes = append(notes, s) }
		check(t, start(w))
		w.Close()
		if got := list(t, string(dir)); got != nil {
			t.Errorf("%s: the folder holds %q", name, got)
		}
		if want := []string{"removed 1 unfinished files that a crash has left in " + string(dir)}; !slices.Equal(notes, want) {
			t.Errorf("%s: told %q", name, notes)
		}
	}
}
