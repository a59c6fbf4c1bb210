package weights

import (
	"bytes"
	"fmt"
	"strings"
)

// The globals for which this package has code of its own. Every other one is opaque or refused.
const (
	orderedDict      global = "collections.OrderedDict"
	rebuildTensor    global = "torch._utils._rebuild_tensor_v2"
	rebuildTensorV1  global = "torch._utils._rebuild_tensor"    // PyTorch before 0.4
	rebuildTensorV3  global = "torch._utils._rebuild_tensor_v3" // of types without a storage's name
	untypedStorage   global = "torch.storage.UntypedStorage"    // bytes of any type
	rebuildParameter global = "torch._utils._rebuild_parameter"
	parameterClass   global = "torch.nn.parameter.Parameter" // PyTorch before 0.2
)

// storageTypes holds the globals that name the type of a storage.
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

// refused lists modules and functions that no training script leaves in a checkpoint: a file that
// names one means harm.
var refused = []global{
	"os.", "posix.", "nt.", "sys.", "subprocess.", "runpy.", "pty.", "socket.", "shutil.",
	"importlib.", "ctypes.", "code.", "webbrowser.",
	"builtins.eval", "builtins.exec", "builtins.compile", "builtins.open", "builtins.__import__",
	"__builtin__.eval", "__builtin__.execfile", "__builtin__.compile", "__builtin__.open",
	"__builtin__.__import__",
}

// storage names a flat piece of memory outside of the pickle, of which tensors are views. In files
// of PyTorch before 1.6 it can itself be a part of another storage, from base on.
type storage struct {
	key   string
	dtype DType
	numel int64
	base  int64 // in elements
	part  bool
}

// object runs an opcode that names a class or a function, calls one, or sets the state of an
// object.
func (m *machine) object(op byte) bool {
	switch op {
	case 'c':
		m.global(m.line() + "." + m.line())
	case 0x93:
		if v := m.popN(2); m.err == nil {
			module, ok1 := v[0].(string)
			name, ok2 := v[1].(string)
			if !ok1 || !ok2 {
				m.fail("a global named by %s and %s", describe(v[0]), describe(v[1]))
			}
			m.global(module + "." + name)
		}
	case 'R':
		m.reduce(m.popN(2))
	case 0x81: // cls.__new__(*args)
		m.create(m.popN(2))
	case 0x92: // cls.__new__(*args, **kwargs)
		m.create(m.popN(3))
	case 'b':
		m.build(m.pop())
	case 'Q':
		pid := m.pop()
		if m.err != nil {
			return true
		}
		v, err := m.persist(pid)
		if err != nil {
			m.fail("persistent id: %w", err)
		}
		m.push(v)
	default:
		return false
	}
	return true
}

// global pushes the name of a class or a function. The name is never looked up.
func (m *machine) global(name string) {
	for _, r := range refused {
		module := strings.HasSuffix(string(r), ".")
		if name == string(r) || module && strings.HasPrefix(name, string(r)) {
			m.fail("refusing a file that wants to run %s", quote(name))
		}
	}
	m.push(global(name))
}

// line reads text up to the end of the line.
func (m *machine) line() string {
	n := bytes.IndexByte(m.in[m.pos:], '\n')
	if n < 0 {
		m.fail("the pickle ends too early")
		return ""
	}
	return string(bytes.TrimSuffix(m.bytes(int64(n)+1), []byte("\n")))
}

// reduce stands in for the call of v[0] with the tuple of arguments v[1].
func (m *machine) reduce(v []any) {
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

// call returns what a function makes of its arguments, for the functions of globals that this
// package knows; any other makes something opaque.
func call(f any, args tuple) (any, error) {
	switch f {
	case orderedDict:
		return newOrderedDict(args)
	case rebuildParameter:
		if len(args) == 3 {
			switch args[0].(type) {
			case *view, *opaque:
				return args[0], nil
			}
		}
		return nil, fmt.Errorf("want a tensor, requires_grad and hooks")
	case rebuildTensor, rebuildTensorV1:
		if len(args) > 0 {
			if o, ok := args[0].(*opaque); ok { // of a type that has no name here
				return o, nil
			}
		}
		return viewOf(args)
	case rebuildTensorV3: // storage, offset, shape, strides, requires_grad, hooks, dtype
		if len(args) > 6 {
			return unreadTensor(args[2], args[6]), nil
		}
	}
	g, ok := f.(global)
	if !ok {
		return nil, fmt.Errorf("not a function")
	}
	if v, known, err := callNumpy(g, args); known {
		return v, err
	}
	return &opaque{class: g}, nil
}

// newerTypes holds safetensors' names of the types of which PyTorch has no class of storage.
var newerTypes = map[global]DType{
	"torch.uint16": "U16", "torch.uint32": "U32", "torch.uint64": "U64",
	"torch.float8_e4m3fn": "F8_E4M3", "torch.float8_e5m2": "F8_E5M2",
}

// unreadTensor stands for a tensor of a type that this package does not read.
func unreadTensor(shape, dtype any) *opaque {
	g, _ := dtype.(global)
	o := &opaque{class: rebuildTensorV3, dtype: newerTypes[g]}
	if o.dtype == "" {
		o.dtype = DType(strings.TrimPrefix(string(g), "torch."))
	}
	sizes, ok := integers(shape)
	for _, n := range sizes {
		o.shape = append(o.shape, int(n))
	}
	if _, fits := count(o.shape); !ok || !fits || len(sizes) > maxRank {
		o.dtype, o.shape = "", nil
	}
	return o
}

// newOrderedDict makes an empty dict, or one of a list of pairs as Python 2 writes it.
func newOrderedDict(args tuple) (any, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok || len(args) != 1 {
		return nil, fmt.Errorf("got %d arguments, want none or a list of pairs", len(args))
	}
	for _, p := range pairs.items {
		pair, _ := p.(tuple)
		if l, ok := p.(*list); ok {
			pair = l.items
		}
		if len(pair) != 2 {
			return nil, fmt.Errorf("got %s among the pairs", describe(p))
		}
		d.setAny(pair[0], pair[1])
	}
	return d, nil
}

// create stands in for making an object of class v[0] without calling its constructor.
func (m *machine) create(v []any) {
	if m.err != nil {
		return
	}
	g, ok := v[0].(global)
	switch {
	case !ok:
		m.fail("%s: not a class", describe(v[0]))
	case g == orderedDict:
		m.push(&dict{})
	default:
		m.push(&opaque{class: g})
	}
}

// build stands in for setting the state of the object on top of the stack. The state of a dict,
// which holds version numbers of modules, is not needed.
func (m *machine) build(state any) {
	switch v := m.peek().(type) {
	case *dict:
	case *scalarType:
		v.setState(state)
	case *opaque:
		if t, ok := state.(tuple); ok && v.class == parameterClass && len(t) > 0 {
			v.param, _ = t[0].(*view)
		}
	default:
		m.fail("cannot set the state of %s", describe(v))
	}
}

// asView returns v as a tensor, where it is one.
func asView(v any) (*view, bool) {
	if o, ok := v.(*opaque); ok && o.param != nil {
		return o.param, true
	}
	t, ok := v.(*view)
	return t, ok
}

// newStorage reads the persistent id of a zip archive: ("storage", type, key, device, number of
// elements).
func newStorage(pid any) (any, error) {
	t, ok := pid.(tuple)
	if !ok || len(t) != 5 || t[0] != any("storage") {
		return nil, fmt.Errorf("got %s, want the five parts of a storage", describe(pid))
	}
	return storageOf(t)
}

// storageOf reads the first five parts of a persistent id. A storage of an unknown type is opaque.
func storageOf(t tuple) (any, error) {
	kind, isGlobal := t[1].(global)
	key, isText := t[2].(string)
	n, isInt := t[4].(int64)
	dtype, known := storageTypes[kind]
	switch {
	case !isGlobal || !strings.HasSuffix(string(kind), "Storage") || !isText || !isInt || n < 0:
		return nil, fmt.Errorf("storage of %s, key %s and length %s",
			describe(t[1]), describe(t[2]), describe(t[4]))
	case !known:
		return &opaque{class: kind}, nil
	}
	return &storage{key: key, dtype: dtype, numel: n}, nil
}
