package onnx

import (
	"fmt"
	"strings"
)

// The element types of tensors.
const (
	floatType = 1
	int64Type = 7
)

// emitter collects the nodes and initializers of an ONNX graph.
type emitter struct {
	graph  message
	inits  []*message
	consts map[string]bool // names of the constants that are there
	count  map[string]int  // of nodes by operator
	used   map[string]bool // names of values
	err    error
}

func newEmitter() emitter {
	return emitter{consts: map[string]bool{}, count: map[string]int{}, used: map[string]bool{}}
}

// unique gives base, or base followed by a number where base is taken.
func (e *emitter) unique(base string) string {
	name := base
	for i := 2; e.used[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	e.used[name] = true
	return name
}

// attr is an attribute of a node: of int, []int or float32.
type attr struct {
	name  string
	value any
}

// node adds an operator that writes the value out, and returns its name. Where out is empty, the
// value gets a name of its own.
func (e *emitter) node(op string, in []string, out string, attrs ...attr) string {
	e.count[op]++
	name := fmt.Sprintf("%s_%d", strings.ToLower(op), e.count[op])
	if out == "" {
		out = e.unique(name + "_out")
	}
	n := &message{}
	for _, i := range in {
		n.text(1, i)
	}
	n.text(2, out)
	n.text(3, name)
	n.text(4, op)
	for _, a := range attrs {
		n.message(5, e.attribute(a))
	}
	e.graph.message(1, n)
	return out
}

func (e *emitter) attribute(a attr) *message {
	const floatAttr, intAttr, intsAttr = 1, 2, 7
	m := &message{}
	m.text(1, a.name)
	switch v := a.value.(type) {
	case float32:
		m.float(2, v)
		m.int(20, floatAttr)
	case int:
		m.int(3, int64(v))
		m.int(20, intAttr)
	case []int:
		for _, i := range v {
			m.int(8, int64(i))
		}
		m.int(20, intsAttr)
	default:
		e.err = fmt.Errorf("attribute %s of type %T", a.name, v)
	}
	return m
}

// tensor adds an initializer of float32 and returns its name.
func (e *emitter) tensor(name string, shape []int, data []float32) string {
	m := &message{}
	for _, d := range shape {
		m.int(1, int64(d))
	}
	m.int(2, floatType)
	m.text(8, name)
	m.floats(9, data)
	e.inits = append(e.inits, m)
	return name
}

// scalar gives the name of a constant, which all operators share.
func (e *emitter) scalar(v float32) string {
	name := fmt.Sprintf("const_%g", v)
	if !e.consts[name] {
		e.consts[name] = true
		e.tensor(name, nil, []float32{v})
	}
	return name
}

// axes gives the name of a constant list of axes.
func (e *emitter) axes(list ...int) string {
	name := "axes_" + strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", "_")
	if !e.consts[name] {
		e.consts[name] = true
		m := &message{}
		m.int(1, int64(len(list)))
		m.int(2, int64Type)
		for _, v := range list {
			m.int(7, int64(v))
		}
		m.text(8, name)
		e.inits = append(e.inits, m)
	}
	return name
}

// dim is an axis of an input or output: a length, or a name for one that may vary.
type dim struct {
	n    int
	name string
}

// valueInfo describes an input or output.
func valueInfo(name string, elem int64, dims []dim, doc string) *message {
	shape := &message{}
	for _, d := range dims {
		m := &message{}
		if d.name != "" {
			m.text(2, d.name)
		} else {
			m.int(1, int64(d.n))
		}
		shape.message(1, m)
	}
	tensor, typ, info := &message{}, &message{}, &message{}
	tensor.int(1, elem)
	tensor.message(2, shape)
	typ.message(1, tensor)
	info.text(1, name)
	info.message(2, typ)
	info.text(3, doc)
	return info
}
