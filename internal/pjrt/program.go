package pjrt

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"unsafe"
)

// Program is a compiled program on one device.
type Program struct {
	plugin  *Plugin
	loaded  uintptr // PJRT_LoadedExecutable
	outputs int
}

// module is PJRT_Program.
type module struct {
	head
	code    *byte
	bytes   uintptr
	format  *byte
	nformat uintptr
	tail
}

// Flags are XLA's own, by the names that the variable XLA_FLAGS takes. A value is a bool or a
// string.
type Flags map[string]any

// Compile compiles a module of StableHLO, as text, for one of the client's devices. A flag that the
// plugin does not know is an error.
func (c *Client) Compile(text []byte, flags Flags, on *Device) (*Program, error) {
	if len(text) == 0 {
		return nil, fmt.Errorf("compiling an empty module")
	}
	var a struct {
		head
		client   uintptr
		module   *module
		options  *byte
		noptions uintptr
		loaded   uintptr
		tail
	}
	format, options := []byte("mlir"), compileOptions(flags, on.ID)
	m := &module{
		code: &text[0], bytes: uintptr(len(text)),
		format: &format[0], nformat: uintptr(len(format)),
	}
	m.size = unsafe.Sizeof(*m)
	a.size, a.client, a.module = unsafe.Sizeof(a), c.client, m
	a.options, a.noptions = &options[0], uintptr(len(options))
	if err := c.plugin.call(clientCompile, unsafe.Pointer(&a)); err != nil {
		return nil, fmt.Errorf("compiling for the device: %w", err)
	}
	return c.plugin.loaded(a.loaded)
}

// inner calls f with the PJRT_Executable of the program.
func (p *Program) inner(f func(e uintptr) error) error {
	var g struct {
		head
		loaded, executable uintptr
		tail
	}
	g.size, g.loaded = unsafe.Sizeof(g), p.loaded
	if err := p.plugin.call(loadedExecutable, unsafe.Pointer(&g)); err != nil {
		return err
	}
	defer func() { _ = p.plugin.on(executableDestroy, g.executable) }()
	return f(g.executable)
}

// Bytes is what a run takes of the device's memory by the compiler's account: arguments, outputs
// and what lies between; 0 where the plugin does not say.
func (p *Program) Bytes() int64 {
	var m *memoryStats
	err := p.inner(func(e uintptr) (err error) {
		m, err = p.plugin.memory(e)
		return err
	})
	if err != nil {
		return 0
	}
	return m.args + m.outs - m.alias + m.temp
}

// Run begins to run the program on its arguments and gives its outputs, which are the caller's to
// free. Reading an output waits for it, and tells of an error of the run.
func (p *Program) Run(args []*Buffer) ([]*Buffer, error) {
	type options struct {
		head
		send, recv           uintptr
		nsend, nrecv         uintptr
		launch               int32
		keep                 *int64
		nkeep                uintptr
		context, location    uintptr
		ntasks, tasks, lives uintptr
		tail
	}
	var a struct {
		head
		loaded   uintptr
		options  *options
		args     **uintptr
		ndevices uintptr
		nargs    uintptr
		outs     **uintptr
		done     *uintptr
		device   uintptr
		tail
	}
	o := &options{}
	o.size = unsafe.Sizeof(*o)
	in, out := make([]uintptr, len(args)+1), make([]uintptr, p.outputs+1) // never empty
	for i, b := range args {
		in[i] = b.buffer
	}
	lists, results := []*uintptr{&in[0]}, []*uintptr{&out[0]}
	a.size, a.loaded, a.options = unsafe.Sizeof(a), p.loaded, o
	a.args, a.ndevices, a.nargs, a.outs = &lists[0], 1, uintptr(len(args)), &results[0]
	if err := p.plugin.call(loadedExecute, unsafe.Pointer(&a)); err != nil {
		return nil, fmt.Errorf("running on the device: %w", err)
	}
	buffers := make([]*Buffer, p.outputs)
	for i := range buffers {
		buffers[i] = &Buffer{plugin: p.plugin, buffer: out[i]}
	}
	return buffers, nil
}

// Close frees the program.
func (p *Program) Close() error { return p.plugin.on(loadedDestroy, p.loaded) }

// compileOptions writes xla.CompileOptionsProto: build options for one replica on one partition, on
// the device of a number, and the flags.
func compileOptions(flags Flags, device int) []byte {
	const (
		buildOptions, flagMap                 = 3, 7 // of CompileOptionsProto
		ordinal, replicas, partitions         = 1, 4, 5
		assignment                            = 9          // of the build options
		rows, columns, column, numbers        = 1, 2, 3, 1 // of DeviceAssignmentProto, of its column
		key, value                            = 1, 2       // of an entry of the map
		anyDevice                      uint64 = 1<<64 - 1
	)
	build := number(nil, ordinal, anyDevice)
	build = number(build, replicas, 1)
	build = number(build, partitions, 1)
	table := number(number(nil, rows, 1), columns, 1)
	table = field(table, column, number(nil, numbers, uint64(device)))
	build = field(build, assignment, table)
	out := field(nil, buildOptions, build)
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		entry := field(field(nil, key, []byte(name)), value, override(flags[name]))
		out = field(out, flagMap, entry)
	}
	return out
}

// override writes xla.OptionOverrideProto.
func override(v any) []byte {
	const textField, boolField = 1, 2
	switch v := v.(type) {
	case string:
		return field(nil, textField, []byte(v))
	case bool:
		n := uint64(0)
		if v {
			n = 1
		}
		return number(nil, boolField, n)
	}
	panic(fmt.Sprintf("a flag of XLA with a value of type %T", v)) // which this program wrote
}

// number appends a protobuf field of a number.
func number(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3), v)
}

// field appends a protobuf field of bytes.
func field(b []byte, field int, v []byte) []byte {
	const bytesWire = 2
	b = binary.AppendUvarint(b, uint64(field)<<3|bytesWire)
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}
