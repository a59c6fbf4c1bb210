package weights

import (
	"bytes"
	"fmt"
)

// The globals that a state dict needs, the only ones that the machine knows. Each stands for what this package does itself.
const (
	orderedDict      global = "collections.OrderedDict"
	rebuildTensor    global = "torch._utils._rebuild_tensor_v2"
	rebuildParameter global = "torch._utils._rebuild_parameter"
)

// storageTypes are the globals that say a storage's type.
var storageTypes = map[global]DType{
	"torch.DoubleStorage":   F64,
	"torch.FloatStorage":    F32,
	"torch.HalfStorage":     F16,
	"torch.BFloat16Storage": BF16,
	"torch.LongStorage":     I64,
	"torch.IntStorage":      I32,
	"torch.ShortStorage":    I16,
	"torch.CharStorage":     I8,
	"torch.ByteStorage":     U8,
	"torch.BoolStorage":     Bool,
}

// storage names a flat piece of memory, an entry of the archive, that tensors are views of.
type storage struct {
	key   string
	dtype DType
	numel int64
}

// object runs an opcode that names, calls or fills something that is no plain value.
func (m *machine) object(op byte) bool {
	switch op {
	case 'c':
		m.global()
	case 'R':
		m.reduce()
	case 'b': // state of an OrderedDict: version numbers of the modules, not needed
		m.pop()
		top[*dict](m, "set the state of")
	case 'Q':
		pid := m.pop()
		if m.err != nil {
			return true
		}
		s, err := newStorage(pid)
		if err != nil {
			m.fail("persistent id: %w", err)
		}
		m.push(s)
	default:
		return false
	}
	return true
}

// global pushes an allowed global and refuses every other by name.
func (m *machine) global() {
	g := global(m.line() + "." + m.line())
	if m.err != nil {
		return
	}
	_, isStorage := storageTypes[g]
	if g != orderedDict && g != rebuildTensor && g != rebuildParameter && !isStorage {
		m.fail("refusing to run code: pickle wants %s (only state dicts of plain tensors are read: torch.save(model.state_dict(), path))", quote(string(g)))
	}
	m.push(g)
}

func (m *machine) line() string {
	n := bytes.IndexByte(m.in[m.pos:], '\n')
	if n < 0 {
		m.fail("the pickle ends too early")
		return ""
	}
	return string(bytes.TrimSuffix(m.bytes(int64(n)+1), []byte("\n")))
}

// reduce stands in for calling a global with a tuple of arguments.
func (m *machine) reduce() {
	v := m.popN(2)
	if m.err != nil {
		return
	}
	args, ok := v[1].(tuple)
	if !ok {
		m.fail("arguments are %s, want a tuple", describe(v[1]))
		return
	}
	result, err := call(v[0], args)
	if err != nil {
		m.fail("%s: %w", describe(v[0]), err)
		return
	}
	m.push(result)
}

func call(f any, args tuple) (any, error) {
	switch f {
	case orderedDict:
		if len(args) != 0 {
			return nil, fmt.Errorf("got %d arguments, want none", len(args))
		}
		return &dict{}, nil
	case rebuildParameter:
		if len(args) == 3 {
			if v, ok := args[0].(*view); ok {
				return v, nil
			}
		}
		return nil, fmt.Errorf("want a tensor, requires_grad and hooks")
	case rebuildTensor:
		return newView(args)
	}
	return nil, fmt.Errorf("not a function")
}

// newStorage reads ("storage", type, key, device, number of elements).
func newStorage(pid any) (*storage, error) {
	t, ok := pid.(tuple)
	if !ok || len(t) != 5 || t[0] != any("storage") {
		return nil, fmt.Errorf("got %s, want the five parts of a storage", describe(pid))
	}
	kind, _ := t[1].(global)
	key, isText := t[2].(string)
	n, isInt := t[4].(int64)
	dtype, known := storageTypes[kind]
	if !known || !isText || !isInt || n < 0 {
		return nil, fmt.Errorf("storage of %s, key %s and length %s", describe(t[1]), describe(t[2]), describe(t[4]))
	}
	return &storage{key: key, dtype: dtype, numel: n}, nil
}
