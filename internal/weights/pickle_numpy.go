package weights

import (
	"encoding/binary"
	"errors"
	"math"
)

// scalarType is what a numpy.dtype says of how a number is stored in bytes.
type scalarType struct {
	code string // f8, i8, b1 ...
	big  bool
}

// setState reads the byte order from the state tuple: version, order, ...
func (t *scalarType) setState(state any) {
	if s, ok := state.(tuple); ok && len(s) > 1 {
		t.big = s[1] == any(">")
	}
}

// callNumpy stands in for the three functions that make a number of numpy, such as the best
// accuracy in a checkpoint. known is false for every other function.
func callNumpy(f global, args tuple) (v any, known bool, err error) {
	switch f {
	case "numpy.dtype":
		if len(args) > 0 {
			if code, ok := args[0].(string); ok {
				return &scalarType{code: code}, true, nil
			}
		}
		return &opaque{class: f}, true, nil
	case "_codecs.encode":
		v, err = encodeLatin1(args)
		return v, true, err
	case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
		return numpyScalar(f, args), true, nil
	}
	return nil, false, nil
}

// encodeLatin1 turns text into bytes, which is how Python 3 writes bytes in protocol 2.
func encodeLatin1(args tuple) (any, error) {
	text, ok := any(nil), false
	if len(args) == 2 && (args[1] == any("latin1") || args[1] == any("latin-1")) {
		text, ok = args[0], true
	}
	s, isText := text.(string)
	if !ok || !isText {
		return nil, errors.New("want a text and latin1")
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return nil, errors.New("a character beyond latin1")
		}
		out = append(out, byte(r))
	}
	return octets(out), nil
}

// numpyScalar decodes a number from its dtype and bytes; a dtype that it does not know is opaque.
func numpyScalar(f global, args tuple) any {
	unknown := &opaque{class: f}
	if len(args) != 2 {
		return unknown
	}
	t, ok := args[0].(*scalarType)
	var raw []byte
	switch b := args[1].(type) {
	case octets:
		raw = []byte(b)
	case string: // bytes of Python 2 that happen to be text
		raw = []byte(b)
	}
	sizes := map[string]int{"f8": 8, "f4": 4, "i8": 8, "i4": 4, "b1": 1}
	if !ok || sizes[t.code] == 0 || len(raw) != sizes[t.code] {
		return unknown
	}
	var order binary.ByteOrder = binary.LittleEndian
	if t.big {
		order = binary.BigEndian
	}
	switch t.code {
	case "f8":
		return math.Float64frombits(order.Uint64(raw))
	case "f4":
		return float64(math.Float32frombits(order.Uint32(raw)))
	case "i8":
		return int64(order.Uint64(raw))
	case "i4":
		return int64(int32(order.Uint32(raw)))
	}
	return raw[0] != 0
}
