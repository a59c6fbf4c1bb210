//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func needsSignals() string { return "" }

func needsFIFO() string { return "" }

// needsMount asks for a mount, which takes a privilege.
func needsMount() string {
	dir, err := os.MkdirTemp("", "acol-torture-mount-")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = os.Remove(dir) }()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		return fmt.Sprintf("a tmpfs cannot be mounted: %v", err)
	}
	if err := syscall.Unmount(dir, 0); err != nil {
		return err.Error()
	}
	return ""
}

// fullDisk trains into a small file system, which then grows.
func fullDisk(t *try) (err error) {
	dir := filepath.Join(t.dir, "run")
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	kib := 8 + 4*t.rnd.Intn(240) // a run has 764, and one more file while it writes
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		return err
	}
	defer func() {
		if u := syscall.Unmount(dir, syscall.MNT_DETACH); err == nil {
			err = u
		}
	}()
	e, err := t.do(train()...)
	if err != nil {
		return fmt.Errorf("%d KiB: %w", kib, err)
	}
	if e.code == 0 {
		if err := t.equal("seed 1"); err != nil {
			return fmt.Errorf("%d KiB, exit 0: %w", kib, err)
		}
		return nil
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		return err
	}
	if err := t.finish(); err != nil {
		return fmt.Errorf("%d KiB: %w", kib, err)
	}
	return nil
}

// begun waits until a training says that it trains.
func begun(stderr io.Reader) string {
	var seen strings.Builder
	b := make([]byte, 256)
	for !strings.Contains(seen.String(), "training ") {
		n, err := stderr.Read(b)
		seen.Write(b[:n])
		if err != nil {
			break
		}
	}
	return seen.String()
}

// polite wants a training that was asked to end to have saved, and that it can be gone on with.
func (t *try) polite(e end, codes ...int) error {
	ok := e.code == 0
	for _, c := range codes {
		ok = ok || e.code == c
	}
	if !ok {
		return fmt.Errorf("%v", e.state)
	}
	if !t.exists("run/state.safetensors") {
		return fmt.Errorf("exit %d, and no state is saved", e.code)
	}
	return t.finish()
}

func signalled(t *try) error {
	s := []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT}[t.number%3]
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	c := t.command(t.acol, train()...)
	c.Stderr = w
	at := moment(t.rnd) / 2
	e, err := t.run(c, func(p *os.Process) {
		_ = w.Close()
		begun(r)
		time.Sleep(at)
		_ = p.Signal(s)
		go func() { _, _ = io.Copy(io.Discard, r); _ = r.Close() }()
	})
	if err != nil {
		return err
	}
	if err := t.polite(e, 130, 128+int(s)); err != nil {
		return fmt.Errorf("%v: %w", s, err)
	}
	return nil
}

func brokenStderr(t *try) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	c := t.command(t.acol, train()...)
	c.Stderr = w
	return t.unheard(c, r, w, syscall.SIGPIPE)
}

// unheard runs a training whose messages are read from one end of a pipe or terminal, until that
// end is closed at a random moment. The other end is the training's alone. The signal may end it.
func (t *try) unheard(c *exec.Cmd, ours, its *os.File, signal syscall.Signal) error {
	at := moment(t.rnd) / 2
	e, err := t.run(c, func(*os.Process) {
		_ = its.Close()
		begun(ours)
		time.Sleep(at)
		_ = ours.Close()
	})
	if err != nil {
		return err
	}
	return t.polite(e, 1, 130, 128+int(signal))
}

// openPTY opens a pseudo terminal.
func openPTY() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var unlock, number int32
	for _, c := range []struct {
		request uintptr
		arg     *int32
	}{{syscall.TIOCSPTLCK, &unlock}, {syscall.TIOCGPTN, &number}} {
		_, _, e := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), c.request,
			uintptr(unsafe.Pointer(c.arg)))
		if e != 0 {
			_ = master.Close()
			return nil, nil, e
		}
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		_ = master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}

func needsPTY() string {
	master, slave, err := openPTY()
	if err != nil {
		return fmt.Sprintf("a pseudo terminal cannot be opened: %v", err)
	}
	_ = slave.Close()
	_ = master.Close()
	return ""
}

func closedPTY(t *try) error {
	master, slave, err := openPTY()
	if err != nil {
		return err
	}
	c := t.command(t.acol, train()...)
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return t.unheard(c, master, slave, syscall.SIGHUP)
}

// pipe gives acol a named pipe that nobody writes to.
func pipe(t *try) error {
	if err := t.want["seed 1"].training().write(filepath.Join(t.dir, "run")); err != nil {
		return err
	}
	if err := syscall.Mkfifo(filepath.Join(t.dir, "pipe"), 0o666); err != nil {
		return err
	}
	args := [][]string{
		{"inspect", "pipe"},
		{"train", "--config", "pipe"},
		{"config", "check", "pipe"},
		{"eval", "--run", "run", "--split", "test", "--checkpoint", "pipe"},
		{"localize", "--run", "run", "--out", "maps", "pipe"},
		{"localize", "--run", "run", "--checkpoint", "pipe", "--out", "maps",
			"../data/images/test/red-barred/red-barred-0000.png"},
		train("--set", "model.backbone.weights=pipe"),
		{"data", "check", "--config", "pipe"},
	}[t.number%8]
	const soon = 5 * time.Second
	e, err := t.run(t.command(t.acol, args...), func(p *os.Process) {
		time.AfterFunc(soon, func() { _ = p.Kill() })
	})
	if err != nil {
		return err
	}
	if e.code <= 0 || !strings.Contains(e.stderr, "named pipe") {
		return fmt.Errorf("acol %s: %v: %s", strings.Join(args, " "), e.state, lastLine(e.stderr))
	}
	return nil
}
