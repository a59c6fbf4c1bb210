package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/cam"
	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/op"
)

// Features returns the backbone's output for the images of the last call of Images, axes (n,C,h,w).
// It is valid until the next one.
func (p *Predictor) Features() ([]float32, error) {
	x, err := p.features.Values()
	return x[:len(x)/p.Batch()*p.n], err
}

// SetFeatures has the other methods be about features (1,C,h,w), those of one image which Features
// has returned, until the next call of Images.
func (p *Predictor) SetFeatures(x []float32) error {
	p.n = 1
	return p.features.Set(x)
}

// Branchwise runs the branches of a predictor one by one on the features of its images, so that
// trying another delta costs only the branches behind it. It is not safe for concurrent use.
type Branchwise struct {
	p      *Predictor
	erased []float32 // (batch,1,h,w), 1 where the branch that runs sees nothing
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
	h, w := p.MapSize()
	r := &Branchwise{p: p, erased: make([]float32, p.Batch()*h*w)}
	for i := range p.model.cfg.Branches.Kinds {
		b := p.model.builder(false)
		b.group, b.devices = HeadGroup, p.parts
		s := branchGraph{labels: b.labels(p.Batch())}
		x := b.handed("features", p.features)
		if i > 0 {
			erased := b.perImage("erased", []int{b.each(p.Batch()), 1, h, w}, r.erased)
			x = b.layer("erasing", func() (*G.Node, error) {
				return op.Erase(x, erased, 0.5, kernel.Greater)
			})
		}
		s.branch = oneBranch(b, branchName(i), x, s.labels, p.model.classes)
		if b.err != nil {
			return nil, b.err
		}
		var err error
		if s.vm, err = e.Compile(b.plan(s.logits, s.maps)); err != nil {
			return nil, err
		}
		r.graphs = append(r.graphs, s)
	}
	return r, nil
}

// Run runs branch i on the features of the predictor's images, for one class of each. erased has
// what the branches before have erased of each image, as Erase returns it; it is nil for the first.
// It returns the logits, K of each image, and the maps of those classes, normalised to [0,1].
func (r *Branchwise) Run(
	i int, erased [][]bool, classes []int,
) (logits [][]float32, maps []cam.Map, err error) {
	p := r.p
	if err := p.choose(classes); err != nil {
		return nil, nil, err
	}
	if len(erased) != p.n && i > 0 {
		return nil, nil, fmt.Errorf("running branch %d: %d images are erased of %d",
			i+1, len(erased), p.n)
	}
	clear(r.erased)
	for n, of := range erased {
		for at, gone := range of {
			if gone {
				r.erased[n*len(of)+at] = 1
			}
		}
	}
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

// Erase returns for each image what is erased of its features: what was before, nil for nothing,
// and the positions where compare finds its map over delta.
func (r *Branchwise) Erase(
	before [][]bool, maps []cam.Map, delta float64, compare kernel.Compare,
) [][]bool {
	out := make([][]bool, len(maps))
	for n, m := range maps {
		out[n] = cam.Erased(m, delta, compare.Over)
		for i := range out[n] {
			out[n][i] = out[n][i] || before != nil && before[n][i]
		}
	}
	return out
}

// Fuse returns the maximum over the maps, one a branch, of the branches that a fusion takes.
func (r *Branchwise) Fuse(maps []cam.Map, fusion Fusion) (cam.Map, error) {
	return fusion.fuse(r.p.model.cfg.Branches.Kinds, maps)
}
