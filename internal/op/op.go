// Package op holds acol's Gorgonia operations. Each is a kernel.Spec, which states its mathematics
// over logical shapes, with a symbolic gradient made of further operations. So one graph holds the
// forward pass, the loss and the backward pass, and any gorgonia.VM can run it. Layouts and number
// formats are chosen by the executor.
package op

import (
	"fmt"
	"hash"
	"hash/fnv"
	"sync"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/portable"
)

// gradient builds the gradient of each input of an op; nil for an input without one.
type gradient func(in G.Nodes, out, grad *G.Node) (G.Nodes, error)

// Op is one operation on float32 tensors: a pure function without state.
type Op struct {
	spec kernel.Spec
	grad gradient
	wrt  []bool
}

var (
	_ G.SDOp                          = (*Op)(nil)
	_ G.UsePreallocDoer               = (*Op)(nil)
	_ G.IncrDoer                      = (*Op)(nil)
	_ fmt.Stringer                    = (*Op)(nil)
	_ interface{ Spec() kernel.Spec } = (*Op)(nil)
)

// Spec is what the op computes.
func (o *Op) Spec() kernel.Spec { return o.spec }

// Arity is the number of inputs.
func (o *Op) Arity() int { return len(o.spec.In()) }

// Type is the op's type. It is built anew at each call, since Gorgonia returns it to a pool.
func (o *Op) Type() hm.Type {
	in := o.spec.In()
	ts := make([]hm.Type, 0, len(in)+1)
	for i, s := range in {
		t := typeOf(s)
		if kernel.ReadsBytes(o.spec, i) {
			t = G.TensorType{Dims: len(s), Of: tensor.Uint8}
		}
		ts = append(ts, t)
	}
	return hm.NewFnType(append(ts, typeOf(o.spec.Out()))...)
}

func typeOf(shape []int) hm.Type {
	if len(shape) == 0 {
		return tensor.Float32
	}
	return G.TensorType{Dims: len(shape), Of: tensor.Float32}
}

// InferShape gives the output's logical shape.
func (o *Op) InferShape(...G.DimSizer) (tensor.Shape, error) {
	return tensor.Shape(o.spec.Out()), nil
}

// ReturnsPtr says that the op allocates its output itself.
func (o *Op) ReturnsPtr() bool { return true }

// CallsExtern says that the op does not run on another device.
func (o *Op) CallsExtern() bool { return false }

// OverwritesInput says that the op leaves its inputs alone.
func (o *Op) OverwritesInput() int { return -1 }

// WriteHash hashes everything that changes the result, since Gorgonia merges nodes of one hash.
func (o *Op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%T%+v", o.spec, o.spec) }

// Hashcode is the 32-bit hash by which Gorgonia tells nodes apart.
func (o *Op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String is the name of the Spec and its attributes.
func (o *Op) String() string { return fmt.Sprintf("%T%+v", o.spec, o.spec) }

// DiffWRT says which inputs have a gradient.
func (o *Op) DiffWRT(n int) []bool {
	if o.wrt == nil {
		return make([]bool, n)
	}
	return o.wrt
}

// SymDiff builds the nodes of the gradient of each input.
func (o *Op) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	if o.grad == nil {
		return nil, fmt.Errorf("%v has no gradient", o)
	}
	return o.grad(in, out, grad)
}

// reference runs ops outside of the engine, for Gorgonia's own machines.
var reference = sync.OnceValue(func() backend.Backend { return portable.New(1) })

// Do computes on row-major tensors of the logical shapes. It is slow, and serves VMs that know of
// no layouts.
func (o *Op) Do(in ...G.Value) (G.Value, error) {
	out := o.spec.Out()
	if len(out) == 0 {
		return o.UsePreallocDo(G.NewF32(0), in...)
	}
	return o.UsePreallocDo(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(out...)), in...)
}

// UsePreallocDo is Do with a result that is allocated already.
func (o *Op) UsePreallocDo(prealloc G.Value, in ...G.Value) (G.Value, error) {
	data := make([][]float32, len(in))
	for i, v := range in {
		d, err := Floats(v)
		if err != nil {
			return nil, fmt.Errorf("%v: input %d: %w", o, i, err)
		}
		data[i] = d
	}
	out, err := Floats(prealloc)
	if err != nil {
		return nil, fmt.Errorf("%v: output: %w", o, err)
	}
	return prealloc, o.runPlain(out, data)
}

// IncrDo adds the result to incr.
func (o *Op) IncrDo(incr G.Value, in ...G.Value) error {
	v, err := o.Do(in...)
	if err != nil {
		return err
	}
	sum, err := Floats(incr)
	if err != nil {
		return fmt.Errorf("%v: increment: %w", o, err)
	}
	add, err := Floats(v)
	if err != nil {
		return err
	}
	for i, x := range add {
		sum[i] += x
	}
	return nil
}

// runPlain computes from row-major inputs to a row-major output.
func (o *Op) runPlain(out []float32, in [][]float32) error {
	b := reference()
	shapes := o.spec.In()
	plain := make([]backend.Layout, len(in))
	for i := range plain {
		plain[i] = backend.Plain
	}
	r, err := b.Compile(o.spec, plain)
	if err != nil {
		return err
	}
	laid := make([][]float32, len(in))
	for i, x := range in {
		laid[i] = make([]float32, b.Size(shapes[i], r.In[i]))
		if err := b.Reorder(laid[i], x, shapes[i], r.In[i], backend.Plain); err != nil {
			return err
		}
	}
	res := make([]float32, b.Size(o.spec.Out(), r.Out))
	r.Run(res, laid, make([]float32, r.Scratch))
	return b.Reorder(out, res, o.spec.Out(), backend.Plain, r.Out)
}

// Floats gives the memory of a float32 tensor or scalar; of Parts that of all of them.
func Floats(v G.Value) ([]float32, error) {
	switch t := v.(type) {
	case *Parts:
		return t.all, nil
	case *tensor.Dense:
		if d, ok := t.Data().([]float32); ok {
			return d, nil
		}
		if d, ok := t.Data().(float32); ok {
			return []float32{d}, nil
		}
		if d, ok := t.Data().([]byte); ok {
			if words, ok := backend.AsWords(d); ok {
				return words, nil
			}
		}
		return nil, fmt.Errorf("tensor of %v, want float32, or bytes in whole words", t.Dtype())
	case *G.F32:
		return scalar(t), nil
	case nil:
		return nil, fmt.Errorf("no value")
	}
	return nil, fmt.Errorf("value of type %T, want a float32 tensor", v)
}

// apply makes the node of a Spec after checking the number and the shapes of its inputs.
func apply(spec kernel.Spec, grad gradient, wrt []bool, in ...*G.Node) (*G.Node, error) {
	want := spec.In()
	if len(in) != len(want) {
		return nil, fmt.Errorf("%T: %d inputs, want %d", spec, len(in), len(want))
	}
	for i, n := range in {
		if n == nil {
			return nil, fmt.Errorf("%T: input %d is missing", spec, i)
		}
		if !n.Shape().Eq(tensor.Shape(want[i])) {
			return nil, fmt.Errorf("%T: input %d has shape %v, want %v", spec, i, n.Shape(), want[i])
		}
	}
	n, err := G.ApplyOp(&Op{spec: spec, grad: grad, wrt: wrt}, in...)
	if err != nil {
		return nil, fmt.Errorf("%T: %w", spec, err)
	}
	return n, checkMerge(n, in)
}

// checkMerge makes sure that a node which Gorgonia found by its 32-bit hash is the one asked for:
// Gorgonia compares the ops, but not their operands.
func checkMerge(n *G.Node, in G.Nodes) error {
	i := 0
	for it := n.Graph().From(n.ID()); it.Next(); i++ {
		if i >= len(in) || it.Node().ID() != in[i].ID() {
			return fmt.Errorf("node %v: hash collision with a node of other inputs; rename an input", n)
		}
	}
	return nil
}

// leaf makes the node of a Spec without a gradient.
func leaf(spec kernel.Spec, in ...*G.Node) (*G.Node, error) { return apply(spec, nil, nil, in...) }

// shape4 gives a node's logical shape of four axes.
func shape4(n *G.Node) (kernel.Shape4, error) {
	if n == nil {
		return kernel.Shape4{}, fmt.Errorf("input is missing")
	}
	s := n.Shape()
	if len(s) != 4 {
		return kernel.Shape4{}, fmt.Errorf("shape %v, want (N,C,H,W)", s)
	}
	return kernel.Shape4{s[0], s[1], s[2], s[3]}, nil
}
