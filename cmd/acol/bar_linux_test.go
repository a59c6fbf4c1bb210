package main

import (
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/rivo/uniseg"
	"golang.org/x/sys/unix"
)

// On a terminal of 40 or 10 columns, no bar of a training is as wide as it.
func TestABarIsNarrowerThanTheTerminal(t *testing.T) {
	for _, columns := range []int{40, 10} {
		window, end := openTerminal(t)
		size := &unix.Winsize{Row: 24, Col: uint16(columns)}
		check(t, unix.IoctlSetWinsize(int(window.Fd()), unix.TIOCSWINSZ, size))
		c := acolIn(trainingFolder(t),
			"train", "--config", "endless.yaml", "--set", "train.epochs=2")
		c.Stdin, c.Stdout, c.Stderr = end, end, end
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		check(t, c.Start())
		closeEnds(c)
		text, _ := io.ReadAll(window) // ends with an error when the terminal's programs have ended
		check(t, c.Wait())
		bars := 0
		for line := range strings.SplitSeq(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n") {
			for part := range strings.SplitSeq(line, "\r") {
				if strings.HasPrefix(part, "acol: ") {
					continue
				}
				if strings.Contains(part, "%") {
					bars++
				}
				if n := uniseg.StringWidth(part); n >= columns {
					t.Errorf("%d columns on a terminal of %d: %q", n, columns, part)
				}
			}
		}
		if bars == 0 {
			t.Errorf("no bar on a terminal of %d columns: %q", columns, text)
		}
	}
}
