package stablehlo

import (
	"fmt"
	"slices"
	"strings"

	"acol/internal/kernel/backend"
)

// Module writes a graph as a module of StableHLO that computes in a precision, in its textual form.
// The function main takes the graph's Leaves and returns its Outputs, and behind them what takes
// the place of the leaves of its Successions, whose memory it takes over. All are float32, and
// uint8 where a leaf is bytes. Where the graph has several replicas, the module is that of each.
func Module(g backend.Graph, p backend.Precision) ([]byte, error) {
	b, full := newBuilder(p, g.Parts()), full(g)
	values := make([]value, len(g.Nodes))
	donated := map[int]string{} // by node
	for i, s := range g.Successions {
		donated[s.Leaf] = fmt.Sprintf(" {tf.aliasing_output = %d : i32}", len(g.Outputs)+i)
	}
	var args []string
	for i, n := range g.Nodes {
		switch {
		case n.Spec != nil:
			in := make([]value, len(n.In))
			for j, k := range n.In {
				in[j] = values[k]
			}
			v, err := b.run(n.Spec, in, full[i])
			if err != nil {
				return nil, err
			}
			values[i] = v
		case n.Const != nil:
			values[i] = b.scalar(float64(n.Const[0]))
		default:
			v := value{fmt.Sprintf("%%arg%d", len(args)), n.Shape, "f32"}
			if n.Bytes {
				v.elem = bytes
			}
			args = append(args, v.name+": "+v.typ()+donated[i])
			values[i] = v
		}
	}
	outputs := slices.Clone(g.Outputs)
	for _, s := range g.Successions {
		outputs = append(outputs, s.By)
	}
	names, types := make([]string, len(outputs)), make([]string, len(outputs))
	for i, k := range outputs {
		names[i], types[i] = values[k].name, values[k].typ()
	}
	var m strings.Builder
	m.WriteString("module @acol ")
	if n := g.Parts(); n > 1 {
		fmt.Fprintf(&m, "attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = %d : i32} ", n)
	}
	m.WriteString("{\n")
	fmt.Fprintf(&m, "  func.func public @main(%s) -> (%s) {\n%s    return %s : %s\n  }\n}\n",
		strings.Join(args, ", "), strings.Join(types, ", "), b.body.String(),
		strings.Join(names, ", "), strings.Join(types, ", "))
	return []byte(m.String()), nil
}
