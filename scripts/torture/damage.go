package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// page is how many bytes a disk or a file system loses at once.
const page = 4096

// damage flips a random bit or, in each tenth try, makes a random page zeros. It says where.
func (t *try) damage(b []byte) ([]byte, string) {
	b = bytes.Clone(b)
	at := t.rnd.Intn(len(b))
	if t.number%10 == 9 {
		at -= at % page
		clear(b[at:min(len(b), at+page)])
		return b, fmt.Sprintf("zeros from byte %d", at)
	}
	bit := t.rnd.Intn(8)
	b[at] ^= 1 << bit
	return b, fmt.Sprintf("bit %d of byte %d", bit, at)
}

// damaged reads a damaged file of a run. Either acol says so, or the result is that of the whole
// file.
func damaged(t *try, name string) error {
	training := "seed 1"
	if name == "state.safetensors" {
		training = "epochs 2" // resumed to three
	}
	f := t.want[training].training()
	bad, where := t.damage(f[name])
	if bytes.Equal(bad, f[name]) {
		return nil // a page that held zeros
	}
	f[name] = bad
	if err := f.write(filepath.Join(t.dir, "run")); err != nil {
		return err
	}
	where = name + ", " + where
	if training == "epochs 2" {
		e, err := t.do(train("--resume")...)
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		if e.code == 0 {
			if err := t.equal("seed 1"); err != nil {
				return fmt.Errorf("%s: used in silence: %w", where, err)
			}
			return nil
		}
		return named(e, name, where)
	}
	checkpoint := strings.TrimSuffix(name, ".safetensors")
	e, err := t.do("eval", "--run", "run", "--split", "test", "--checkpoint", checkpoint, "--json",
		"--bootstrap", "0")
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	if e.code == 0 {
		if e.stdout != t.figures[checkpoint] {
			return fmt.Errorf("%s: used in silence, with other figures", where)
		}
		return nil
	}
	return named(e, name, where)
}

// named wants an error to name the damaged file.
func named(e end, name, where string) error {
	if !strings.Contains(e.stderr, name) {
		return fmt.Errorf("%s: the error does not name the file: %s", where, lastLine(e.stderr))
	}
	return nil
}

// damagedLog flips a bit of the log of two epochs and goes on to three. That may cost a line of the
// log, but no resume and no model.
func damagedLog(t *try) error {
	f := t.want["epochs 2"].training()
	at, bit := t.rnd.Intn(len(f["log.jsonl"])), t.rnd.Intn(8)
	f["log.jsonl"] = bytes.Clone(f["log.jsonl"])
	f["log.jsonl"][at] ^= 1 << bit
	if err := f.write(filepath.Join(t.dir, "run")); err != nil {
		return err
	}
	where := fmt.Sprintf("bit %d of byte %d of log.jsonl", bit, at)
	if _, err := t.must(train("--resume")...); err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	for _, name := range models {
		b, err := os.ReadFile(filepath.Join(t.dir, "run", name))
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		if !bytes.Equal(b, t.want["seed 1"][name]) {
			return fmt.Errorf("%s: %s is not that of an undisturbed training", where, name)
		}
	}
	return nil
}
