package model

import (
	"fmt"
	"strings"

	"acol/internal/kernel"
)

// Layer is one operation of the inference graph, for one image.
type Layer struct {
	// Name is that of the layer's parameters, "" where it has none.
	Name string
	// Operation says what it does: conv 3x3/2, relu, max pool 3x3/2.
	Operation string
	// Shape is the output's, without the batch: (C,h,w) or (K).
	Shape []int
	// Parameters are trained values; running statistics are none.
	Parameters int64
	// FLOP counts a multiplication and an addition as two.
	FLOP int64
	// Field is the side of the square of the input that one position sees, in pixels (the taller or wider), 0 for all of it. Squeezes that
	// only scale channels are left out of it. Stride is the distance of neighbouring positions' centres in the input.
	Field, Stride int
}

// window is what one axis of a value sees of the image: field pixels, and step pixels from one position to the next; field 0 is everything.
type window struct{ field, step int }

// Layers lists what the graph computes, in order.
func (t *Trace) Layers() []Layer {
	var out []Layer
	seen := make([][2]window, len(t.Nodes))
	for i, n := range t.Nodes {
		if n.Spec == nil {
			if i == t.Image {
				seen[i] = [2]window{{1, 1}, {1, 1}}
			}
			continue
		}
		seen[i] = t.field(i, seen)
		l := Layer{Operation: operation(n.Spec), Shape: n.Shape[1:], FLOP: cost(n.Spec, n.Shape), Field: max(seen[i][0].field, seen[i][1].field), Stride: seen[i][0].step}
		for _, p := range n.In {
			leaf := t.Nodes[p]
			if leaf.Spec != nil || p == t.Image || p == t.Labels || strings.HasSuffix(leaf.Name, ".running") {
				continue
			}
			l.Parameters += int64(elements(leaf.Shape))
			if name, ok := strings.CutSuffix(leaf.Name, ".weight"); ok || l.Name == "" && !strings.HasSuffix(leaf.Name, ".bias") {
				l.Name = name
			}
		}
		out = append(out, l)
	}
	return out
}

// BackboneLayers is how many of Layers are the backbone's, which come first.
func (t *Trace) BackboneLayers() int {
	n := 0
	for _, node := range t.Nodes[:t.Features+1] {
		if node.Spec != nil {
			n++
		}
	}
	return n
}

// Field is what one position of the backbone's features sees, as Layer.Field and Layer.Stride.
func (t *Trace) Field() (field, stride int) {
	l := t.Layers()[t.BackboneLayers()-1]
	return l.Field, l.Stride
}

// field widens what the operands see by the operation's own window.
func (t *Trace) field(i int, seen [][2]window) [2]window {
	n := t.Nodes[i]
	var w [2]window
	for _, p := range n.In {
		in := t.Nodes[p]
		// A single position is the whole image's, or weights: it scales or shifts, and has no place.
		if len(in.Shape) != 4 || in.Spec == nil && p != t.Image || in.Shape[2]*in.Shape[3] == 1 && len(n.Shape) == 4 && n.Shape[2]*n.Shape[3] > 1 {
			continue
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
	kernels, strides := reach(n.Spec)
	for a := range w {
		if w[a].field > 0 {
			w[a].field += (kernels[a] - 1) * w[a].step
		}
		w[a].step *= strides[a]
	}
	return w
}

// reach is an operation's window, dilated, and stride on each axis.
func reach(s kernel.Spec) (kernels, strides [2]int) {
	switch s := s.(type) {
	case kernel.Conv:
		return [2]int{s.DilH*(s.KH-1) + 1, s.DilW*(s.KW-1) + 1}, [2]int{s.StrideH, s.StrideW}
	case kernel.MaxPool:
		return [2]int{s.KH, s.KW}, [2]int{s.StrideH, s.StrideW}
	case kernel.AvgPool:
		return [2]int{s.KH, s.KW}, [2]int{s.StrideH, s.StrideW}
	}
	return [2]int{1, 1}, [2]int{1, 1}
}

// cost is the number of floating-point operations; what is not a convolution, a pool or a norm counts one for each value that it makes.
func cost(s kernel.Spec, shape []int) int64 {
	n := int64(elements(shape))
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
	case kernel.LayerNorm: // the mean, the difference to it, its square, their sum, two factors, the shift
		return 7 * n
	case kernel.Concat:
		return 0
	}
	return n
}

// operation names what a spec does.
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
