package backend

import (
	"fmt"

	"acol/internal/kernel"
)

// Graph is a computation of many Specs as plain data, for backends that compile it as a whole.
type Graph struct {
	// Nodes are the values, operands before what uses them.
	Nodes []GraphNode
	// Outputs are the indices of the computed values that are wanted, each once.
	Outputs []int
	// Successions are the leaves that stay with the program and change from run to run.
	Successions []Succession
	// Replicas is how many devices compute the graph, each on its part of a batch; 0 and 1 are one.
	// Every device has all nodes, in the shapes that these state. Only kernel.Joint Specs bring
	// values of the others.
	Replicas int
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
	// Split says that a leaf or an output is another value in each replica. In memory it is one
	// array of the replicas' parts along the first axis, in their order: Replicas times as many
	// values as Shape has, of which a leaf's are shared out and an output's joined. A leaf that is
	// not Split goes whole to each replica, and an output that is not is read from the first one:
	// all have to have the same value. Leaves of Successions are never Split. Of what is neither a
	// leaf nor an output it says nothing.
	Split bool
}

// Parts is how many devices compute the graph, at least one.
func (g Graph) Parts() int { return max(g.Replicas, 1) }

// Size is how many values node i has in memory, of all replicas where it is Split.
func (g Graph) Size(i int) int {
	n := kernel.Elements(g.Nodes[i].Shape)
	if g.Nodes[i].Split {
		n *= g.Parts()
	}
	return n
}

// CheckReplicas reports what cannot be shared out: among more devices than there are, a value
// without axes, or a leaf of a succession.
func (g Graph) CheckReplicas(devices int) error {
	if g.Replicas < 0 || g.Parts() > devices {
		return fmt.Errorf("a graph of %d replicas for %d devices", g.Replicas, devices)
	}
	for i, n := range g.Nodes {
		if n.Split && (len(n.Shape) == 0 || n.Const != nil) {
			return fmt.Errorf("node %d, of shape %v, cannot be shared out among replicas", i, n.Shape)
		}
	}
	for _, s := range g.Successions {
		if g.Nodes[s.Leaf].Split {
			return fmt.Errorf("leaf %d is shared out among replicas and changed by runs", s.Leaf)
		}
	}
	return nil
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
	// NewHome makes a place for a value of a shape, that within one replica, which one program
	// computes and others read. All have the same number of replicas, and the value's nodes are
	// Split in all or in none.
	NewHome(shape []int) Home
	// Replicas is how many devices the backend computes on, and so the most that a Graph may have.
	// A Graph with one replica is computed by the first of them.
	Replicas() int
}

// Home is a place for a value on a device, or on all of several. A graph that names it has to be
// compiled before it is read or written.
type Home interface {
	// Read copies the value to memory, row-major, as the Split of its nodes says.
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
	// once it returns. Those of a Split leaf are of all replicas. Where fresh is false, fixed
	// leaves still have the values of the run before, and those of Successions what that run made
	// of them. A run may begin before the one before it has ended. What has a Home is neither read
	// from in nor written by Finish.
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
