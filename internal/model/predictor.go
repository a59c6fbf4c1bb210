package model

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"acol/internal/cam"
	"acol/internal/data/pixels"
	"acol/internal/engine"
)

// Predictor runs a model on images. The backbone is a graph of its own, so that maps of another
// class cost only the heads. A Predictor is not safe for concurrent use.
type Predictor struct {
	model *Model
	shown

	features *engine.Handover // (batch,C,h,w)
	labels   *targets         // the class to localize in each image
	backbone *engine.VM
	out      *G.Node
	heads    *engine.VM
	branches []branch
	grid     cam.Grid // of the maps
	version  uint64   // of the parameters that both graphs have prepared
}

// NewPredictor compiles a model for up to batch images of h x w pixels.
func (m *Model) NewPredictor(e *engine.Engine, batch, h, w int) (*Predictor, error) {
	return m.PredictorOf(e, Input{Batch: batch, Height: h, Width: w})
}

// PredictorOf is NewPredictor for images of any form. Several devices of the engine share them
// out.
func (m *Model) PredictorOf(e *engine.Engine, in Input) (*Predictor, error) {
	if err := m.noMaps(); err != nil {
		return nil, err
	}
	p := &Predictor{model: m}
	b := m.builder(false)
	in.Batch, b.devices = shareOut(e, in.Batch)
	var x *G.Node
	p.images, x = b.newImages(in, e.TakesBytes())
	p.out = backbone(b, x)
	if b.err != nil {
		return nil, b.err
	}
	var err error
	p.backbone, p.features, err = e.CompileHanding(b.plan(p.out))
	if err != nil {
		return nil, err
	}
	if err := p.feed(); err != nil {
		return nil, err
	}
	heads := m.builder(false)
	heads.devices = b.devices
	p.labels = heads.labels(in.Batch)
	features := heads.handed("features", p.features)
	p.branches = branches(heads, features, p.labels, m.classes)
	if heads.err != nil {
		return nil, heads.err
	}
	var want G.Nodes
	for _, o := range p.branches {
		want = append(want, o.logits, o.maps)
	}
	if p.heads, err = e.Compile(heads.plan(want...)); err != nil {
		return nil, err
	}
	p.grid, err = m.mapGrid("", in.Height, in.Width)
	return p, err
}

// shareOut is on how many devices of an engine a prediction of up to batch images runs, and the
// number of images rounded up to what they can share out equally. A single image runs on one.
func shareOut(e *engine.Engine, batch int) (images, devices int) {
	n := e.Devices()
	if batch <= 1 {
		return batch, 1
	}
	return (batch + n - 1) / n * n, n
}

// plan is of a prediction: outputs whose first axis is over the images.
func (b *builder) plan(outputs ...*G.Node) engine.Plan {
	return engine.Plan{
		Graph: b.g, Outputs: outputs, Fixed: b.constants,
		Devices: b.devices, Split: append(b.split, outputs...),
	}
}

// handed adds a leaf that has what another graph computes.
func (b *builder) handed(name string, h *engine.Handover) *G.Node {
	n := inputNode(b.g, name, h.Shape())
	if err := h.To(n); err != nil {
		return b.fail(name, err)
	}
	return n
}

// MapSize returns the height and the width of the maps.
func (p *Predictor) MapSize() (h, w int) {
	s := p.out.Shape()
	return s[2], s[3]
}

// Images runs the backbone on n images, x (n,3,H,W), normalised as in training. The other methods
// are about these images until the next call.
func (p *Predictor) Images(x []float32, n int) error {
	return p.See(pixels.Inputs{X: x}, n)
}

// See is Images of the first n of inputs, in any form.
func (p *Predictor) See(in pixels.Inputs, n int) error {
	if err := p.set(in, n); err != nil {
		return fmt.Errorf("predicting: %w", err)
	}
	p.n = n
	p.refresh()
	return p.backbone.RunAll()
}

// refresh lets the graphs prepare their weights anew if the model has changed.
func (p *Predictor) refresh() {
	if p.version != p.model.store.version {
		p.backbone.Refresh()
		p.heads.Refresh()
		p.version = p.model.store.version
	}
}

// Prediction is the output of the branches for one image and one class.
type Prediction struct {
	// Logits are those of each branch, K each. Behind the first branch they depend on the class
	// whose maps were erased.
	Logits [][]float32
	// Maps are the class's activation maps of each branch, normalised to [0,1].
	Maps []cam.Map
	// Fused is the maximum of Maps over the branches that the recipe fuses.
	Fused cam.Map
}

// Classify returns the logits of the first branch for each image, K each. They do not depend on any
// label.
func (p *Predictor) Classify() ([][]float32, error) {
	preds, err := p.Localize(make([]int, p.n))
	if err != nil {
		return nil, err
	}
	out := make([][]float32, len(preds))
	for i, q := range preds {
		out[i] = q.Logits[0]
	}
	return out, nil
}

// Localize runs the branches for one class of each image and returns a prediction for each image.
func (p *Predictor) Localize(classes []int) ([]Prediction, error) {
	if err := p.choose(classes); err != nil {
		return nil, err
	}
	p.refresh()
	if err := p.heads.RunAll(); err != nil {
		return nil, err
	}
	out := make([]Prediction, p.n)
	for i := range out {
		var err error
		if out[i], err = p.prediction(i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// choose sets the class of each image.
func (p *Predictor) choose(classes []int) error {
	if err := p.model.checkClasses(classes, p.n); err != nil {
		return err
	}
	for i, c := range classes {
		p.labels.of[i] = float32(c)
	}
	return nil
}

// checkClasses is an error where classes are not one of the model for each of n images.
func (m *Model) checkClasses(classes []int, n int) error {
	if len(classes) != n {
		return fmt.Errorf("localizing: %d classes for %d images", len(classes), n)
	}
	for i, c := range classes {
		if c < 0 || c >= m.classes {
			return fmt.Errorf("localizing image %d: class %d is not in 0 to %d", i, c, m.classes-1)
		}
	}
	return nil
}

// prediction reads the outputs of all branches for image i.
func (p *Predictor) prediction(i int) (q Prediction, err error) {
	for _, b := range p.branches {
		logits, m, err := p.read(p.heads, b, i)
		if err != nil {
			return q, err
		}
		q.Logits, q.Maps = append(q.Logits, logits), append(q.Maps, m)
	}
	c := p.model.cfg.Branches
	q.Fused, err = c.Fusion.fuse(c.Kinds, q.Maps)
	return q, err
}

// read copies the output of a branch for image i, K logits and the map, out of the graph that has
// run it.
func (p *Predictor) read(vm *engine.VM, b branch, i int) ([]float32, cam.Map, error) {
	h, w := p.MapSize()
	k := p.model.classes
	m, err := cam.FromFloat32(h, w, vm.Data(b.maps)[i*h*w:][:h*w])
	m.At = p.grid
	return slices.Clone(vm.Data(b.logits)[i*k:][:k]), m, err
}

// VMs lists the compiled graphs, for their profiles and memory.
func (p *Predictor) VMs() []*engine.VM { return []*engine.VM{p.backbone, p.heads} }
