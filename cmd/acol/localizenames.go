package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"acol/internal/sources"
)

// outputNames gives out the names of the files to write, so that none is that of an input or of
// another output. Names that differ in case alone count as one, because some file systems do not
// tell them apart.
type outputNames struct {
	out     string
	taken   map[string]bool   // paths that may not be written
	holding map[string]bool   // folders that hold inputs
	folders map[string]string // by name: the absolute path
}

func newOutputNames(out string, inputs []*sources.Image) (*outputNames, error) {
	n := &outputNames{
		out: out, taken: map[string]bool{}, holding: map[string]bool{}, folders: map[string]string{},
	}
	for _, in := range inputs {
		if in.Remote() {
			continue
		}
		dir, err := n.folder(filepath.Dir(in.Path))
		if err != nil {
			return nil, err
		}
		n.take(dir, filepath.Base(in.Path))
		if in.Err != nil {
			continue
		}
		// An input may be a link: what it leads to is not overwritten either.
		real, err := sources.Absolute(in.Path)
		if err != nil {
			return nil, err
		}
		n.take(filepath.Dir(real), filepath.Base(real))
	}
	return n, nil
}

func (n *outputNames) take(dir, name string) {
	n.holding[strings.ToLower(dir)] = true
	n.taken[strings.ToLower(filepath.Join(dir, name))] = true
}

// folder is the absolute path of a folder. It remembers them.
func (n *outputNames) folder(dir string) (string, error) {
	if abs, ok := n.folders[dir]; ok {
		return abs, nil
	}
	abs, err := sources.Absolute(dir)
	if err == nil {
		n.folders[dir] = abs
	}
	return abs, err
}

// claim gives the path for an output of an input: the input's name without its ending, then the
// suffix, such as .panel.png.
func (n *outputNames) claim(in *sources.Image, suffix string) (string, error) {
	dir := filepath.Join(n.out, in.Sub)
	abs, err := n.folder(dir)
	if err != nil {
		return "", err
	}
	base := filepath.Base(in.Path)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	if stem == "" { // a file called .jpg
		stem = "image"
	}
	mark := ""
	if n.holding[strings.ToLower(abs)] {
		mark = ours
	}
	name := stem + mark + suffix
	for i := 2; n.taken[strings.ToLower(filepath.Join(abs, name))]; i++ {
		name = fmt.Sprintf("%s-%d%s%s", stem, i, mark, suffix)
	}
	n.taken[strings.ToLower(filepath.Join(abs, name))] = true
	return filepath.Join(dir, name), nil
}

// fileWord makes the name of a class fit for that of a file: letters, digits and . - _ alone, and
// not too long.
func fileWord(class string) string {
	const longest = 60
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(".-_", r) {
			return r
		}
		return '_'
	}, class)
	for i := range word {
		if i > longest {
			return word[:i]
		}
	}
	return word
}
