package model

import (
	"fmt"

	"acol/internal/cam"
	"acol/internal/engine"
	"acol/internal/kernel"
)

// Features returns the backbone's output for the images of the last call of Images, axes (n,C,h,w).
// It is valid until the next one.
func (p *Predictor) Features() []float32 { return p.features[:len(p.features)/p.Batch()*p.n] }

// Branchwise runs the branches of a predictor one by one on the features of its images, so that
// trying another delta costs only the branches behind it. It is not safe for concurrent use.
type Branchwise struct {
	p      *Predictor
	x      []float32 // (batch,C,h,w), the input of the branch that runs
	graphs []branchGraph
}

// branchGraph is a branch as a graph of its own.
type branchGraph struct {
	branch
	vm      *engine.VM
	labels  *targets
	version uint64 // of the parameters that the graph has prepared
}

// NewBranchwise compiles the branches of a predictor one by one.
func (p *Predictor) NewBranchwise(e *engine.Engine) (*Branchwise, error) {
	r := &Branchwise{p: p, x: make([]float32, len(p.features))}
	for i := range p.model.cfg.Branches.Kinds {
		b := p.model.builder(false)
		b.group = HeadGroup
		s := branchGraph{labels: b.labels(p.Batch())}
		features := leafNode(b.g, "features", p.out.Shape(), r.x)
		s.branch = oneBranch(b, branchName(i), features, s.labels, p.model.classes)
		if b.err != nil {
			return nil, b.err
		}
		var err error
		if s.vm, err = e.CompileFixed(b.g, b.constants, s.logits, s.maps); err != nil {
			return nil, err
		}
		r.graphs = append(r.graphs, s)
	}
	return r, nil
}

// Run runs branch i on features x (n,C,h,w), for one class of each image. It returns the logits, K
// of each image, and the maps of those classes, normalised to [0,1].
func (r *Branchwise) Run(
	i int, x []float32, classes []int,
) (logits [][]float32, maps []cam.Map, err error) {
	p := r.p
	if err := p.choose(classes); err != nil {
		return nil, nil, err
	}
	if len(x) != len(p.Features()) {
		return nil, nil, fmt.Errorf("running branch %d: features of %d values, want %d",
			i+1, len(x), len(p.Features()))
	}
	copy(r.x, x)
	clear(r.x[len(x):])
	s := &r.graphs[i]
	copy(s.labels.of, p.labels.of)
	if now := p.model.store.version; s.version != now {
		s.vm.Refresh()
		s.version = now
	}
	if err := s.vm.RunAll(); err != nil {
		return nil, nil, err
	}
	for n := range p.n {
		l, m, err := p.read(s.vm, s.branch, n)
		if err != nil {
			return nil, nil, err
		}
		logits, maps = append(logits, l), append(maps, m)
	}
	return logits, maps, nil
}

// Erase returns a copy of features x (n,C,h,w) in which all channels are 0 at the positions where
// compare finds the image's map over delta.
func (r *Branchwise) Erase(
	x []float32, maps []cam.Map, delta float64, compare kernel.Compare,
) []float32 {
	out := append([]float32(nil), x...)
	h, w := r.p.MapSize()
	per := len(x) / len(maps)
	for n, m := range maps {
		erased := cam.Erased(m, delta, compare.Over)
		for c := 0; c < per; c += h * w {
			plane := out[n*per+c:][:h*w]
			for i, gone := range erased {
				if gone {
					plane[i] = 0
				}
			}
		}
	}
	return out
}

// Fuse returns the maximum over the maps, one a branch, of the branches that a fusion takes.
func (r *Branchwise) Fuse(maps []cam.Map, fusion Fusion) (cam.Map, error) {
	return fusion.fuse(r.p.model.cfg.Branches.Kinds, maps)
}
