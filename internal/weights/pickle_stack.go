package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
)

// push puts a value on the stack.
func (m *machine) push(v any) {
	if m.err == nil {
		m.stack = append(m.stack, v)
	}
}

// pop takes one value from the stack; it never reaches below the last mark.
func (m *machine) pop() any {
	if v := m.popN(1); v != nil {
		return v[0]
	}
	return nil
}

// popN takes n values, in the order in which they were pushed. It returns nil after an error.
func (m *machine) popN(n int) []any {
	floor := 0
	if len(m.marks) > 0 {
		floor = m.marks[len(m.marks)-1]
	}
	if len(m.stack)-n < floor {
		m.fail("stack underflow")
	}
	if m.err != nil {
		return nil
	}
	return m.cut(len(m.stack) - n)
}

// popMark takes everything since the last mark.
func (m *machine) popMark() []any {
	if len(m.marks) == 0 {
		m.fail("no mark")
	}
	if m.err != nil {
		return nil
	}
	last := len(m.marks) - 1
	at := m.marks[last]
	m.marks = m.marks[:last]
	return m.cut(at)
}

// cut takes the values from height at of the stack on.
func (m *machine) cut(at int) []any {
	values := append([]any{}, m.stack[at:]...)
	clear(m.stack[at:])
	m.stack = m.stack[:at]
	return values
}

// peek returns the value on top and leaves it there.
func (m *machine) peek() any {
	v := m.pop()
	m.push(v)
	return v
}

// top returns the value on top, which must be a T, and leaves it there.
func top[T any](m *machine, doing string) T {
	v := m.peek()
	t, ok := v.(T)
	if !ok {
		m.fail("cannot %s %s", doing, describe(v))
	}
	return t
}

// fail keeps the first error.
func (m *machine) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

// bytes reads n bytes of the pickle. It returns nil after an error.
func (m *machine) bytes(n int64) []byte {
	if m.err == nil && n > int64(len(m.in)-m.pos) {
		m.err = errors.New("the pickle ends too early")
	}
	if m.err != nil {
		return nil
	}
	b := m.in[m.pos : m.pos+int(n)]
	m.pos += int(n)
	return b
}

func (m *machine) byte() byte {
	if b := m.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (m *machine) uint32() uint32 {
	if b := m.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// describe names a value's kind for a message.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool, int64, float64, *big.Int:
		return "a number"
	case string:
		return "a text"
	case octets:
		return "bytes"
	case *opaque:
		return "an object of " + quote(string(v.class))
	case tuple:
		return "a tuple"
	case *list:
		return "a list"
	case *dict:
		return "a dict"
	case global:
		return quote(string(v))
	case *scalarType:
		return "a type of numpy"
	case *storage:
		return "a storage"
	}
	return "a tensor"
}
