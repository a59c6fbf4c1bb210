package main

import (
	"bufio"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"acol/internal/kernel/device/devicetest"
)

// XLA cannot be told to stop, and compiles this network for much longer than a command that was
// interrupted may take to end.
func TestDevicesThatCompileAreLeftAtCtrlC(t *testing.T) {
	if os.Getenv("ACOL_DEVICE") == "" {
		t.Skip("make device-test compiles for long (ACOL_DEVICE=families or all)")
	}
	c := acolIn(t.TempDir(), "bench", "--arch", "efficientnet", "--mode", "train", "--batch", "2",
		"--device", devicetest.Plugin(t))
	c.Env = append(os.Environ(), "ACOL_COMPILED=off")
	messages, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	var asked time.Time
	for s := bufio.NewScanner(messages); s.Scan(); {
		said = append(said, s.Text())
		if asked.IsZero() && strings.Contains(s.Text(), "for the device: ") {
			asked = time.Now()
			if err := c.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = c.Wait()
	took := time.Since(asked)
	const want = "error: measuring training: planning: compiling for the device was interrupted"
	all := strings.Join(said, "\n")
	if code := c.ProcessState.ExitCode(); code != exitInterrupted || took > 3*time.Second ||
		!strings.Contains(all, want) {
		t.Errorf("exit code %d after %v:\n%s", code, took, all)
	}
}
