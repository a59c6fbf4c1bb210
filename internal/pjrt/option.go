package pjrt

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"unsafe"
)

// Options are a plugin's own settings of a client by name, such as visible_devices of plugins for
// GPUs or cpu_device_count of those for processors. A value is an int64, []int64, bool, float32 or
// string. A plugin refuses a name that it does not know.
type Options map[string]any

// namedValue is PJRT_NamedValue. Its size is fixed, since such values come in arrays.
type namedValue struct {
	head
	name  *byte
	nname uintptr
	kind  int32
	value uint64 // or the address of what has several elements
	n     uintptr
}

// The kinds of PJRT_NamedValue.
const (
	kindString = iota
	kindInt
	kindInts
	kindFloat
	kindBool
)

// named is a list of options in the memory that a plugin reads.
type named struct {
	values []namedValue
	pins   runtime.Pinner
}

// list turns options into what a plugin reads, which stays in its place until free.
func (o Options) list() (*named, error) {
	l := &named{}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		v := namedValue{name: unsafe.StringData(name), nname: uintptr(len(name)), n: 1}
		v.size = unsafe.Sizeof(v)
		l.pins.Pin(v.name)
		switch x := o[name].(type) {
		case int64:
			v.kind, v.value = kindInt, uint64(x)
		case bool:
			v.kind = kindBool
			if x {
				v.value = 1
			}
		case float32:
			v.kind, v.value = kindFloat, uint64(math.Float32bits(x))
		case []int64:
			v.kind, v.n = kindInts, uintptr(len(x))
			v.value = l.pin(unsafe.Pointer(unsafe.SliceData(x)), len(x))
		case string:
			v.kind, v.n = kindString, uintptr(len(x))
			v.value = l.pin(unsafe.Pointer(unsafe.StringData(x)), len(x))
		default:
			l.free()
			return nil, fmt.Errorf("the option %s has a value of type %T", name, x)
		}
		l.values = append(l.values, v)
	}
	return l, nil
}

// pin keeps n elements where they are and gives their address, 0 for none.
func (l *named) pin(at unsafe.Pointer, n int) uint64 {
	if n == 0 {
		return 0
	}
	l.pins.Pin(at)
	return uint64(uintptr(at))
}

// at is the address of the first option.
func (l *named) at() *namedValue { return unsafe.SliceData(l.values) }

func (l *named) free() { l.pins.Unpin() }
