package model

import (
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/op"
)

// Update is the part of a training step's graph that says what becomes of the parameters and of
// whatever is kept beside them. A rule builds it of Values. Mistakes in it are the errors of
// NewMovingStep.
type Update struct {
	b       *builder
	step    *TrainStep
	numbers *G.Node // (maxNumbers,1), of step.numbers
	used    int
	one     Value
	after   map[*G.Node]*G.Node // by leaf
	kept    []engine.Succession
	stats   map[string]*G.Node // by batch norm, after the step
}

// Value is a value of an Update.
type Value struct{ node *G.Node }

// maxNumbers is how many numbers an Update may have.
const maxNumbers = 16

// newUpdate begins the update of a step whose gradients are there. It moves the running statistics.
func newUpdate(b *builder, s *TrainStep) *Update {
	u := &Update{b: b, step: s, after: map[*G.Node]*G.Node{}, stats: map[string]*G.Node{}}
	s.numbers = make([]float32, maxNumbers)
	u.numbers = leafNode(b.g, "numbers of the update", []int{maxNumbers, 1}, s.numbers)
	var one *float32
	u.one, one = u.Number()
	*one = 1
	for _, n := range s.norms {
		running := b.store.stats[n.name]
		leaf := leafNode(b.g, n.name+".running", []int{2, len(running) / 2}, running)
		by := u.add("the running statistics of "+n.name, func() (*G.Node, error) {
			return op.MoveStats(leaf, n.stats, normMomentum, n.unbias())
		})
		u.stats[n.name] = by.node
		u.Become(Value{leaf}, by)
	}
	return u
}

func (u *Update) add(name string, f func() (*G.Node, error)) Value {
	return Value{u.b.layer(name, f)}
}

// Number returns a factor that may change from step to step, and where to put it before each.
func (u *Update) Number() (Value, *float32) {
	i := u.used
	u.used++
	if i >= maxNumbers {
		u.b.fail("the update", fmt.Errorf("more than %d numbers", maxNumbers))
		return Value{}, new(float32)
	}
	v := u.add("the update", func() (*G.Node, error) { return op.Row(u.numbers, i) })
	return v, &u.step.numbers[i]
}

// One is the number 1.
func (u *Update) One() Value { return u.one }

// Params returns the parameters that the step trains, in the order of TrainStep.Trained.
func (u *Update) Params() []*Param { return u.step.Trained }

// Gradient returns that of parameter i of Params.
func (u *Update) Gradient(i int) Value { return Value{u.step.grads[i]} }

// Param returns the value of a parameter of Params before the step.
func (u *Update) Param(p *Param) Value { return Value{u.leaf(p)} }

func (u *Update) leaf(p *Param) *G.Node {
	for _, l := range u.b.leaves {
		if l.param == p {
			return l.node
		}
	}
	return nil
}

// After returns the value that a parameter or a running statistic has after the step, once Become
// has said it; false where the step leaves it as it is.
func (u *Update) After(p *Param) (Value, bool) {
	if p.Kind.Trained() {
		n := u.after[u.leaf(p)]
		return Value{n}, n != nil
	}
	row := 0
	if p.Kind == RunningVar {
		row = 1
	}
	stats := u.stats[p.Name[:strings.LastIndexByte(p.Name, '.')]]
	if stats == nil {
		return Value{}, false
	}
	return u.add(p.Name, func() (*G.Node, error) { return op.Row(stats, row) }), true
}

// Beside returns a value that is kept beside a parameter or running statistic, of its shape, under
// a name. data is its memory in this process.
func (u *Update) Beside(p *Param, name string, data []float32) Value {
	shape := tensor.Shape(p.Shape)
	if n := u.leaf(p); n != nil {
		shape = n.Shape()
	}
	return Value{leafNode(u.b.g, name+" of "+p.Name, shape, data)}
}

// Become makes a parameter, or what is kept beside one, another value after the step.
func (u *Update) Become(kept, by Value) {
	if u.b.err != nil {
		return
	}
	u.after[kept.node] = by.node
	u.kept = append(u.kept, engine.Succession{Leaf: kept.node, By: by.node})
}

// Blend returns a*ofX*x + b*ofY*y, for numbers a and b.
func (u *Update) Blend(x, y, a, b Value, ofX, ofY float64) Value {
	return u.add("a blend", func() (*G.Node, error) {
		return op.Blend(x.node, y.node, a.node, b.node, float32(ofX), float32(ofY))
	})
}

// BlendSquare returns a*x + b*y*y, for numbers a and b.
func (u *Update) BlendSquare(x, y, a, b Value) Value {
	return u.add("a blend of squares", func() (*G.Node, error) {
		return op.BlendSquare(x.node, y.node, a.node, b.node)
	})
}

// AdamMove returns w after a step of AdamW (kernel.AdamMove).
func (u *Update) AdamMove(w, m, v, scale, fresh, root Value, rate, decay, eps float64) Value {
	return u.add("a step of AdamW", func() (*G.Node, error) {
		spec := kernel.AdamMove{Rate: float32(rate), Decay: float32(decay), Eps: float32(eps)}
		return op.AdamMove(spec, w.node, m.node, v.node, scale.node, fresh.node, root.node)
	})
}

// Clip returns the number by which gradients have to be multiplied, each of which is mean times one
// of of, so that their norm is at most limit.
func (u *Update) Clip(of []Value, mean, limit float64) Value {
	return u.add("clipping", func() (*G.Node, error) {
		var sum *G.Node
		for _, v := range of {
			one, err := op.SumSquares(v.node)
			if err == nil && sum != nil {
				one, err = op.Add(sum, one)
			}
			if err != nil {
				return nil, err
			}
			sum = one
		}
		return op.ClipFactor(sum, float32(mean), float32(limit))
	})
}

// NewMovingStep compiles a training step that moves the parameters too, by a rule, and the running
// statistics. What it changes stays on the engine's device: TrainStep.Sync brings it back, and
// Model.Changed sends it there anew. It keeps no gradients, logits and maps. part says how the
// devices of this process share out the images, which are a whole batch; nil is one device.
func (m *Model) NewMovingStep(
	e *engine.Engine, in Input, part *Part, rule func(u *Update),
) (*TrainStep, error) {
	b, s, err := m.newStep(e, in, part)
	if err != nil {
		return nil, err
	}
	s.top = b.layer("the class", func() (*G.Node, error) { return op.Top(s.branches[0].logits) })
	u := newUpdate(b, s)
	rule(u)
	if b.err != nil {
		return nil, b.err
	}
	var fixed G.Nodes
	for _, c := range b.constants {
		if u.after[c] == nil {
			fixed = append(fixed, c)
		}
	}
	want := append(G.Nodes{s.loss, s.top}, s.losses...)
	s.moves = true
	return s, s.compile(e, engine.Plan{
		Graph: b.g, Outputs: want, Fixed: fixed, Kept: u.kept,
		Devices: b.devices, Split: append(b.split, s.top),
	})
}

// Sync brings the parameters, the running statistics and what else a moving step changes to their
// memory in this process, unless that was changed since the last run. All runs must be finished.
func (s *TrainStep) Sync() error {
	if !s.moves || s.version != s.store.version {
		return nil
	}
	if err := s.vm.Sync(); err != nil {
		return err
	}
	s.store.version++ // for predictors
	s.version = s.store.version
	return nil
}
