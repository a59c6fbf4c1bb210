package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse holds that no file makes parsing panic, and that what can be
// resolved is written and read again without a change.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("../../configs/*.yaml")
	for _, file := range files {
		if raw, err := os.ReadFile(file); err == nil {
			f.Add(raw)
		}
	}
	for _, s := range []string{
		minimal, "a: &a [*a]", "model: &m {backbone: *m}", "train: {epochs: 3.5}", "? [a]\n: b", "<<: {}", "--- \n...\n---",
		"data: {classes: [001, ~, 1e3, 2014-01-01, \"\\u0085\\ufeff\"]}", "train: {clip_norm: -0.0}", "name: !!binary aGk=",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p problems
		out := parse("x.yaml", raw, false, &p)
		if err := p.err(); err != nil {
			if n := len(err.Error()); n > maxProblems*3*maxMessage {
				t.Fatalf("a message of %d bytes", n)
			}
			return
		}
		r, err := resolve("x", out, nil, nil)
		if err != nil {
			t.Fatalf("a file without problems does not resolve: %v", err)
		}
		text := written(t, r)
		again, err := resolve("y", parse("y.yaml", []byte(text), false, &p), nil, nil)
		if err := p.err(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(r, again); err != nil || diff != "" {
			t.Fatalf("%v (-written +read):\n%s\n%s", err, diff, text)
		}
	})
}

// FuzzSet is FuzzParse for --set and the environment.
func FuzzSet(f *testing.F) {
	for _, s := range []string{
		"train.epochs=3", "model.branches.deltas=0.5,0.6", "data.classes=['a', \"b\"]", "data.root=\"", "x", "=", "data.classes=[*a]",
		"train.epochs=[", "model.branches.deltas=[&a 1, *a]", "data.root=\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p problems
		set := readSet([]string{s}, &p)
		readEnv([]string{"ACOL_TRAIN_" + s, "ACOL_" + s}, &p)
		if p.err() != nil {
			return
		}
		r, err := resolve("x", nil, nil, set)
		if err != nil {
			t.Fatal(err)
		}
		text := written(t, r)
		again, err := resolve("y", parse("y.yaml", []byte(text), false, &p), nil, nil)
		if diff := cmp.Diff(r, again); err != nil || p.err() != nil || diff != "" {
			t.Fatalf("%v, %v (-written +read):\n%s\n%s", err, p.err(), diff, text)
		}
	})
}

// TestHostileFilesAreReadQuickly holds that the work is bounded by the file's size.
func TestHostileFilesAreReadQuickly(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 30; i++ {
		n := string(rune('a' + i))
		prev := "*" + string(rune('a'+i-1))
		if i == 1 {
			prev = "*a0"
		}
		bomb.WriteString(n + ": &" + n + " [" + strings.Repeat(prev+", ", 8) + prev + "]\n")
	}
	var many strings.Builder
	for i := range 20_000 {
		many.WriteString(strings.Repeat("k", 1+i%12) + "_" + strings.Repeat("z", i%7) + time.Duration(i).String() + ": 1\n")
	}
	for name, text := range map[string]string{
		"alias bomb":   bomb.String() + "data: {classes: *c, mean: *d}\n",
		"self alias":   "data: &d {input: *d, augment: *d, root: *d}\n",
		"deep":         strings.Repeat("[", 500_000),
		"deep in keys": strings.Repeat("{a: ", 200_000),
		"unknown keys": many.String(),
		"one long key": strings.Repeat("k", maxBytes-10) + ": 1\n",
		"long list":    "data: {classes: [" + strings.Repeat("a, ", 100_000) + "]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			var p problems
			parse("x.yaml", []byte(text), false, &p)
			if name != "long list" && p.err() == nil {
				t.Error("no error")
			}
			if err := p.err(); err != nil && len(err.Error()) > maxProblems*400 {
				t.Errorf("a message of %d bytes", len(err.Error()))
			}
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}
