package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"acol/internal/filelock"
)

// The files that are locked: of what trains or imports into the folder, and of what keeps an
// evaluation in it, which a training does not hinder.
const (
	lockName     = ".acol.lock"
	evalLockName = ".acol-eval.lock"
)

// holder says who has a lock. It is the content of the locked file, as JSON.
type holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Command string    `json:"command"`
	Started time.Time `json:"started"` // when the process locked the folder
}

// LockedError is of a folder that another process, or another Writer of this one, writes into.
type LockedError struct {
	Folder Folder
	by     holder // without a PID where its file cannot be read
}

func (e *LockedError) Error() string {
	if e.by.PID == 0 {
		return fmt.Sprintf("%s is locked: another process writes into it", e.Folder)
	}
	return fmt.Sprintf("%s is locked: process %d on %s (acol %s) writes into it, since %s", e.Folder,
		e.by.PID, e.by.Host, e.by.Command, e.by.Started.Local().Format("2006-01-02 15:04:05 -0700"))
}

// lock is the lock of a folder. The system frees it when the process ends; the file that stays
// behind then hinders nobody.
type lock struct {
	file *os.File
	// warning is why there is no lock, on a file system that has none; nil otherwise.
	warning error
}

// try is filelock.Try, which tests replace.
var try = filelock.Try

// take locks a file of the folder, which it makes. A *LockedError says who has the lock.
func (f Folder) take(name, command string) (*lock, error) {
	path := f.path(name)
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, fmt.Errorf("locking %s: %w", f, err)
		}
		switch err := try(file); {
		case errors.Is(err, filelock.ErrHeld):
			by := whoHolds(file)
			_ = file.Close()
			return nil, &LockedError{f, by}
		case errors.Is(err, filelock.ErrNoLocks):
			_ = file.Close()
			_ = os.Remove(path)
			return &lock{warning: err}, nil
		case err != nil:
			_ = file.Close()
			return nil, fmt.Errorf("locking %s: %w", f, err)
		}
		if l := (&lock{file: file}); filelock.IsAt(file, path) {
			l.sign(command)
			return l, nil
		}
		_ = file.Close() // its holder removed it just now: what is at path is another file
	}
}

// await is take, but it waits for a lock whose holder will give it free in a moment.
func (f Folder) await(name, command string, soon func(holder) bool) (*lock, error) {
	const patience, pause = 10 * time.Second, 5 * time.Millisecond
	for end := time.Now().Add(patience); ; time.Sleep(pause) {
		l, err := f.take(name, command)
		held := (*LockedError)(nil)
		if !errors.As(err, &held) || !soon(held.by) || time.Now().After(end) {
			return l, err
		}
	}
}

// always says of every holder that it gives its lock free in a moment.
func always(holder) bool { return true }

// ending reports whether the holder was a process of this machine that is gone, or that the system
// is about to take apart: it has a lock until its memory is freed.
func (h holder) ending() bool {
	if host, err := os.Hostname(); err != nil || host != h.Host || h.PID <= 0 {
		return false
	}
	p, err := os.FindProcess(h.PID)
	if err != nil {
		return true
	}
	if errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone) {
		return true
	}
	words, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", h.PID)) // Linux's
	return err == nil && len(words) == 0
}

// Idle is a *LockedError while a Writer has the folder. The answer may be another one a moment
// later, and it is nil where there are no locks.
func (f Folder) Idle() error { return f.freeLock(lockName) }

// freeLock removes a lock's file that a crash has left, and is a *LockedError where one is held.
func (f Folder) freeLock(name string) error {
	if !exists(f.path(name)) {
		return nil
	}
	l, err := f.await(name, "", holder.ending)
	if err == nil {
		l.release(f.path(name))
	}
	return err
}

// sign writes into the locked file who has it. What goes wrong with that only makes the message to
// others poorer, and is no error.
func (l *lock) sign(command string) {
	host, _ := os.Hostname()
	text, err := json.Marshal(holder{os.Getpid(), host, command, time.Now().Round(time.Second)})
	if err == nil {
		_ = l.file.Truncate(0)
		_, _ = l.file.WriteAt(append(text, '\n'), 0)
	}
}

// whoHolds reads who has the lock of a file. Its holder may be about to write it.
func whoHolds(file *os.File) holder {
	const tries, pause, most = 10, 5 * time.Millisecond, 1 << 12
	var by holder
	for range tries {
		text, err := io.ReadAll(io.NewSectionReader(file, 0, most))
		if err == nil && json.Unmarshal(text, &by) == nil {
			return by
		}
		by = holder{}
		time.Sleep(pause)
	}
	return by
}

// release removes the lock's file and ends the lock.
func (l *lock) release(path string) {
	if l.file == nil {
		return
	}
	if filelock.IsAt(l.file, path) {
		_ = filelock.Remove(l.file, path)
		return
	}
	_ = l.file.Close()
}
