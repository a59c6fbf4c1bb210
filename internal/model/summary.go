package model

import (
	"fmt"
	"strings"

	"acol/internal/kernel"
)

// Layer is one operation of the inference graph, for one image.
type Layer struct {
	// Name is the name of the layer's parameters, "" where it has none.
	Name string
	// Operation describes the operation: conv 3x3/2, relu, max pool 3x3/2.
	Operation string
	// Shape is the output's, without the batch: (C,h,w) or (K).
	Shape []int
	// Parameters is the number of trained values; running statistics do not count.
	Parameters int64
	// FLOP is the number of floating-point operations; a multiplication and an addition are two.
	FLOP int64
	// Field is the receptive field of one position: the longer side of the rectangle of the input
	// that it sees, in pixels; 0 is all of the input. Squeezes that only scale channels do not
	// widen it.
	Field int
	// Stride is the distance between the centres of the fields of two neighbouring positions, in
	// pixels.
	Stride int
}

// window is what the positions of a value see of the image along one axis: field pixels each, step
// pixels from one position to the next. The middle of the first is first pixels from the border. A
// field of 0 is everything.
type window struct {
	field, step int
	first       float64
}

// Layers lists the operations of the graph in order.
func (t *Trace) Layers() []Layer {
	var out []Layer
	seen := t.windows()
	for i, n := range t.Nodes {
		if n.Spec == nil {
			continue
		}
		l := Layer{
			Operation: operation(n.Spec), Shape: n.Shape[1:], FLOP: cost(n.Spec, n.Shape),
			Field: max(seen[i][0].field, seen[i][1].field), Stride: seen[i][0].step,
		}
		for _, p := range n.In {
			leaf := t.Nodes[p]
			input := leaf.Spec != nil || p == t.Image || p == t.Labels
			if input || strings.HasSuffix(leaf.Name, ".running") {
				continue
			}
			l.Parameters += int64(kernel.Elements(leaf.Shape))
			name, weight := strings.CutSuffix(leaf.Name, ".weight")
			if weight || l.Name == "" && !strings.HasSuffix(leaf.Name, ".bias") {
				l.Name = name
			}
		}
		out = append(out, l)
	}
	return out
}

// windows returns what the positions of each node see of the image, down and across.
func (t *Trace) windows() [][2]window {
	seen := make([][2]window, len(t.Nodes))
	seen[t.Image] = [2]window{{1, 1, 0.5}, {1, 1, 0.5}}
	for i, n := range t.Nodes {
		if n.Spec != nil {
			seen[i] = t.field(i, seen)
		}
	}
	return seen
}

// BackboneLayers returns how many of Layers are the backbone's, which come first.
func (t *Trace) BackboneLayers() int {
	n := 0
	for _, node := range t.Nodes[:t.Features+1] {
		if node.Spec != nil {
			n++
		}
	}
	return n
}

// Field returns the receptive field and the stride of the backbone's features, as Layer has them.
func (t *Trace) Field() (field, stride int) {
	l := t.Layers()[t.BackboneLayers()-1]
	return l.Field, l.Stride
}

// field returns what the positions of node i see on each axis: what those of its operands see,
// widened by the operation's own window.
func (t *Trace) field(i int, seen [][2]window) [2]window {
	n := t.Nodes[i]
	var w [2]window
	for _, p := range n.In {
		in := t.Nodes[p]
		if len(in.Shape) != 4 || in.Spec == nil && p != t.Image {
			continue // weights
		}
		if positions(in.Shape) == 1 && len(n.Shape) == 4 && positions(n.Shape) > 1 {
			continue // a mean over the image, which only scales channels
		}
		for a := range w {
			if w[a].step == 0 || seen[p][a].field > w[a].field {
				w[a] = seen[p][a]
			}
		}
	}
	if len(n.Shape) != 4 {
		return [2]window{}
	}
	kernels, strides, pads := reach(n.Spec)
	for a := range w {
		w[a].first += (float64(kernels[a]-1)/2 - float64(pads[a])) * float64(w[a].step)
		if w[a].field > 0 {
			w[a].field += (kernels[a] - 1) * w[a].step
		}
		w[a].step *= strides[a]
	}
	return w
}

// positions is the number of positions of a map (N,C,H,W).
func positions(shape []int) int { return shape[2] * shape[3] }

// reach returns the side of an operation's window, with its dilation, its stride, and the padding
// before the first window, on each axis.
func reach(s kernel.Spec) (kernels, strides, pads [2]int) {
	pool := func(p kernel.PoolGeom) (kernels, strides, pads [2]int) {
		return [2]int{p.KH, p.KW}, [2]int{p.StrideH, p.StrideW}, [2]int{p.PadH, p.PadW}
	}
	switch s := s.(type) {
	case kernel.Conv:
		return [2]int{s.DilH*(s.KH-1) + 1, s.DilW*(s.KW-1) + 1}, [2]int{s.StrideH, s.StrideW},
			[2]int{s.PadH, s.PadW}
	case kernel.MaxPool:
		return pool(s.PoolGeom)
	case kernel.AvgPool:
		return pool(s.PoolGeom)
	}
	return [2]int{1, 1}, [2]int{1, 1}, [2]int{}
}

// cost returns the number of floating-point operations. An operation that is no convolution, pool
// or norm counts one for each value of its output.
func cost(s kernel.Spec, shape []int) int64 {
	n := int64(kernel.Elements(shape))
	switch s := s.(type) {
	case kernel.Conv:
		return kernel.FLOPs(s)
	case kernel.MaxPool:
		return n * int64(s.KH*s.KW)
	case kernel.AvgPool:
		return n * int64(s.KH*s.KW)
	case kernel.GlobalAvgPool:
		return int64(s.X.Size())
	case kernel.Norm:
		return 2 * n
	case kernel.LayerNorm:
		// The mean, the difference to it, its square, their sum, two factors, the shift.
		return 7 * n
	case kernel.Concat:
		return 0
	}
	return n
}

// operation describes what a Spec computes.
func operation(s kernel.Spec) string {
	windowed := func(name string, kh, kw, stride int) string {
		name += fmt.Sprintf(" %dx%d", kh, kw)
		if stride > 1 {
			name += fmt.Sprintf("/%d", stride)
		}
		return name
	}
	switch s := s.(type) {
	case kernel.Conv:
		name := "conv"
		if s.Groups > 1 {
			name = fmt.Sprintf("conv in %d groups", s.Groups)
		}
		return windowed(name, s.KH, s.KW, s.StrideH)
	case kernel.MaxPool:
		return windowed("max pool", s.KH, s.KW, s.StrideH)
	case kernel.AvgPool:
		return windowed("average pool", s.KH, s.KW, s.StrideH)
	case kernel.GlobalAvgPool:
		return "global average"
	case kernel.ClassMap:
		return "class map"
	case kernel.Norm:
		return "batch norm"
	case kernel.LayerNorm:
		return "layer norm"
	}
	return strings.ToLower(kernel.Kind(s))
}
