package onnx

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// message is a protobuf message that is being written, field by field. The data of large fields is
// not copied before WriteTo. There are only those wire types of
// https://protobuf.dev/programming-guides/encoding that ONNX needs.
type message struct {
	parts []part
	size  int64
}

// part is a piece of a message: encoded bytes, or floats that WriteTo encodes.
type part struct {
	b []byte
	f []float32
}

// The wire types.
const (
	varintType = 0
	bytesType  = 2
	fixed32    = 5
)

func (m *message) append(b ...byte) {
	if n := len(m.parts); n > 0 && m.parts[n-1].f == nil {
		m.parts[n-1].b = append(m.parts[n-1].b, b...)
	} else {
		m.parts = append(m.parts, part{b: b})
	}
	m.size += int64(len(b))
}

func (m *message) tag(field,
	wire int) {
	m.append(binary.AppendUvarint(nil, uint64(field<<3|wire))...)
}

// int writes an int32, int64 or enum.
func (m *message) int(field int, v int64) {
	m.tag(field, varintType)
	m.append(binary.AppendUvarint(nil, uint64(v))...)
}

func (m *message) float(field int, v float32) {
	m.tag(field, fixed32)
	m.append(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v))...)
}

func (m *message) text(field int, s string) {
	m.tag(field, bytesType)
	m.append(binary.AppendUvarint(nil, uint64(len(s)))...)
	m.append([]byte(s)...)
}

// message writes a message within this one. The inner message must not be used afterwards.
func (m *message) message(field int, sub *message) {
	m.tag(field, bytesType)
	m.append(binary.AppendUvarint(nil, uint64(sub.size))...)
	m.parts = append(m.parts, sub.parts...)
	m.size += sub.size
}

// floats writes bytes that are little-endian float32.
func (m *message) floats(field int, f []float32) {
	m.tag(field, bytesType)
	m.append(binary.AppendUvarint(nil, uint64(4*len(f)))...)
	if len(f) > 0 {
		m.parts = append(m.parts, part{f: f})
		m.size += int64(4 * len(f))
	}
}

// maxMessage is the largest message of protobuf, in bytes.
const maxMessage = math.MaxInt32

// WriteTo writes the encoded message.
func (m *message) WriteTo(w io.Writer) (n int64, err error) {
	if m.size > maxMessage {
		return 0, fmt.Errorf("%d bytes, and protobuf's limit is %d: "+
			"a network of fewer parameters is needed", m.size, maxMessage)
	}
	buf := make([]byte, 0, 1<<16)
	for _, p := range m.parts {
		b := p.b
		for f := p.f; ; f = f[len(b)/4:] {
			if p.f != nil {
				b = buf
				for _, v := range f[:min(len(f), cap(buf)/4)] {
					b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
				}
			}
			k, err := w.Write(b)
			n += int64(k)
			if err != nil || 4*len(f) <= len(b) {
				if err != nil {
					return n, err
				}
				break
			}
		}
	}
	return n, nil
}
