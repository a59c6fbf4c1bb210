//go:build unix

package regular

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// promptly fails the test where f does not return: an open that waits would wait for ever.
func promptly(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatalf("%s: still waiting", what)
	}
}

func TestWhatIsNoFileIsRefusedAtOnceByItsKind(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	socket := filepath.Join(dir, "s")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for path, want := range map[string]string{
		pipe: "a named pipe", link: "a named pipe", socket: "a socket",
		dir: "a folder", "/dev/null": "a device", "/dev/zero": "a device",
	} {
		promptly(t, path, func() {
			_, err := Open(path)
			if text := path + " is " + want + ", not a file"; err == nil || err.Error() != text {
				t.Errorf("got %v, want %s", err, text)
			}
			if !errors.Is(err, ErrKind) {
				t.Errorf("%v is not ErrKind", err)
			}
			if _, err := ReadFile(path); !errors.Is(err, ErrKind) {
				t.Errorf("ReadFile of %s: %v", path, err)
			}
		})
	}
}

// The flags alone must do for a pipe that takes the file's place after the first look at it.
func TestOpeningAPipeDoesNotWait(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	promptly(t, pipe, func() {
		f, err := os.OpenFile(pipe, os.O_RDONLY|withoutWaiting, 0)
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func TestRegularFilesAreReadThroughLinks(t *testing.T) {
	dir := t.TempDir()
	texts := map[string]string{"empty": "", "short": "abc", "long": strings.Repeat("x", 1<<17)}
	for name, text := range texts {
		path, link := filepath.Join(dir, name), filepath.Join(dir, name+".link")
		err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Symlink(path, link))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{path, link} {
			if got, err := ReadFile(p); err != nil || string(got) != text {
				t.Errorf("%s: %d bytes, error %v, want %d bytes", p, len(got), err, len(text))
			}
		}
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
}

func TestALackOfTheMachineIsToldFromAFault(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&fs.PathError{Op: "open", Path: "a.jpg", Err: syscall.EMFILE}, true},
		{fmt.Errorf("decoding: %w", &fs.PathError{Op: "open", Err: syscall.ENFILE}), true},
		{syscall.ENOMEM, true},
		{&fs.PathError{Op: "open", Path: "a.jpg", Err: syscall.ENOENT}, false},
		{syscall.EIO, false},
		{nil, false},
	} {
		if got := Lacking(c.err); got != c.want {
			t.Errorf("%v: %t, want %t", c.err, got, c.want)
		}
	}
}
