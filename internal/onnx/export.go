// Package onnx writes a whole ACoL model as an ONNX file, which takes images and gives the logits,
// the map of each branch and the fused map. Its graph is the model's own inference graph, operation
// by operation, so that a new backbone needs nothing here.
package onnx

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"acol/internal/kernel"
	"acol/internal/model"
)

const (
	irVersion = 8
	opset     = 17
)

// Options say how a model is exported.
type Options struct {
	// Size is the side of the square input in pixels.
	Size int
	// Batch is the number of images; 0 leaves it to whoever runs the model.
	Batch int
	// Label adds an input for the class of the maps (N), int64. Without it the maps are those of
	// the class that the first branch finds most likely.
	Label bool
	// Producer is the program's version.
	Producer string
	// Metadata goes into the file's metadata_props.
	Metadata map[string]string
}

// Write exports a model. The file's inputs are image (N,3,Size,Size), normalised as in training,
// and label where asked for. Its outputs are logits_1, logits_2, ... (N,K), map_1, map_2, ...
// (N,h,w) in 0 to 1, fused_map (N,h,w), and class (N), int64, the class of the maps.
func Write(w io.Writer, m *model.Model, o Options) error {
	t, err := m.Trace(o.Size, o.Size)
	if err == nil {
		err = write(w, t, o)
	}
	if err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	return nil
}

func write(w io.Writer, t *model.Trace, o Options) error {
	x := &exporter{emitter: newEmitter(), t: t, o: o, names: make([]string, len(t.Nodes))}
	graph, err := x.export()
	if err != nil {
		return err
	}
	_, err = x.file(graph).WriteTo(w)
	return err
}

// exporter walks a trace.
type exporter struct {
	emitter

	t     *model.Trace
	o     Options
	names []string // of the value of each node
}

const classOutput, labelInput = "class", "label"

func (x *exporter) export() (*message, error) {
	x.reserve()
	for i, n := range x.t.Nodes {
		switch {
		case i == x.t.Image:
			x.names[i] = "image"
		case i == x.t.Labels:
			x.names[i] = classOutput
			if x.o.Label {
				x.names[i] = labelInput
			}
		case n.Spec == nil:
			x.names[i] = x.leaf(n.Name, n.Shape, n.Data)
		default:
			if err := x.compute(i); err != nil {
				return nil, err
			}
		}
	}
	x.outputs()
	g := x.graph
	g.text(2, "acol")
	for _, t := range x.inits {
		g.message(5, t)
	}
	for _, v := range x.inputsInfo() {
		g.message(11, v)
	}
	for _, v := range x.outputsInfo() {
		g.message(12, v)
	}
	return &g, x.err
}

// reserve keeps other values from taking the names of inputs and outputs.
func (x *exporter) reserve() {
	for _, n := range []string{"image", classOutput, labelInput, "fused_map"} {
		x.used[n] = true
	}
	for i, n := range x.t.Logits {
		x.names[n] = fmt.Sprintf("logits_%d", i+1)
		x.used[x.names[n]], x.used[fmt.Sprintf("map_%d", i+1)] = true, true
	}
}

// leaf adds a parameter and returns its name. The statistics of a batch norm (2,C) become two
// parameters.
func (x *exporter) leaf(name string, shape []int, data []float32) string {
	norm, stats := strings.CutSuffix(name, ".running")
	if !stats {
		return x.tensor(name, shape, data)
	}
	c := shape[1]
	x.tensor(norm+".running"+statsMean, []int{c}, data[:c])
	x.tensor(norm+".running"+statsVar, []int{c}, data[c:])
	return name
}

// compute adds a computation under a name that says its layer. Behind the logits of the first
// branch it adds the choice of the maps' class.
func (x *exporter) compute(i int) error {
	n := x.t.Nodes[i]
	in := make([]string, len(n.In))
	for j, p := range n.In {
		in[j] = x.names[p]
	}
	if x.names[i] == "" {
		x.names[i] = x.name(n.Spec, n.In)
	}
	if err := x.run(n.Spec, in, x.names[i]); err != nil {
		return fmt.Errorf("%s: %w", x.names[i], err)
	}
	if i == x.t.Logits[0] && !x.o.Label {
		x.node("ArgMax", []string{x.names[i]}, classOutput, attr{"axis", 1}, attr{"keepdims", 0})
	}
	return nil
}

// name is the name of a computation's layer where it has parameters, else of its kind, with a
// number.
func (x *exporter) name(s kernel.Spec, in []int) string {
	base := strings.ToLower(kernel.Kind(s))
	for _, p := range in {
		n := x.t.Nodes[p]
		if layer, ok := strings.CutSuffix(n.Name, ".weight"); ok && n.Spec == nil {
			base = layer
			break
		}
	}
	return x.unique(base)
}

// outputs drops the maps' channel axis and fuses them.
func (x *exporter) outputs() {
	var fused []string
	for i, n := range x.t.Maps {
		name := x.node("Squeeze", []string{x.names[n], x.axes(1)}, fmt.Sprintf("map_%d", i+1))
		if slices.Contains(x.t.Fused, i) {
			fused = append(fused, name)
		}
	}
	x.node("Max", fused, "fused_map")
	if x.o.Label {
		x.node("Identity", []string{labelInput}, classOutput)
	}
}

func (x *exporter) batch() dim {
	if x.o.Batch > 0 {
		return dim{n: x.o.Batch}
	}
	return dim{name: "batch"}
}

func (x *exporter) inputsInfo() []*message {
	side := dim{n: x.o.Size}
	in := []*message{valueInfo("image", floatType, []dim{x.batch(), {n: 3}, side, side},
		"RGB, normalised by the file's metadata")}
	if x.o.Label {
		in = append(in,
			valueInfo(labelInput, int64Type, []dim{x.batch()}, "the class of the maps, from 0"))
	}
	return in
}

func (x *exporter) outputsInfo() []*message {
	var out []*message
	for i, n := range x.t.Logits {
		out = append(out,
			valueInfo(x.names[n], floatType, []dim{x.batch(), {n: x.t.Nodes[n].Shape[1]}},
				fmt.Sprintf("of branch %d", i+1)))
	}
	shape := x.t.Nodes[x.t.Maps[0]].Shape
	hw := []dim{x.batch(), {n: shape[2]}, {n: shape[3]}}
	for i := range x.t.Maps {
		out = append(out,
			valueInfo(fmt.Sprintf("map_%d", i+1), floatType, hw,
				fmt.Sprintf("class activation map of branch %d, 0 to 1", i+1)))
	}
	return append(out,
		valueInfo("fused_map", floatType, hw, "maximum of the maps that the recipe fuses"),
		valueInfo(classOutput, int64Type, []dim{x.batch()}, "the class of the maps, from 0"))
}

// file is the ModelProto.
func (x *exporter) file(graph *message) *message {
	m := &message{}
	m.int(1, irVersion)
	m.text(2, "acol")
	m.text(3, x.o.Producer)
	m.message(7, graph)
	set := &message{}
	set.text(1, "")
	set.int(2, opset)
	m.message(8, set)
	for _, key := range slices.Sorted(maps.Keys(x.o.Metadata)) {
		e := &message{}
		e.text(1, key)
		e.text(2, x.o.Metadata[key])
		m.message(14, e)
	}
	return m
}
