package bench

import (
	"strings"
	"time"

	"acol/internal/kernel"
)

// Entry is what the computations of one kind in one layer take in a step.
type Entry struct {
	// Layer is the name of the layer. It is empty for what is not in the graph.
	Layer string `json:"layer"`
	// Kind is the computation, such as ConvBackData. Reorder stands for a change of layout.
	Kind string `json:"kind"`
	// Calls is how often the computation runs in a step.
	Calls int `json:"calls"`
	// Seconds is the mean time that these calls take together.
	Seconds float64 `json:"seconds"`
	// FLOP and Bytes are their work, as kernel.FLOPs and kernel.Bytes count it.
	FLOP  int64 `json:"flop"`
	Bytes int64 `json:"bytes"`
}

// Pass says which pass of a convolution e belongs to: "forward", "back data" or "back weights". It
// is empty if e is not a convolution.
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

// reorderKind is the kind of instructions that only change a layout. betweenKind is that of the
// time of a step that no instruction takes.
const (
	reorderKind = "Reorder"
	betweenKind = "between instructions"
)

// entryKey tells entries apart.
type entryKey struct{ layer, kind string }

// profile sums the times of instructions over steps. A nil profile accepts times and drops them.
type profile struct {
	sums  map[entryKey]*Entry
	order []*Entry
}

func newProfile() *profile { return &profile{sums: map[entryKey]*Entry{}} }

// instruction adds the time of one instruction, as an engine.Profiler. A nil spec is a reorder.
func (p *profile) instruction(layer string, spec kernel.Spec, took time.Duration) {
	if spec == nil {
		p.add(layer, reorderKind, took)
		return
	}
	e := p.add(layer, kernel.Kind(spec), took)
	e.FLOP += kernel.FLOPs(spec)
	e.Bytes += kernel.Bytes(spec)
}

// outside adds the time of something that a step does outside of the graph.
func (p *profile) outside(what string, took time.Duration) {
	if p != nil {
		p.add("", what, took)
	}
}

// add adds one call of a computation to its entry.
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

// perStep is the profile of a mean step, in the order of the plan. steps are the seconds of the
// measured ones; what no instruction took of them is the last entry.
func (p *profile) perStep(steps []float64) []Entry {
	rest := 0.0
	for _, s := range steps {
		rest += s
	}
	n := len(steps)
	out := make([]Entry, 0, len(p.order)+1)
	for _, e := range p.order {
		rest -= e.Seconds
		out = append(out, Entry{
			Layer: e.Layer, Kind: e.Kind, Calls: e.Calls / n, Seconds: e.Seconds / float64(n),
			FLOP: e.FLOP / int64(n), Bytes: e.Bytes / int64(n),
		})
	}
	return append(out, Entry{Kind: betweenKind, Calls: 1, Seconds: rest / float64(n)})
}

// Total sums entries that have the same name, in the order in which the names first occur. The Kind
// of a sum is its name.
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
