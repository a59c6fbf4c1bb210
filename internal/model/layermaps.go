package model

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"acol/internal/cam"
	"acol/internal/data/pixels"
	"acol/internal/engine"
)

// layerMaps makes maps of what a layer of the network computes, by the gradient of a class's logit
// with respect to it or by trying its channels as masks. The graph is cut at the layer: what lies
// before it runs once an image, and another class costs what lies behind. It implements MapMaker.
type layerMaps struct {
	model  *Model
	source MapSource
	shown

	shape  []int            // (batch,C,h,w), of the layer's output
	before *engine.VM       // from x to the layer's output
	output *engine.Handover // that output
	scores *behind          // without gradient
	back   *behind          // with it; nil with ScoreCAM
	masks  *maskedRuns      // with ScoreCAM; else nil
	grid   cam.Grid         // of the maps

	version uint64 // of the parameters that the graphs have prepared
}

// behind computes the logits of the first branch from what a layer has computed and, where it is
// asked for, the gradient of one logit of each image with respect to that. The gradient of the sum
// of the chosen logits is that of each, since no image sees another one.
type behind struct {
	vm     *engine.VM
	logits *G.Node   // (batch,K)
	grad   *G.Node   // (batch,C,h,w); nil where it is not asked for
	chosen []float32 // (batch,K), 1 at the chosen class of each image
}

// newLayerMaps compiles a model for up to batch images of h x w pixels. A layer that it lacks is a
// *LayerError.
func (m *Model) newLayerMaps(e *engine.Engine, s MapSource, in Input) (*layerMaps, error) {
	layer, err := m.FindMapLayer(s.Layer)
	if err != nil {
		return nil, err
	}
	s.Layer = layer
	l := &layerMaps{model: m, source: s}
	if err := l.compileBefore(e, in); err != nil {
		return nil, err
	}
	if l.grid, err = m.mapGrid(layer, in.Height, in.Width); err != nil {
		return nil, err
	}
	if l.scores, err = l.compileBehind(e, false); err != nil {
		return nil, err
	}
	if s.Method == ScoreCAM {
		l.masks = l.newMaskedRuns()
		return l, nil
	}
	l.back, err = l.compileBehind(e, true)
	return l, err
}

// firstBranch builds the network up to the logits of its first branch, (batch,K). ScoreCAM needs
// images as normalised values, which it masks.
func (l *layerMaps) firstBranch(b *builder, in Input, asBytes bool) (im *images, logits *G.Node) {
	im, x := b.newImages(in, asBytes && l.source.Method != ScoreCAM)
	features := backbone(b, x)
	b.group = HeadGroup
	return im, oneBranch(b, branchName(0), features, b.labels(in.Batch), l.model.classes).logits
}

// compileBefore compiles what lies before the layer.
func (l *layerMaps) compileBefore(e *engine.Engine, in Input) (err error) {
	b := l.model.builder(false)
	in.Batch, b.devices = shareOut(e, in.Batch)
	l.images, _ = l.firstBranch(b, in, e.TakesBytes())
	if b.err != nil {
		return b.err
	}
	i := slices.IndexFunc(b.marks, func(m mark) bool { return m.name == l.source.Layer })
	out := b.marks[i].node
	if l.before, l.output, err = e.CompileHanding(b.plan(out)); err != nil {
		return err
	}
	l.shape = append([]int{l.Batch()}, l.output.Shape()[1:]...)
	return l.feed()
}

// compileBehind compiles what lies behind the layer.
func (l *layerMaps) compileBehind(e *engine.Engine, gradient bool) (*behind, error) {
	b := l.model.builder(false)
	b.cut, b.given, b.devices = l.source.Layer, l.output, l.parts
	_, logits := l.firstBranch(b, l.Input, e.TakesBytes())
	if b.err != nil {
		return nil, b.err
	}
	r := &behind{logits: logits}
	want := G.Nodes{logits}
	if gradient {
		shape := []int{b.each(l.Batch()), l.model.classes}
		r.chosen = make([]float32, l.Batch()*l.model.classes)
		chosen := b.perImage("chosen", shape, r.chosen)
		if r.grad = b.gradient(logits, chosen, b.leaf); b.err != nil {
			return nil, b.err
		}
		want = append(want, r.grad)
	}
	var err error
	r.vm, err = e.Compile(b.plan(want...))
	return r, err
}

// gradient adds the gradient of the sum of y times weights with respect to x, which alone it flows
// to.
func (b *builder) gradient(y, weights, x *G.Node) *G.Node {
	return b.layer("the gradient", func() (*G.Node, error) {
		grads, err := G.Backpropagate(G.Nodes{y}, G.Nodes{weights}, G.Nodes{x})
		if err != nil {
			return nil, err
		}
		return grads[0], nil
	})
}

// Images runs what lies before the layer on n images.
func (l *layerMaps) Images(x []float32, n int) error {
	return l.See(pixels.Inputs{X: x}, n)
}

// See is Images of the first n of inputs, in any form.
func (l *layerMaps) See(in pixels.Inputs, n int) error {
	if err := l.set(in, n); err != nil {
		return fmt.Errorf("making maps: %w", err)
	}
	l.n = n
	l.refresh()
	return l.before.RunAll()
}

// refresh lets the graphs prepare their weights anew if the model has changed.
func (l *layerMaps) refresh() {
	if now := l.model.store.version; l.version != now {
		for _, vm := range l.VMs() {
			vm.Refresh()
		}
		l.version = now
	}
}

// VMs lists the compiled graphs, for their memory.
func (l *layerMaps) VMs() []*engine.VM {
	vms := []*engine.VM{l.before, l.scores.vm}
	if l.back != nil {
		vms = append(vms, l.back.vm)
	}
	return vms
}

// Classify returns the logits of the first branch for each image, K each.
func (l *layerMaps) Classify() ([][]float32, error) {
	if err := l.scores.vm.RunAll(); err != nil {
		return nil, err
	}
	out := make([][]float32, l.n)
	for i := range out {
		out[i] = l.scores.of(i, l.model.classes)
	}
	return out, nil
}

// of copies the k logits of image i.
func (r *behind) of(i, k int) []float32 { return slices.Clone(r.vm.Data(r.logits)[i*k:][:k]) }

// Localize returns for each image the logits and the map of one class, both of the first branch.
func (l *layerMaps) Localize(classes []int) ([]Prediction, error) {
	if err := l.model.checkClasses(classes, l.n); err != nil {
		return nil, err
	}
	logits, maps, err := l.maps(classes)
	if err != nil {
		return nil, err
	}
	out := make([]Prediction, l.n)
	for i, m := range maps {
		cam.Normalize(m)
		m.At = l.grid
		out[i] = Prediction{Logits: [][]float32{logits[i]}, Maps: []cam.Map{m}, Fused: m}
	}
	return out, nil
}

// maps returns the logits of each image, and the map of a class of each before it is normalised:
// what is negative is 0.
func (l *layerMaps) maps(classes []int) (logits [][]float32, maps []cam.Map, err error) {
	if l.back == nil {
		if logits, err = l.Classify(); err != nil {
			return nil, nil, err
		}
		maps, err = l.masks.run(classes)
		return logits, maps, err
	}
	k := l.model.classes
	clear(l.back.chosen)
	for i, c := range classes {
		l.back.chosen[i*k+c] = 1
	}
	if err := l.back.vm.RunAll(); err != nil {
		return nil, nil, err
	}
	values, err := l.output.Values()
	if err != nil {
		return nil, nil, err
	}
	grad := l.back.vm.Data(l.back.grad)
	per := len(values) / l.Batch()
	for i := range classes {
		logits = append(logits, l.back.of(i, k))
		maps = append(maps, gradientMap(l.source.Method, l.shape[1:],
			values[i*per:][:per], grad[i*per:][:per]))
	}
	return logits, maps, nil
}
