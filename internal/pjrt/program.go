package pjrt

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"unsafe"
)

// Program is a compiled program on one device, or on several, each of which runs a replica of it.
type Program struct {
	// Replicas is how many devices it runs on.
	Replicas int

	plugin  *Plugin
	loaded  uintptr // PJRT_LoadedExecutable
	outputs int     // of a replica
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

// Compile compiles a module of StableHLO, as text, for some of the client's devices, each of which
// runs a replica: the first device the replica 0. The module states their number as
// mhlo.num_replicas. A flag that the plugin does not know is an error.
func (c *Client) Compile(text []byte, flags Flags, on []*Device) (*Program, error) {
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
	ids := make([]int, len(on))
	for i, d := range on {
		ids[i] = d.ID
	}
	format, options := []byte("mlir"), compileOptions(flags, ids)
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
	return c.plugin.loaded(a.loaded, len(on))
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

// Bytes is what a run takes of the memory of each device by the compiler's account: arguments,
// outputs and what lies between; 0 where the plugin does not say.
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

// Run begins to run the program on the arguments of each replica, which are on its device, and
// gives the outputs of each, which are the caller's to free. Reading an output waits for it, and
// tells of an error of the run. A run may begin before the one before it has ended.
func (p *Program) Run(args [][]*Buffer) ([][]*Buffer, error) {
	if len(args) != p.Replicas {
		return nil, fmt.Errorf("running %d replicas with arguments of %d", p.Replicas, len(args))
	}
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
	lists, results := make([]*uintptr, len(args)), make([]*uintptr, len(args))
	outs := make([][]uintptr, len(args))
	for r, list := range args {
		if len(list) != len(args[0]) {
			return nil, fmt.Errorf("running with %d arguments of one replica and %d of another",
				len(args[0]), len(list))
		}
		in := make([]uintptr, len(list)+1) // never empty, so that it has an address
		for i, b := range list {
			in[i] = b.buffer
		}
		outs[r] = make([]uintptr, p.outputs+1)
		lists[r], results[r] = &in[0], &outs[r][0]
	}
	a.size, a.loaded, a.options = unsafe.Sizeof(a), p.loaded, o
	a.args, a.ndevices, a.nargs = &lists[0], uintptr(len(args)), uintptr(len(args[0]))
	a.outs = &results[0]
	if err := p.plugin.call(loadedExecute, unsafe.Pointer(&a)); err != nil {
		return nil, fmt.Errorf("running on the device: %w", err)
	}
	buffers := make([][]*Buffer, len(args))
	for r := range buffers {
		for _, b := range outs[r][:p.outputs] {
			buffers[r] = append(buffers[r], &Buffer{plugin: p.plugin, buffer: b})
		}
	}
	return buffers, nil
}

// Close frees the program.
func (p *Program) Close() error { return p.plugin.on(loadedDestroy, p.loaded) }

// compileOptions writes xla.CompileOptionsProto: build options for replicas of one partition, one
// on each of the devices of these numbers, and the flags.
func compileOptions(flags Flags, devices []int) []byte {
	const (
		buildOptions, flagMap                 = 3, 7 // of CompileOptionsProto
		ordinal, replicas, partitions         = 1, 4, 5
		assignment                            = 9          // of the build options
		rows, columns, column, numbers        = 1, 2, 3, 1 // of DeviceAssignmentProto, of its column
		key, value                            = 1, 2       // of an entry of the map
		anyDevice                      uint64 = 1<<64 - 1
	)
	build := number(nil, ordinal, anyDevice)
	build = number(build, replicas, uint64(len(devices)))
	build = number(build, partitions, 1)
	table := number(number(nil, rows, uint64(len(devices))), columns, 1)
	var one []byte
	for _, d := range devices {
		one = number(one, numbers, uint64(d))
	}
	build = field(build, assignment, field(table, column, one))
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
