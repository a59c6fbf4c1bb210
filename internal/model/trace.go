package model

import (
	G "gorgonia.org/gorgonia"

	"acol/internal/engine"
)

// Trace is a model's inference graph as plain data, for one image.
type Trace struct {
	Nodes []engine.Traced
	// Image and Labels are the indices in Nodes of the inputs, (1,3,H,W) and (1). Features is that
	// of the backbone's output, (1,C,h,w).
	Image, Labels, Features int
	// Logits and Maps are the indices in Nodes of each branch's outputs: (1,K), and (1,1,h,w)
	// normalised to [0,1].
	Logits, Maps []int
	// Fused lists the branches of whose maps the fused map is the maximum.
	Fused []int
}

// Trace lists the inference graph for images of h x w pixels, backbone and branches as one. The
// memory of its leaves is the model's own.
func (m *Model) Trace(h, w int) (*Trace, error) {
	b := m.builder(false)
	image := leafNode(b.g, "image", []int{1, 3, h, w}, make([]float32, 3*h*w))
	labels := b.labels(1)
	features := backbone(b, image)
	outs := branches(b, features, labels, m.classes)
	if b.err != nil {
		return nil, b.err
	}
	want := G.Nodes{image, labels.labels, features}
	for _, o := range outs {
		want = append(want, o.logits, o.maps)
	}
	nodes, at, err := engine.Trace(b.g, want...)
	if err != nil {
		return nil, err
	}
	t := &Trace{
		Nodes: nodes, Image: at[0], Labels: at[1], Features: at[2],
		Fused: m.cfg.Branches.Fusion.branches(m.cfg.Branches.Kinds),
	}
	for i := range outs {
		t.Logits, t.Maps = append(t.Logits, at[3+2*i]), append(t.Maps, at[4+2*i])
	}
	return t, nil
}
