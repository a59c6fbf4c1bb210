package enginetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/portable"
)

// Devices starts an engine on n devices that are the portable kernels: whole graphs are computed
// value by value on one device after the other, and what devices join is joined by its definition.
// Nothing has to be compiled, so that tests of what devices share are fast.
func Devices(t testing.TB, n int) *engine.Engine {
	t.Helper()
	e := engine.New(&devices{Backend: portable.New(1), n: n})
	t.Cleanup(e.Close)
	return e
}

type devices struct {
	backend.Backend
	n int
}

var _ backend.GraphBackend = (*devices)(nil)

// Replicas implements backend.GraphBackend.
func (d *devices) Replicas() int { return d.n }

// home is a value of each device; as many as the graphs have replicas.
type home struct {
	parts int
	split bool
	of    [][]float32
}

// NewHome implements backend.GraphBackend.
func (d *devices) NewHome([]int) backend.Home { return &home{} }

// Read implements backend.Home.
func (h *home) Read(into []float32) error {
	join(into, h.of, h.split)
	return nil
}

// Write implements backend.Home.
func (h *home) Write(from []float32) error {
	h.of = part(from, h.parts, h.split)
	return nil
}

// join writes the values of devices end to end where they are split, else that of the first one.
func join(into []float32, of [][]float32, split bool) {
	for _, v := range of {
		into = into[copy(into, v):]
		if !split {
			return
		}
	}
}

// part copies what each of n devices gets of a value.
func part(value []float32, n int, split bool) [][]float32 {
	of, per := make([][]float32, n), len(value)/n
	for r := range of {
		if split {
			of[r] = slices.Clone(value[r*per:][:per])
		} else {
			of[r] = slices.Clone(value)
		}
	}
	return of
}

// partBytes is part of a value of n times per bytes.
func partBytes(value []float32, n, per int, split bool) [][]float32 {
	of, all := make([][]float32, n), backend.AsBytes(value, n*per)
	if !split {
		return part(value, n, false)
	}
	for r := range of {
		of[r] = make([]float32, backend.WordsOfBytes(per))
		copy(backend.AsBytes(of[r], per), all[r*per:])
	}
	return of
}

// replicated is a graph on all devices.
type replicated struct {
	graph    backend.Graph
	n        int
	compute  []func(in [][]float32) ([]float32, error) // of each node; nil of leaves and joints
	kept     map[int][][]float32
	finished [][][]float32 // the outputs of the runs under way
}

// CompileGraph implements backend.GraphBackend.
func (d *devices) CompileGraph(g backend.Graph) (backend.Program, error) {
	if err := g.CheckReplicas(d.n); err != nil {
		return nil, err
	}
	p := &replicated{graph: g, n: g.Parts(), kept: map[int][][]float32{}}
	p.compute = make([]func([][]float32) ([]float32, error), len(g.Nodes))
	for i, n := range g.Nodes {
		if h, ok := n.Home.(*home); ok {
			h.parts, h.split = p.n, n.Split
		}
		if _, joint := n.Spec.(kernel.Joint); n.Spec == nil || joint {
			continue
		}
		var err error
		if p.compute[i], err = d.routine(n.Spec); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// routine computes a Spec of row-major values.
func (d *devices) routine(s kernel.Spec) (func(in [][]float32) ([]float32, error), error) {
	shapes := s.In()
	have := make([]backend.Layout, len(shapes))
	for i := range have {
		if have[i] = backend.Plain; kernel.ReadsBytes(s, i) {
			have[i] = backend.Bytes
		}
	}
	r, err := d.Compile(s, have)
	if err != nil {
		return nil, err
	}
	return func(in [][]float32) ([]float32, error) {
		laid := slices.Clone(in)
		for i, x := range in {
			if r.In[i] == have[i] {
				continue
			}
			laid[i] = make([]float32, d.Size(shapes[i], r.In[i]))
			if err := d.Reorder(laid[i], x, shapes[i], r.In[i], have[i]); err != nil {
				return nil, err
			}
		}
		out := make([]float32, d.Size(s.Out(), r.Out))
		r.Run(out, laid, make([]float32, r.Scratch))
		if r.Out == backend.Plain {
			return out, nil
		}
		plain := make([]float32, kernel.Elements(s.Out()))
		return plain, d.Reorder(plain, out, s.Out(), backend.Plain, r.Out)
	}, nil
}

// Bytes implements backend.Program.
func (p *replicated) Bytes() int64 { return 0 }

// Close implements backend.Program.
func (p *replicated) Close() error { return nil }

// stays reports whether a leaf keeps its value from run to run.
func (p *replicated) stays(leaf int) bool {
	return p.graph.Nodes[leaf].Fixed || slices.ContainsFunc(p.graph.Successions,
		func(s backend.Succession) bool { return s.Leaf == leaf })
}

// leaf gives the value of a leaf on each device.
func (p *replicated) leaf(k int, in []float32, fresh bool) [][]float32 {
	n := p.graph.Nodes[k]
	if h, ok := n.Home.(*home); ok {
		return h.of
	}
	if p.stays(k) && !fresh {
		return p.kept[k]
	}
	if n.Bytes {
		return partBytes(in, p.n, kernel.Elements(n.Shape), n.Split)
	}
	return part(in, p.n, n.Split)
}

// Start implements backend.Program.
func (p *replicated) Start(in [][]float32, fresh bool) error {
	values := make([][][]float32, len(p.graph.Nodes)) // of each node on each device
	for i, k := range p.graph.Leaves() {
		values[k] = p.leaf(k, in[i], fresh)
		if p.stays(k) {
			p.kept[k] = values[k]
		}
	}
	for i, n := range p.graph.Nodes {
		switch j, joint := n.Spec.(kernel.Joint); {
		case n.Const != nil:
			values[i] = part(n.Const, p.n, false)
		case n.Spec == nil:
		case joint:
			values[i] = joined(j, operands(n, values, p.n))
		default:
			for _, args := range operands(n, values, p.n) {
				v, err := p.compute[i](args)
				if err != nil {
					return fmt.Errorf("%T: %w", n.Spec, err)
				}
				values[i] = append(values[i], v)
			}
		}
	}
	for _, s := range p.graph.Successions {
		p.kept[s.Leaf] = values[s.By]
	}
	var out [][]float32
	for _, k := range p.graph.Outputs {
		if h, ok := p.graph.Nodes[k].Home.(*home); ok {
			h.of = values[k]
			out = append(out, nil)
			continue
		}
		all := make([]float32, p.graph.Size(k))
		join(all, values[k], p.graph.Nodes[k].Split)
		out = append(out, all)
	}
	p.finished = append(p.finished, out)
	return nil
}

// operands are those of a node on each device.
func operands(n backend.GraphNode, values [][][]float32, devices int) [][][]float32 {
	of := make([][][]float32, devices)
	for r := range of {
		for _, k := range n.In {
			of[r] = append(of[r], values[k][r])
		}
	}
	return of
}

// Finish implements backend.Program.
func (p *replicated) Finish(out [][]float32) error {
	if len(p.finished) == 0 {
		return errors.New("no run is under way")
	}
	for i, v := range p.finished[0] {
		copy(out[i], v)
	}
	p.finished = p.finished[1:]
	return nil
}

// Read implements backend.Program.
func (p *replicated) Read(into [][]float32) error {
	for i, s := range p.graph.Successions {
		copy(into[i], p.kept[s.Leaf][0])
	}
	return nil
}

// joined is what each device gets of a Spec that all compute together, from the operands of each.
func joined(s kernel.Joint, in [][][]float32) [][]float32 {
	sum := func(of func(r, i int) float32, n int) []float32 {
		total := make([]float32, n)
		for r := range in {
			for i := range total {
				total[i] += of(r, i)
			}
		}
		return total
	}
	own := func(r, i int) float32 { return in[r][0][i] }
	out := make([][]float32, len(in))
	var same []float32
	switch s := s.(type) {
	case kernel.PartSum:
		same = sum(own, kernel.Elements(s.Out()))
	case kernel.PartSums:
		same = sum(func(r, i int) float32 { return s.Share * own(r, i) }, 2*s.C)
	case kernel.PartStats:
		mean := sum(func(r, i int) float32 { return s.Share * own(r, i) }, s.C)
		same = slices.Concat(mean, sum(func(r, i int) float32 {
			d := own(r, i) - mean[i]
			return s.Share * (own(r, s.C+i) + d*d)
		}, s.C))
	case kernel.PartMean:
		counted := func(r int) (n float32) {
			for _, m := range in[r][0] {
				if m < kernel.GuideIgnored {
					n++
				}
			}
			return n
		}
		all := sum(func(r, _ int) float32 { return counted(r) }, 1)[0]
		for r := range out {
			out[r] = []float32{in[r][1][0] * counted(r) / max(all, 1)}
		}
		return out
	}
	for r := range out {
		out[r] = slices.Clone(same)
	}
	return out
}
