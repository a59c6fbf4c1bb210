package bench

import (
	"strings"
	"time"

	"acol/internal/kernel"
)

// Entry is the mean time that a step spends in one layer's computations of one
// kind, and the work that they are.
type Entry struct {
	// Layer is the layer's name; empty outside of the graph.
	Layer string `json:"layer"`
	// Kind is the computation, such as ConvBackData; Reorder changes a layout.
	Kind string `json:"kind"`
	// Calls, FLOP and Bytes are those of one step: see kernel.FLOPs and kernel.Bytes.
	Calls   int     `json:"calls"`
	Seconds float64 `json:"seconds"`
	FLOP    int64   `json:"flop"`
	Bytes   int64   `json:"bytes"`
}

// Pass is the part of a convolution's work that an Entry is: "forward", "back data", "back weights",
// or "" where it is no convolution.
func (e Entry) Pass() string {
	switch {
	case e.FLOP == 0:
		return ""
	case strings.Contains(e.Kind, "BackData"):
		return "back data"
	case strings.Contains(e.Kind, "BackWeights"):
		return "back weights"
	}
	return "forward"
}

// reorderKind is of instructions that only change a layout, betweenKind of a
// step's time that belongs to none.
const (
	reorderKind = "Reorder"
	betweenKind = "between instructions"
)

type entryKey struct{ layer, kind string }

// profile sums instructions over steps. A nil one takes and keeps nothing.
type profile struct {
	sums  map[entryKey]*Entry
	order []*Entry
}

func newProfile() *profile { return &profile{sums: map[entryKey]*Entry{}} }

// instruction is an engine.Profiler.
func (p *profile) instruction(layer string, spec kernel.Spec, took time.Duration) {
	if spec == nil {
		p.add(layer, reorderKind, took)
		return
	}
	e := p.add(layer, kernel.Kind(spec), took)
	e.FLOP += kernel.FLOPs(spec)
	e.Bytes += kernel.Bytes(spec)
}

// outside adds what a step does beside the graph.
func (p *profile) outside(what string, took time.Duration) {
	if p != nil {
		p.add("", what, took)
	}
}

func (p *profile) add(layer, kind string, took time.Duration) *Entry {
	key := entryKey{layer, kind}
	e := p.sums[key]
	if e == nil {
		e = &Entry{Layer: layer, Kind: kind}
		p.sums[key] = e
		p.order = append(p.order, e)
	}
	e.Calls++
	e.Seconds += took.Seconds()
	return e
}

// perStep divides by the steps, in the order of the plan, and adds the rest of the steps' time.
func (p *profile) perStep(steps []float64) []Entry {
	rest := 0.0
	for _, s := range steps {
		rest += s
	}
	n := len(steps)
	out := make([]Entry, 0, len(p.order)+1)
	for _, e := range p.order {
		rest -= e.Seconds
		out = append(out, Entry{e.Layer, e.Kind, e.Calls / n, e.Seconds / float64(n), e.FLOP / int64(n), e.Bytes / int64(n)})
	}
	return append(out, Entry{Kind: betweenKind, Calls: 1, Seconds: rest / float64(n)})
}

// Total sums entries by a name, in the order of their first ones. The sums carry that name as Kind.
func Total(entries []Entry, name func(Entry) string) []Entry {
	at := map[string]int{}
	var out []Entry
	for _, e := range entries {
		k := name(e)
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Entry{Kind: k})
		}
		t := &out[i]
		t.Calls += e.Calls
		t.Seconds += e.Seconds
		t.FLOP += e.FLOP
		t.Bytes += e.Bytes
	}
	return out
}

// Seconds is the time of all entries together.
func Seconds(entries []Entry) float64 {
	s := 0.0
	for _, e := range entries {
		s += e.Seconds
	}
	return s
}
