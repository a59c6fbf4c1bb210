package main

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func needsShell() string {
	if _, err := exec.LookPath("sh"); err != nil {
		return "there is no sh"
	}
	return ""
}

// The least limits of addresses and of data, in kB, and of open files that are tried: below them
// Go's runtime may end before the program begins (docs/design.md).
const (
	leastAddresses = 1_480_000
	leastData      = 200_000
	leastFiles     = 8
)

// limits trains with little of something. It ends well, or with an error in acol's own words, and
// goes on once there is more.
func limits(t *try) error {
	limit := []string{
		fmt.Sprintf("-v %d", leastAddresses+t.rnd.Intn(1_500_000)),
		fmt.Sprintf("-n %d", leastFiles+t.rnd.Intn(20)),
		fmt.Sprintf("-d %d", leastData+t.rnd.Intn(400_000)),
	}[t.number%3]
	e, err := t.run(t.command("sh", append([]string{"-c", "ulimit $0 && exec \"$@\"", limit, t.acol},
		train()...)...), nil)
	if err != nil {
		return fmt.Errorf("ulimit %s: %w", limit, err)
	}
	if e.code < 0 || e.code > 2 {
		return fmt.Errorf("ulimit %s: %v: %s", limit, e.state, lastLine(e.stderr))
	}
	if e.code > 0 && !strings.Contains(e.stderr, "acol: error: ") {
		return fmt.Errorf("ulimit %s: exit %d without an error: %s", limit, e.code, lastLine(e.stderr))
	}
	if err := t.finish(); err != nil {
		return fmt.Errorf("ulimit %s: %w", limit, err)
	}
	return nil
}

// hostile are names with control characters: colours, a line that begins anew, a forged error, the
// C1 form of an escape, and a right-to-left override.
var hostile = []string{
	"\x1b[31mred.png", "a\rb.png", "a\nacol: error: forged.png", "c1\u009b31m.png", "rtl\u202egnp.png",
}

// names shows pictures of hostile names to the commands that print names. No control character may
// reach the output.
func names(t *try) error {
	if err := t.want["seed 1"].training().write(filepath.Join(t.dir, "run")); err != nil {
		return err
	}
	var pictures []string
	for i, name := range hostile {
		path := filepath.Join(t.dir, name)
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		if i%2 == t.number%2 { // the others are empty, and so in an error
			err = png.Encode(f, image.NewGray(image.Rect(0, 0, 48, 48)))
		}
		if c := f.Close(); err == nil {
			err = c
		}
		if err != nil {
			return err
		}
		pictures = append(pictures, name)
	}
	for _, args := range [][]string{
		append([]string{"localize", "--run", "run", "--out", "maps"}, pictures...),
		append([]string{"localize", "--run", "run", "--json", "--out", "maps"}, pictures...),
		{"inspect", pictures[0]}, {"inspect", pictures[1]}, {"inspect", pictures[2]},
		{"eval", "--run", pictures[2]}, {"train", "--config", pictures[2]},
		{"config", "check", pictures[0]}, {"data", "check", "--config", pictures[1]},
	} {
		e, err := t.do(args...)
		if err != nil {
			return err
		}
		for _, r := range e.stdout + e.stderr {
			if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0x202e {
				return fmt.Errorf("acol %s prints the control character %U", args[0], r)
			}
		}
		if strings.Contains("\n"+e.stdout+e.stderr, "\nacol: error: forged") {
			return fmt.Errorf("acol %s prints an error that a name forged", args[0])
		}
	}
	return nil
}
