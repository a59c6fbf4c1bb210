package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"
)

// Bounds on a pickle. A tensor takes about 100 bytes of it, so that ResNet-152 needs 0.1 MB. No
// opcode is shorter than a byte or makes more than one small value, so that maxPickle bounds memory
// too.
const (
	maxPickle = 4 << 20
	maxStack  = 1 << 16
	maxMemo   = 1 << 19
)

// The values that a pickle can make here, besides nil, bool, int64, float64, *big.Int and string.
// None of them runs anything.
type (
	tuple  []any
	list   struct{ items []any }
	global string // module.name
	octets string // bytes

	// opaque stands for an object of a class that nothing here knows: its code is not run, its
	// state not looked at.
	opaque struct {
		class global
		param *view // the tensor of a Parameter, which PyTorch before 0.4 pickled as an object

		// dtype and shape are of a tensor of a type that this package does not read; dtype is ""
		// for anything else.
		dtype DType
		shape []int
	}

	// dict is a dict or an OrderedDict; only entries under text keys are kept.
	dict struct {
		keys   []string
		values map[string]any
	}
)

// machine runs the part of the pickle language that torch.save writes (protocols 2 to 5), as
// torch.load does with weights_only=True. Objects of classes that it does not know become opaque.
type machine struct {
	// persist turns a persistent id into the object that the file keeps outside of the pickle.
	persist func(id any) (any, error)

	in    []byte
	pos   int
	stack []any
	marks []int // heights of the stack at each MARK
	memo  map[uint32]any
	err   error // the first error; everything after it is without effect
}

// unpickle returns the object that the pickle at the start of in describes, and the pickle's
// length.
func unpickle(in []byte, persist func(id any) (any, error)) (v any, n int, err error) {
	m := &machine{in: in, memo: map[uint32]any{}, persist: persist}
	for m.err == nil {
		op := m.byte()
		if op == '.' {
			if v := m.pop(); m.err == nil {
				return v, m.pos, nil
			}
		}
		m.step(op)
		if len(m.stack) > maxStack {
			m.fail("too large: more than %d values on the stack", maxStack)
		}
	}
	return nil, m.pos, fmt.Errorf("at byte %d: %w", m.pos, m.err)
}

// noPersistent is the persist function of pickles that keep nothing outside of themselves.
func noPersistent(id any) (any, error) {
	return nil, fmt.Errorf("got %s where none is expected", describe(id))
}

// step runs one opcode.
func (m *machine) step(op byte) {
	switch {
	case m.err != nil:
	case m.literal(op), m.container(op), m.memory(op), m.object(op):
	default:
		m.fail("opcode %#02x is not one that torch.save writes", op)
	}
}

// literal runs an opcode that pushes a constant.
func (m *machine) literal(op byte) bool {
	switch op {
	case 'N':
		m.push(nil)
	case 0x88, 0x89:
		m.push(op == 0x88)
	case 'J':
		m.push(int64(int32(m.uint32())))
	case 'K':
		m.push(int64(m.byte()))
	case 'M':
		if b := m.bytes(2); b != nil {
			m.push(int64(binary.LittleEndian.Uint16(b)))
		}
	case 0x8a:
		m.push(long(m.bytes(int64(m.byte()))))
	case 0x8b:
		m.push(long(m.bytes(int64(min(m.uint32(), maxLong+1)))))
	case 'G':
		if b := m.bytes(8); b != nil {
			m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
	default:
		return m.text(op)
	}
	return true
}

// text runs an opcode that pushes text or bytes.
func (m *machine) text(op byte) bool {
	switch op {
	case 'X', 0x8c, 0x8d:
		s := m.bytes(m.length(op, 'X', 0x8c))
		if !utf8.Valid(s) {
			m.fail("text is not UTF-8")
		}
		m.push(string(s))
	case 'B', 'C', 0x8e, 0x96:
		m.push(octets(m.bytes(m.length(op, 'B', 'C'))))
	case 'T', 'U': // of Python 2, where text and bytes were the same
		if s := m.bytes(m.length(op, 'T', 'U')); utf8.Valid(s) {
			m.push(string(s))
		} else {
			m.push(octets(s))
		}
	default:
		return false
	}
	return true
}

// length reads a length of four bytes (opcode four), one (opcode one) or eight.
func (m *machine) length(op, four, one byte) int64 {
	switch op {
	case four:
		return int64(m.uint32())
	case one:
		return int64(m.byte())
	}
	b := m.bytes(8)
	if b == nil {
		return 0
	}
	return int64(min(binary.LittleEndian.Uint64(b), math.MaxInt64))
}

// maxLong bounds an integer, in bytes: the time to print it in decimal grows with the square of its
// length.
const maxLong = 1024

// long decodes a two's complement integer, little endian.
func long(b []byte) any {
	if len(b) > maxLong {
		return &opaque{class: "a very long integer"}
	}
	if len(b) <= 8 {
		var n uint64
		for i, c := range b {
			n |= uint64(c) << (8 * i)
		}
		shift := 64 - 8*len(b)
		return int64(n<<shift) >> shift
	}
	be := bytes.Clone(b)
	for i := range b {
		be[len(b)-1-i] = b[i]
	}
	n := new(big.Int).SetBytes(be)
	if be[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// container runs an opcode about tuples, lists, sets and dicts.
func (m *machine) container(op byte) bool {
	switch op {
	case '(':
		m.marks = append(m.marks, len(m.stack))
		if len(m.marks) > maxStack {
			m.fail("too large: more than %d marks", maxStack)
		}
	case ')':
		m.push(tuple{})
	case 't':
		m.push(tuple(m.popMark()))
	case 0x85, 0x86, 0x87:
		m.push(tuple(m.popN(int(op) - 0x84)))
	case ']':
		m.push(&list{})
	case 'a':
		m.appendItems(m.popN(1))
	case 'e':
		m.appendItems(m.popMark())
	case '}':
		m.push(&dict{})
	case 's':
		m.setItems(m.popN(2))
	case 'u':
		m.setItems(m.popMark())
	case 0x8f: // sets are never needed
		m.push(&opaque{class: "set"})
	case 0x90:
		m.popMark()
		top[*opaque](m, "add items to")
	case 0x91:
		m.popMark()
		m.push(&opaque{class: "frozenset"})
	case '0':
		m.pop()
	case '1':
		m.popMark()
	case '2':
		v := m.pop()
		m.push(v)
		m.push(v)
	default:
		return false
	}
	return true
}

// appendItems appends to the list on top of the stack.
func (m *machine) appendItems(items []any) {
	switch v := m.peek().(type) {
	case *list:
		v.items = append(v.items, items...)
	case *opaque:
	default:
		m.fail("cannot append to %s", describe(v))
	}
}

// setItems puts pairs of a key and a value into the dict on top of the stack.
func (m *machine) setItems(items []any) {
	if len(items)%2 != 0 {
		m.fail("a key without a value")
	}
	switch d := m.peek().(type) {
	case *dict:
		for i := 0; i < len(items) && m.err == nil; i += 2 {
			d.setAny(items[i], items[i+1])
		}
	case *opaque:
	default:
		m.fail("cannot set items of %s", describe(d))
	}
}

// setAny puts v into the dict if the key is a text, and drops it otherwise.
func (d *dict) setAny(key, v any) {
	k, ok := key.(string)
	if !ok {
		return
	}
	if d.values == nil {
		d.values = map[string]any{}
	}
	if _, ok := d.values[k]; !ok {
		d.keys = append(d.keys, k)
	}
	d.values[k] = v
}

// memory runs an opcode about the memo, or one of those that say the protocol and the frames into
// which the pickle is cut.
func (m *machine) memory(op byte) bool {
	switch op {
	case 0x80:
		if p := m.byte(); m.err == nil && (p < 2 || p > 5) {
			m.fail("pickle protocol %d not supported: "+
				"re-save it with torch.save and its default protocol", p)
		}
	case 0x95: // a frame is a hint for reading ahead
		m.bytes(8)
	case 'q':
		m.remember(uint32(m.byte()))
	case 'r':
		m.remember(m.uint32())
	case 0x94:
		m.remember(uint32(len(m.memo)))
	case 'h':
		m.recall(uint32(m.byte()))
	case 'j':
		m.recall(m.uint32())
	default:
		return false
	}
	return true
}

// remember puts the value on top of the stack into the memo.
func (m *machine) remember(i uint32) {
	if v := m.peek(); m.err == nil {
		m.memo[i] = v
	}
	if len(m.memo) > maxMemo {
		m.fail("too large: more than %d values in the memo", maxMemo)
	}
}

// recall pushes a value of the memo.
func (m *machine) recall(i uint32) {
	v, ok := m.memo[i]
	if !ok {
		m.fail("nothing in memo %d", i)
	}
	m.push(v)
}
