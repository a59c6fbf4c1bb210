package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"acol/internal/labels"
	"acol/internal/localize"
	"acol/internal/mpi"
	"acol/internal/sources"
)

// told is what a command says of an image once it is done.
type told struct {
	At      int // the place of the image among all inputs
	Name    string
	Text    string // what goes to standard output
	Failed  string // the error; empty where there was none
	Objects []labels.Object
}

// listed is a checksum of the inputs, which ranks have to have in common. Standard input is that of
// one of them.
func listed(o *localizeOptions, inputs []*sources.Image) (string, error) {
	if o.streams.Ranks.world().Size() > 1 {
		switch {
		case o.List == sources.Stdin, slices.Contains(o.Images, sources.Stdin):
			return "", usagef("several processes were started, and standard input is that of one: name files")
		case len(o.Boxes.Labels) > 0 && slices.ContainsFunc(inputs, (*sources.Image).Remote):
			return "", usagef("several processes were started, and --labels copies images: fetch those " +
				"that are addresses first")
		}
	}
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	for _, in := range inputs {
		_, _ = h.Write(fmt.Appendf(nil, "%q %q\n", in.Sub, in.Path)) // a hash takes all
	}
	return fmt.Sprintf("%d images, %016x", len(inputs), h.Sum64()), nil
}

// numbered matches the number that acol gives to the name of an output which is taken.
var numbered = regexp.MustCompile(`-\d+$`)

// shareInputs returns the places of the inputs that a rank does, in rising order. Inputs whose
// outputs might have one name are the same rank's, so that each gets the name that it gets where
// one process does all.
func shareInputs(inputs []*sources.Image, w *mpi.World) []int {
	stems := make([]string, len(inputs)) // up to the first dot, where suffixes of outputs begin
	known := map[string]bool{}
	for i, in := range inputs {
		stem, _, _ := strings.Cut(strings.ToLower(filepath.Base(in.Path)), ".")
		stems[i] = filepath.Join(strings.ToLower(in.Sub), stem)
		known[stems[i]] = true
	}
	groups := map[string]int{}
	var sizes []int
	of := make([]int, len(inputs))
	for i, stem := range stems {
		for short := numbered.ReplaceAllString(stem, ""); short != stem && known[short]; {
			stem, short = short, numbered.ReplaceAllString(short, "")
		}
		g, there := groups[stem]
		if !there {
			g = len(groups)
			groups[stem], sizes = g, append(sizes, 0)
		}
		of[i] = g
		sizes[g]++
	}
	ranks, before := make([]int, len(sizes)), 0
	for g, n := range sizes {
		ranks[g] = before * w.Size() / len(inputs)
		before += n
	}
	var mine []int
	for i, g := range of {
		if ranks[g] == w.Rank() {
			mine = append(mine, i)
		}
	}
	return mine
}

// tell says what became of an image, or keeps it for the rank that says all.
func (w *resultWriter) tell(ctx context.Context, it *localize.Item) error {
	t := told{At: w.mine[it.Index], Name: it.Name}
	var text bytes.Buffer
	if it.Err != nil {
		t.Failed = it.Err.Error()
	} else if err := w.print(&text, it); err != nil {
		return err
	} else {
		t.Text, t.Objects = text.String(), objectsOf(it.Result)
	}
	if w.o.streams.Ranks.world().Size() > 1 {
		w.kept = append(w.kept, t)
		return nil
	}
	return w.publish(ctx, t)
}

// publish says what became of an image, and adds it to the labels.
func (w *resultWriter) publish(ctx context.Context, t told) error {
	in := w.all[t.At]
	if t.Failed == "" {
		if err := w.labels.add(ctx, in, t.Objects); err != nil {
			t.Failed = err.Error()
		}
	}
	if t.Failed == "" {
		_, err := w.o.streams.Out.Write([]byte(t.Text)) // which print has made visible
		return err
	}
	w.failed++
	w.o.streams.say("failed: %v", errors.New(t.Failed))
	return w.printFailure(t.Name, t.Failed)
}

// gather publishes what all ranks kept, in the order of the inputs, on the first of them.
// interrupted says that this rank was told to stop; then the rank that says all returns an
// interruptedError.
func (w *resultWriter) gather(ctx context.Context, interrupted bool) error {
	ranks := w.o.streams.Ranks
	if ranks.world().Size() == 1 {
		return nil
	}
	type part struct {
		Told        []told
		Boxes, Wide int
		Interrupted bool
	}
	all, err := mpi.Gather(ranks.World, part{w.kept, w.boxes.boxes, w.boxes.wide, interrupted})
	if err != nil || !ranks.first() {
		return err
	}
	var everything []told
	w.boxes = boxCount{}
	for _, p := range all {
		everything = append(everything, p.Told...)
		w.boxes.boxes += p.Boxes
		w.boxes.wide += p.Wide
		interrupted = interrupted || p.Interrupted
	}
	slices.SortFunc(everything, func(a, b told) int { return a.At - b.At })
	for _, t := range everything {
		if err := w.publish(ctx, t); err != nil {
			return fmt.Errorf("printing the results: %w", err)
		}
	}
	if interrupted {
		return interruptedError{len(everything) - w.failed, len(w.all)}
	}
	return nil
}
