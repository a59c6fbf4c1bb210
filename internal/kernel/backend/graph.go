package backend

import "acol/internal/kernel"

// Graph is a computation of many Specs as plain data, for backends that compile it as a whole.
type Graph struct {
	// Nodes are the values, operands before what uses them.
	Nodes []GraphNode
	// Outputs are the indices of the computed values that are wanted, each once.
	Outputs []int
	// Successions are the leaves that stay with the program and change from run to run.
	Successions []Succession
}

// Succession is a leaf and the computed value, of its shape, that is the leaf in the next run. Both
// are indices of Nodes. A training's parameters and momenta are such leaves.
type Succession struct{ Leaf, By int }

// GraphNode is one value of a Graph.
type GraphNode struct {
	// Spec computes the value; nil for a leaf.
	Spec kernel.Spec
	// In holds the indices of the operands.
	In []int
	// Shape is the logical shape.
	Shape []int
	// Const is the value of a scalar leaf that never changes; nil for every other node.
	Const []float32
	// Fixed says that a leaf stays the same over many runs.
	Fixed bool
	// Home is where an output stays in place of being copied out, and where a leaf is found; nil of
	// most nodes.
	Home Home
	// Bytes says that a leaf has the layout Bytes. All other values are Plain.
	Bytes bool
}

// Leaves lists the indices of the leaves without a Const, in order: a program's inputs.
func (g Graph) Leaves() []int {
	var list []int
	for i, n := range g.Nodes {
		if n.Spec == nil && n.Const == nil {
			list = append(list, i)
		}
	}
	return list
}

// GraphBackend is a Backend that compiles whole graphs, which fuses and lays out by itself.
type GraphBackend interface {
	Backend
	// CompileGraph compiles a graph. A graph with a Spec that the backend lacks is an error.
	CompileGraph(g Graph) (Program, error)
	// NewHome makes a place for a value of a shape that one program computes and others read.
	NewHome(shape []int) Home
}

// Home is a place on a device for a value.
type Home interface {
	// Read copies the value to memory, row-major.
	Read(into []float32) error
	// Write replaces the value.
	Write(from []float32) error
}

// Program is a compiled Graph. One goroutine at a time uses it.
type Program interface {
	// Bytes is what a run takes of the memory that the program's process shares; 0 where a device
	// has memory of its own.
	Bytes() int64
	// Start begins a run from in, the values of Leaves, row-major, which may be written to again
	// once it returns. Where fresh is false, fixed leaves still have the values of the run before,
	// and those of Successions what that run made of them. A run may begin before the one before
	// it has ended. What has a Home is neither read from in nor written by Finish.
	Start(in [][]float32, fresh bool) error
	// Finish waits for the oldest run under way and copies its Outputs to out, row-major.
	Finish(out [][]float32) error
	// Read copies the present values of the leaves of Successions, in their order, to into. No run
	// may be under way.
	Read(into [][]float32) error
	// Close frees what the program holds.
	Close() error
}

// Run starts a run of a program and finishes it.
func Run(p Program, out, in [][]float32, fresh bool) error {
	if err := p.Start(in, fresh); err != nil {
		return err
	}
	return p.Finish(out)
}
