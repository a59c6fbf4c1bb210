package onnx

import (
	"encoding/binary"
	"math"
	"testing"
)

// parsed is an ONNX file as the tests read it back.
type parsed struct {
	ir, opset       int64
	nodes           []parsedNode
	inits           map[string]array
	inputs, outputs map[string][]string // the axes: lengths or names
	metadata        map[string]string
}

type parsedNode struct {
	op      string
	in, out []string
	ints    map[string][]int
	floats  map[string]float32
}

// array is a tensor; integers and truths are floats too.
type array struct {
	shape []int
	data  []float32
}

// fields calls f for each field of a protobuf message: v is a varint or fixed32, b the bytes of the
// others.
func fields(t *testing.T, m []byte, f func(num int, v uint64, b []byte)) {
	t.Helper()
	for len(m) > 0 {
		key, n := binary.Uvarint(m)
		if n <= 0 {
			t.Fatal("broken tag")
		}
		m = m[n:]
		switch key & 7 {
		case varintType:
			v, n := binary.Uvarint(m)
			f(int(key>>3), v, nil)
			m = m[n:]
		case fixed32:
			f(int(key>>3), uint64(binary.LittleEndian.Uint32(m)), nil)
			m = m[4:]
		case bytesType:
			size, n := binary.Uvarint(m)
			f(int(key>>3), 0, m[n:][:size])
			m = m[n+int(size):]
		default:
			t.Fatalf("wire type %d", key&7)
		}
	}
}

func parse(t *testing.T, file []byte) *parsed {
	t.Helper()
	p := &parsed{inits: map[string]array{}, inputs: map[string][]string{}, outputs: map[string][]string{}, metadata: map[string]string{}}
	fields(t, file, func(num int, v uint64, b []byte) {
		switch num {
		case 1:
			p.ir = int64(v)
		case 7:
			fields(t, b, func(num int, _ uint64, b []byte) { p.graph(t, num, b) })
		case 8:
			fields(t, b, func(num int, v uint64, _ []byte) {
				if num == 2 {
					p.opset = int64(v)
				}
			})
		case 14:
			var kv [3]string
			fields(t, b, func(num int, _ uint64, b []byte) { kv[num] = string(b) })
			p.metadata[kv[1]] = kv[2]
		}
	})
	return p
}

func (p *parsed) graph(t *testing.T, num int, b []byte) {
	switch num {
	case 1:
		n := parsedNode{ints: map[string][]int{}, floats: map[string]float32{}}
		fields(t, b, func(num int, _ uint64, b []byte) {
			switch num {
			case 1:
				n.in = append(n.in, string(b))
			case 2:
				n.out = append(n.out, string(b))
			case 4:
				n.op = string(b)
			case 5:
				n.attribute(t, b)
			}
		})
		p.nodes = append(p.nodes, n)
	case 5:
		name, a := "", array{shape: []int{}}
		fields(t, b, func(num int, v uint64, b []byte) {
			switch num {
			case 1:
				a.shape = append(a.shape, int(v))
			case 7:
				a.data = append(a.data, float32(int64(v)))
			case 8:
				name = string(b)
			case 9:
				for ; len(b) > 0; b = b[4:] {
					a.data = append(a.data, math.Float32frombits(binary.LittleEndian.Uint32(b)))
				}
			}
		})
		p.inits[name] = a
	case 11:
		value(t, b, p.inputs)
	case 12:
		value(t, b, p.outputs)
	}
}

func (n *parsedNode) attribute(t *testing.T, b []byte) {
	name := ""
	fields(t, b, func(num int, v uint64, b []byte) {
		switch num {
		case 1:
			name = string(b)
		case 2:
			n.floats[name] = math.Float32frombits(uint32(v))
		case 3, 8:
			n.ints[name] = append(n.ints[name], int(int64(v)))
		}
	})
}

// value reads a ValueInfoProto's name and axes.
func value(t *testing.T, b []byte, into map[string][]string) {
	name := ""
	var dims []string
	fields(t, b, func(num int, _ uint64, b []byte) {
		switch num {
		case 1:
			name = string(b)
		case 2:
			fields(t, b, func(_ int, _ uint64, b []byte) {
				fields(t, b, func(num int, _ uint64, b []byte) {
					if num == 2 {
						fields(t, b, func(_ int, _ uint64, b []byte) { dims = append(dims, axis(t, b)) })
					}
				})
			})
		}
	})
	into[name] = dims
}

func axis(t *testing.T, b []byte) (text string) {
	fields(t, b, func(num int, v uint64, b []byte) {
		if num == 1 {
			text = string(rune('0'+v/10)) + string(rune('0'+v%10))
		} else {
			text = string(b)
		}
	})
	return text
}
