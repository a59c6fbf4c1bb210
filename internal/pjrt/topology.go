package pjrt

import (
	"fmt"
	"unsafe"
)

// Estimate is what a compiler says of a program.
type Estimate struct {
	// Arguments, Outputs and Temporary are bytes of the device's memory; of the outputs, Aliased
	// bytes are in the memory of arguments.
	Arguments, Outputs, Aliased, Temporary int64
	// Peak is the most that a run takes at once, in bytes; 0 where the compiler does not say.
	Peak int64
	// Program is what the compiler has made of the module, an HloModuleProtoWithConfig as bytes.
	Program []byte
}

// CompileFor compiles a module of StableHLO, as text, for devices that need not be here, one for
// each of its replicas. Target says which, in the plugin's own words: plugins for NVIDIA's GPUs
// take "target_config", a GpuTargetConfigProto as text, and "topology", such as "1x1x8" for one
// host with eight. Nothing can be run.
func (p *Plugin) CompileFor(
	target Options, text []byte, flags Flags, replicas int,
) (*Estimate, error) {
	if len(text) == 0 {
		return nil, fmt.Errorf("compiling an empty module")
	}
	topology, err := p.topology(target)
	if err != nil {
		return nil, fmt.Errorf("describing a device to %s: %w", p.Path, err)
	}
	defer func() { _ = p.on(topologyDestroy, topology) }()
	var a struct {
		head
		topology   uintptr
		module     *module
		options    *byte
		noptions   uintptr
		client     uintptr
		executable uintptr
		tail
	}
	ids := make([]int, replicas)
	for i := range ids {
		ids[i] = i
	}
	format, options := []byte("mlir"), compileOptions(flags, ids)
	m := &module{
		code: &text[0], bytes: uintptr(len(text)),
		format: &format[0], nformat: uintptr(len(format)),
	}
	m.size = unsafe.Sizeof(*m)
	a.size, a.topology, a.module = unsafe.Sizeof(a), topology, m
	a.options, a.noptions = &options[0], uintptr(len(options))
	if err := p.call(topologyCompile, unsafe.Pointer(&a)); err != nil {
		return nil, fmt.Errorf("compiling for a device that is described: %w", err)
	}
	defer func() { _ = p.on(executableDestroy, a.executable) }()
	return p.estimate(a.executable)
}

// topology makes a PJRT_TopologyDescription.
func (p *Plugin) topology(target Options) (uintptr, error) {
	list, err := target.list()
	if err != nil {
		return 0, err
	}
	defer list.free()
	var a struct {
		head
		name     *byte
		nname    uintptr
		options  *namedValue
		n        uintptr
		topology uintptr
		tail
	}
	name := []byte("described")
	a.size, a.name, a.nname = unsafe.Sizeof(a), &name[0], uintptr(len(name))
	if a.n = uintptr(len(list.values)); a.n > 0 {
		list.pins.Pin(list.at()) // it holds pointers to pinned memory
		a.options = list.at()
	}
	err = p.call(topologyCreate, unsafe.Pointer(&a))
	return a.topology, err
}

// estimate asks a PJRT_Executable what it takes.
func (p *Plugin) estimate(executable uintptr) (*Estimate, error) {
	m, err := p.memory(executable)
	if err != nil {
		return nil, err
	}
	code, err := p.optimized(executable)
	return &Estimate{
		Arguments: m.args, Outputs: m.outs, Aliased: m.alias, Temporary: m.temp, Peak: m.peak,
		Program: code,
	}, err
}

// optimized asks a PJRT_Executable for what the compiler has made of the module.
func (p *Plugin) optimized(executable uintptr) ([]byte, error) {
	var a struct {
		head
		executable uintptr
		module     *module
		tail
	}
	m := &module{}
	m.size = unsafe.Sizeof(*m)
	a.size, a.executable, a.module = unsafe.Sizeof(a), executable, m
	var code []byte
	// The first call says how many bytes there are.
	for range 2 {
		if len(code) > 0 {
			m.code = &code[0]
		}
		if err := p.call(executableOptimized, unsafe.Pointer(&a)); err != nil {
			return nil, fmt.Errorf("reading what was compiled: %w", err)
		}
		if code == nil {
			code = make([]byte, m.bytes)
		}
	}
	return code, nil
}

// memoryStats is PJRT_Executable_GetCompiledMemoryStats_Args.
type memoryStats struct {
	head
	executable                    uintptr
	code, args, outs, alias, temp int64
	_                             [5]int64 // of the host
	peak                          int64
	tail
}

// memory asks a PJRT_Executable for the compiler's account of memory.
func (p *Plugin) memory(executable uintptr) (*memoryStats, error) {
	a := &memoryStats{executable: executable}
	a.size = unsafe.Sizeof(*a)
	if err := p.call(executableMemory, unsafe.Pointer(a)); err != nil {
		return nil, err
	}
	return a, nil
}
