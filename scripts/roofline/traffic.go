package main

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// traffic is what the instructions of a compiled program move.
type traffic struct {
	bytes        int64          // the sizes of all results, and of operands what is read of them
	instructions int            // that move something
	calls        map[string]int // custom calls, by the name of the library's function
}

// instruction is what is read of an HloInstructionProto.
type instruction struct {
	opcode, target string
	bytes          int64 // of the result
	id             uint64
	number         uint64 // of a parameter
	operands       []uint64
	called         []uint64 // computations
}

// free are the opcodes of instructions that move nothing: other names of memory.
var free = map[string]bool{
	"parameter": true, "constant": true, "tuple": true, "get-tuple-element": true, "bitcast": true,
}

// fields calls f with each field of a message of protocol buffers: its number, and its bytes or its
// value.
func fields(b []byte, f func(n protowire.Number, bytes []byte, v uint64) error) error {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return protowire.ParseError(size)
		}
		b = b[size:]
		var bytes []byte
		var v uint64
		switch kind {
		case protowire.BytesType:
			bytes, size = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			v, size = protowire.ConsumeVarint(b)
		default:
			size = protowire.ConsumeFieldValue(n, kind, b)
		}
		if size < 0 {
			return protowire.ParseError(size)
		}
		b = b[size:]
		if err := f(n, bytes, v); err != nil {
			return err
		}
	}
	return nil
}

// numbers reads a repeated field of numbers, which may be packed.
func numbers(bytes []byte, v uint64) ([]uint64, error) {
	if bytes == nil {
		return []uint64{v}, nil
	}
	var list []uint64
	for len(bytes) > 0 {
		v, size := protowire.ConsumeVarint(bytes)
		if size < 0 {
			return nil, protowire.ParseError(size)
		}
		list, bytes = append(list, v), bytes[size:]
	}
	return list, nil
}

// readTraffic reads a serialized HloModuleProtoWithConfig. The numbers of fields are those of
// xla/service/hlo.proto and xla/xla_data.proto.
func readTraffic(program []byte) (*traffic, error) {
	const (
		module                = 1    // of HloModuleProtoWithConfig
		computations, entry   = 3, 6 // of HloModuleProto
		instructions, identby = 2, 5 // of HloComputationProto
	)
	t := &traffic{calls: map[string]int{}}
	lists := map[uint64][]instruction{}
	var bodies [][]byte
	var start uint64
	err := fields(program, func(n protowire.Number, b []byte, _ uint64) error {
		if n != module {
			return nil
		}
		return fields(b, func(n protowire.Number, b []byte, v uint64) error {
			switch n {
			case computations:
				bodies = append(bodies, b)
			case entry:
				start = v
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading a compiled program: %w", err)
	}
	for _, b := range bodies {
		var id uint64
		var list []instruction
		err := fields(b, func(n protowire.Number, b []byte, v uint64) error {
			switch n {
			case identby:
				id = v
			case instructions:
				i, err := readInstruction(b)
				list = append(list, i)
				return err
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("reading a compiled program: %w", err)
		}
		lists[id] = list
	}
	t.add(lists, start)
	if t.instructions == 0 {
		return nil, errors.New("reading a compiled program: it has no instruction")
	}
	return t, nil
}

func (t *traffic) add(lists map[uint64][]instruction, entry uint64) {
	size := map[uint64]int64{}
	for _, i := range lists[entry] {
		size[i.id] = i.bytes
		if free[i.opcode] {
			continue
		}
		t.instructions++
		t.bytes += i.bytes
		for k, o := range i.operands {
			share := 1.
			if i.opcode == "fusion" && len(i.called) == 1 {
				share = shareRead(lists[i.called[0]], uint64(k))
			}
			t.bytes += int64(share * float64(size[o]))
		}
		if i.target != "" {
			t.calls[i.target]++
		}
	}
}

// shareRead is which part of its operand k a fused computation reads: less than all of it where it
// takes slices.
func shareRead(body []instruction, k uint64) float64 {
	share := 0.
	same := map[uint64]int64{} // values of the operand's elements, by their sizes
	for _, i := range body {
		if i.opcode == "parameter" && i.number == k {
			same[i.id] = i.bytes
		}
		for _, o := range i.operands {
			whole, of := same[o]
			switch {
			case !of:
			case i.opcode == "convert" || i.opcode == "bitcast":
				same[i.id] = i.bytes
			case i.opcode == "slice" && whole > 0:
				share += float64(i.bytes) / float64(whole)
			default:
				return 1
			}
		}
	}
	return min(share, 1)
}

// convolutions is how many instructions call a convolution of cuDNN.
func (t *traffic) convolutions() (n int) {
	for name, times := range t.calls {
		if strings.HasPrefix(name, "__cudnn$conv") {
			n += times
		}
	}
	return n
}

func readInstruction(b []byte) (i instruction, err error) {
	const ( // of HloInstructionProto
		opcode, shape, parameter            = 2, 3, 9
		target, ident, operands, calledList = 28, 35, 36, 38
	)
	err = fields(b, func(n protowire.Number, b []byte, v uint64) (err error) {
		switch n {
		case opcode:
			i.opcode = string(b)
		case target:
			i.target = string(b)
		case ident:
			i.id = v
		case shape:
			i.bytes, err = readShape(b)
		case parameter:
			i.number = v
		case operands, calledList:
			var list []uint64
			if list, err = numbers(b, v); n == operands {
				i.operands = append(i.operands, list...)
			} else {
				i.called = append(i.called, list...)
			}
		}
		return err
	})
	return i, err
}

// widths are bytes an element by PrimitiveType.
var widths = map[uint64]int64{
	1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 2, 8: 4, 9: 8, 10: 2, 11: 4, 12: 8, 16: 2,
}

// readShape is the size in bytes of a ShapeProto, of a tuple that of its elements.
func readShape(b []byte) (int64, error) {
	const kind, dimensions, elements = 2, 3, 4 // of ShapeProto
	var width, inside int64
	count := int64(1)
	err := fields(b, func(n protowire.Number, b []byte, v uint64) error {
		switch n {
		case kind:
			width = widths[v]
		case dimensions:
			list, err := numbers(b, v)
			for _, d := range list {
				count *= int64(d)
			}
			return err
		case elements:
			size, err := readShape(b)
			inside += size
			return err
		}
		return nil
	})
	return width*count + inside, err
}
