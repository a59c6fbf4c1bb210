package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"
)

// Bounds on a pickle. A tensor takes about 100 bytes of it, so ResNet-152 needs 0.1 MB. No opcode is shorter than a byte or makes more
// than one small value, so the first bound holds memory too.
const (
	maxPickle = 4 << 20
	maxStack  = 1 << 16
)

// The values that a pickle can make here, besides nil, bool, int64, float64, *big.Int and string. None of them runs anything.
type (
	tuple  []any
	list   struct{} // what is in it does not matter
	global string   // module.name

	// dict is a dict or an OrderedDict; only entries under text keys are kept.
	dict struct {
		keys   []string
		values map[string]any
	}
)

// machine runs the part of the pickle language that torch.save writes (protocol 2), as torch.load does with weights_only=True.
type machine struct {
	in    []byte
	pos   int
	stack []any
	marks []int // heights of the stack at each MARK
	memo  map[uint32]any
	err   error // the first error; everything after it is without effect
}

// unpickle returns the object that a pickle describes.
func unpickle(in []byte) (any, error) {
	m := &machine{in: in, memo: map[uint32]any{}}
	for m.err == nil {
		op := m.byte()
		if op == '.' {
			if v := m.pop(); m.err == nil {
				return v, nil
			}
		}
		m.step(op)
		if len(m.stack) > maxStack {
			m.fail("too large: more than %d values on the stack", maxStack)
		}
	}
	return nil, fmt.Errorf("at byte %d: %w", m.pos, m.err)
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
	case 'G':
		if b := m.bytes(8); b != nil {
			m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
	case 'X':
		s := m.bytes(int64(m.uint32()))
		if !utf8.Valid(s) {
			m.fail("text is not UTF-8")
		}
		m.push(string(s))
	default:
		return false
	}
	return true
}

// long decodes a two's complement integer, little endian.
func long(b []byte) any {
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

// container runs an opcode about tuples, lists and dicts.
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
		m.pop()
		top[*list](m, "append to")
	case 'e':
		m.popMark()
		top[*list](m, "append to")
	case '}':
		m.push(&dict{})
	case 's':
		items := m.popN(2)
		m.setItems(items)
	case 'u':
		m.setItems(m.popMark())
	default:
		return false
	}
	return true
}

func (m *machine) setItems(items []any) {
	if len(items)%2 != 0 {
		m.fail("a key without a value")
	}
	d := top[*dict](m, "set items of")
	for i := 0; i < len(items) && m.err == nil; i += 2 {
		if key, ok := items[i].(string); ok {
			d.set(key, items[i+1])
		}
	}
}

func (d *dict) set(key string, v any) {
	if d.values == nil {
		d.values = map[string]any{}
	}
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = v
}

// memory runs an opcode about the memo, and the one that says the protocol.
func (m *machine) memory(op byte) bool {
	var i uint32
	switch op {
	case 0x80:
		if p := m.byte(); p != 2 {
			m.fail("pickle protocol %d not supported: re-save it with torch.save and its default protocol", p)
		}
		return true
	case 'q', 'h':
		i = uint32(m.byte())
	case 'r', 'j':
		i = m.uint32()
	default:
		return false
	}
	if op == 'q' || op == 'r' {
		if v := m.pop(); m.err == nil {
			m.memo[i] = v
			m.push(v)
		}
		return true
	}
	v, ok := m.memo[i]
	if !ok {
		m.fail("nothing in memo %d", i)
	}
	m.push(v)
	return true
}
