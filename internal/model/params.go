package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/kernel"
)

// Kind is what a parameter is to the layer that owns it.
type Kind uint8

// The kinds of parameters.
const (
	// Weight is that of a convolution, (O,I,KH,KW), or of a linear layer, (O,I).
	Weight Kind = iota
	// Bias is that of a convolution or of a linear layer, (O).
	Bias
	// Scale is that of a batch norm or a layer norm, (C), or ConvNeXt's layer scale, (C,1,1).
	Scale
	// Shift is that of a batch norm or a layer norm, (C).
	Shift
	// RunningMean is a batch norm's running average of means, (C). It is not trained.
	RunningMean
	// RunningVar is a batch norm's running average of unbiased variances, (C). It is not trained.
	RunningVar
)

// Trained reports whether gradients change the parameter; they do not change running statistics.
func (k Kind) Trained() bool { return k < RunningMean }

// Group says which learning rate a parameter has.
type Group uint8

// The groups of parameters.
const (
	BackboneGroup Group = iota
	HeadGroup
)

// Param is one named tensor of a model. All graphs of the model share Data.
type Param struct {
	// Name is torchvision's for the backbone, branches.<i>.<layer> for the heads.
	Name  string
	Shape []int
	// Data holds the values, row-major. Whoever writes to it calls Model.Changed.
	Data  []float32
	Kind  Kind
	Group Group
	// Stage is the stage of the backbone that the parameter is of, from 1; 0 in the heads.
	Stage int
	// Frozen parameters keep their value in training.
	Frozen bool
}

// initializer sets the initial values of a parameter.
type initializer func(p *Param, r *rng)

// store holds the parameters of a model in the order in which they were declared. The first graph
// that is built declares them; later graphs find them.
type store struct {
	params []*Param
	byName map[string]*Param
	init   map[string]initializer
	// stats is, for each batch norm, the (2,C) block that its running mean and
	// variance share.
	stats map[string][]float32
	// version counts changes, by which predictors know that the weights they have prepared are
	// stale.
	version uint64
}

func newStore() *store {
	return &store{
		byName: map[string]*Param{}, init: map[string]initializer{}, stats: map[string][]float32{},
	}
}

// declare returns the parameter of that name, which it makes where there is none.
func (s *store) declare(p Param, init initializer) (*Param, error) {
	if old := s.byName[p.Name]; old != nil {
		if !tensor.Shape(old.Shape).Eq(tensor.Shape(p.Shape)) || old.Kind != p.Kind {
			return nil, fmt.Errorf("parameter %s is declared with shapes %v and %v",
				p.Name, old.Shape, p.Shape)
		}
		return old, nil
	}
	if p.Data == nil {
		p.Data = make([]float32, kernel.Elements(p.Shape))
	}
	s.params = append(s.params, &p)
	s.byName[p.Name] = &p
	s.init[p.Name] = init
	return &p, nil
}

// declareStats declares the running statistics of a batch norm and returns the (2,C) block of their
// values.
func (s *store) declareStats(
	norm string, channels int, group Group, stage int, frozen bool,
) ([]float32, error) {
	block := s.stats[norm]
	if block == nil {
		block = make([]float32, 2*channels)
		s.stats[norm] = block
	}
	if len(block) != 2*channels {
		return nil, fmt.Errorf("batch norm %s is declared with %d and %d channels",
			norm, len(block)/2, channels)
	}
	for i, k := range []Kind{RunningMean, RunningVar} {
		name, init := norm+".running_mean", constant(0)
		if k == RunningVar {
			name, init = norm+".running_var", constant(1)
		}
		p := Param{
			Name: name, Shape: []int{channels}, Data: block[i*channels:][:channels:channels],
			Kind: k, Group: group, Stage: stage, Frozen: frozen,
		}
		if _, err := s.declare(p, init); err != nil {
			return nil, err
		}
	}
	return block, nil
}

// inputNode makes an input of a graph without memory, which feed gives it once the graph is
// planned.
func inputNode(g *G.ExprGraph, name string, shape []int) *G.Node {
	return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name))
}

// leafNode makes an input of a graph that reads data. The name must be unique: Gorgonia takes
// inputs of the same name and shape for the same input.
func leafNode(g *G.ExprGraph, name string, shape []int, data []float32) *G.Node {
	t := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
	return G.NewTensor(g, tensor.Float32, len(shape),
		G.WithShape(shape...), G.WithName(name), G.WithValue(t))
}
