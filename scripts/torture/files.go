package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// files are the contents of the files of a folder by name.
type files map[string][]byte

// readFiles reads the files of a folder; folders inside of it are left out.
func readFiles(dir string) (files, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	f := files{}
	for _, e := range list {
		if !e.Type().IsRegular() {
			continue
		}
		if f[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// write makes the folder with the files.
func (f files) write(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, b := range f {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// models are the files that must be equal to the bit.
var models = []string{"last.safetensors", "best.safetensors", "state.safetensors"}

// training leaves out what evaluations add to a run.
func (f files) training() files {
	out := files{}
	for _, name := range append([]string{"recipe.yaml", "log.jsonl"}, models...) {
		if b, there := f[name]; there {
			out[name] = b
		}
	}
	return out
}

// equal compares the folder run with an undisturbed training: models to the bit, the log up to
// what depends on the clock. No temporary file may be left.
func (t *try) equal(training string) error {
	got, err := readFiles(filepath.Join(t.dir, "run"))
	if err != nil {
		return err
	}
	want := t.want[training]
	for _, name := range models {
		if !bytes.Equal(got[name], want[name]) {
			return fmt.Errorf("%s is not that of an undisturbed training", name)
		}
	}
	a, err := figuresOf(got["log.jsonl"])
	if err != nil {
		return err
	}
	b, err := figuresOf(want["log.jsonl"])
	if err != nil {
		return err
	}
	if a != b {
		return fmt.Errorf("log.jsonl says\n%swhere an undisturbed training says\n%s", a, b)
	}
	for name := range got {
		if strings.HasSuffix(name, ".tmp") {
			return fmt.Errorf("%s is left", name)
		}
	}
	return nil
}

// clocks are the keys of the log that depend on the clock.
var clocks = []string{"seconds", "waited_seconds", "waited_share", "images_per_second"}

// figuresOf gives a log without what depends on the clock.
func figuresOf(log []byte) (string, error) {
	var out strings.Builder
	for line := range bytes.Lines(log) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			return "", fmt.Errorf("log.jsonl: %w", err)
		}
		for _, c := range clocks {
			delete(m, c)
		}
		b, err := json.Marshal(m)
		if err != nil {
			return "", err
		}
		out.Write(append(b, '\n'))
	}
	return out.String(), nil
}

// holds says whether a file of these bytes is anywhere below the folder of the try.
func (t *try) holds(want []byte) bool {
	found := false
	_ = filepath.WalkDir(t.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		found = found || err == nil && bytes.Equal(b, want)
		return nil
	})
	return found
}
