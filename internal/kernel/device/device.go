// Package device computes on the device of a PJRT plugin: a GPU, a TPU, or for tests a processor.
// It writes a whole graph as StableHLO, which the plugin compiles, fuses and lays out by itself.
package device

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"time"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/pjrt"
	"acol/internal/stablehlo"
)

// Backend computes on a device of a plugin, or shares batches out to several. What is not part of a
// graph, such as the update of parameters that several processes share, another backend computes in
// the memory of this process.
type Backend struct {
	backend.Backend // of the host

	client    *pjrt.Client
	devices   []*pjrt.Device // those to compute on; there is at least one
	platform  string
	precision backend.Precision
	flags     pjrt.Flags
	programs  map[[sha256.Size]byte]*pjrt.Program // by their text: none is compiled twice
	open      map[*program]bool                   // those that may hold memory of the device

	kept     *Compiled     // programs of earlier sessions; nil for none
	identity []byte        // what all of them depend on; nil before it is known
	watch    Watch         // nil for none
	least    time.Duration // of a compilation that is told and kept

	stop <-chan struct{} // closed where nothing is to be compiled any more; nil for never
	left bool            // a compiler may still be at work, of which nobody waits for the end
}

var _ backend.GraphBackend = (*Backend)(nil)

// platformCPU is the name that plugins give to processors.
const platformCPU = "cpu"

// flags are XLA's flags by platform.
var flags = map[string]pjrt.Flags{
	// The faster minimum and maximum of processors lose NaN.
	platformCPU: {"xla_cpu_enable_fast_min_max": false},
	// A training can be repeated to the bit.
	"cuda": {"xla_gpu_exclude_nondeterministic_ops": true},
	"rocm": {"xla_gpu_exclude_nondeterministic_ops": true},
}

// excessFlag is XLA's flag that lets it leave out roundings, by which a value may lie in memory
// both rounded and not.
const excessFlag = "xla_allow_excess_precision"

// FlagsOf are XLA's flags for computing in a precision by the plugin at path, whose devices are of
// a platform: cuda, cpu or another.
func FlagsOf(platform, path string, in backend.Precision) pjrt.Flags {
	own := pjrt.Flags{}
	maps.Copy(own, flags[platform])
	if in == backend.BF16 {
		own[excessFlag] = false
	}
	if platform != "cuda" {
		return own
	}
	if dir := toolkit(path); dir != "" {
		own[toolkitFlag] = dir
	}
	return own
}

// Open opens the devices of a Name, which is neither CPU nor Auto, to compute in a precision. The
// backend takes over the host's backend, which it closes with itself; on an error that is the
// caller's still. A device that cannot be used is an *Error.
func Open(name string, in backend.Precision, host backend.Backend) (*Backend, error) {
	n, err := Parse(name)
	if err != nil {
		return nil, err
	}
	c, err := n.start()
	if err != nil {
		return nil, err
	}
	platform, _, err := c.Platform()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	b := &Backend{
		Backend: host, client: c, devices: c.Devices, platform: platform, precision: in,
		flags: FlagsOf(platform, c.Plugin().Path, in), least: worthTelling,
		programs: map[[sha256.Size]byte]*pjrt.Program{}, open: map[*program]bool{},
	}
	if err := b.meet(n); err != nil {
		b.free()
		return nil, err
	}
	return b, nil
}

// Name is "device".
func (b *Backend) Name() string { return "device" }

// ISA is the kind of the device, such as "NVIDIA H100 80GB HBM3" or "cpu", behind the number of
// devices where there are several: "2 x cpu".
func (b *Backend) ISA() string {
	if n := len(b.devices); n > 1 {
		return fmt.Sprintf("%d x %s", n, b.devices[0].Kind)
	}
	return b.devices[0].Kind
}

// Replicas implements backend.GraphBackend.
func (b *Backend) Replicas() int { return len(b.devices) }

// Processor says whether the device is a processor.
func (b *Backend) Processor() bool { return b.platform == platformCPU }

// Library names the plugin's file and the version of its interface.
func (b *Backend) Library() string {
	p := b.client.Plugin()
	return filepath.Base(p.Path) + ", PJRT " + p.Version()
}

// Threads is 0: the number is a plugin's own matter. XLA on a processor takes all that this process
// may use.
func (b *Backend) Threads() int { return 0 }

// FlushesSubnormals says that numbers below 2^-126 may count as zeros, as in XLA on processors.
func (b *Backend) FlushesSubnormals() bool { return b.platform == platformCPU }

// Precision is what Open was asked for: a device has all of them.
func (b *Backend) Precision() backend.Precision { return b.precision }

// Close ends the devices and the host's backend.
func (b *Backend) Close() {
	b.free()
	b.Backend.Close()
}

// free ends the devices, unless a compiler may still use them. Nobody could do anything about
// errors here.
func (b *Backend) free() {
	if b.left {
		return
	}
	for p := range b.open {
		_ = p.Close()
	}
	for _, p := range b.programs {
		_ = p.Close()
	}
	_ = b.client.Close()
}

// Compile compiles a program of one Spec, whose operands each run copies to the device and whose
// result it copies back. It serves checks; graphs go through CompileGraph.
func (b *Backend) Compile(s kernel.Spec, in []backend.Layout) (*backend.Routine, error) {
	if err := backend.Check(s, in); err != nil {
		return nil, err
	}
	if !stablehlo.Has(s) {
		return nil, backend.UnsupportedError{Backend: b.Name(), Spec: s}
	}
	g := backend.Graph{}
	last := backend.GraphNode{Spec: s, Shape: s.Out()}
	plain := make([]backend.Layout, len(in))
	for i, shape := range s.In() {
		n := backend.GraphNode{Shape: shape, Bytes: kernel.ReadsBytes(s, i)}
		if plain[i] = backend.Plain; n.Bytes {
			plain[i] = backend.Bytes
		}
		g.Nodes = append(g.Nodes, n)
		last.In = append(last.In, i)
	}
	g.Nodes, g.Outputs = append(g.Nodes, last), []int{len(in)}
	p, err := b.CompileGraph(g)
	if err != nil {
		return nil, err
	}
	return backend.Guard(b, s, &backend.Routine{
		In: plain, Out: backend.Plain, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			if err := backend.Run(p, [][]float32{out}, in, true); err != nil {
				panic(err) // the engine makes an error of it
			}
		},
	}), nil
}

// CompileGraph implements backend.GraphBackend.
func (b *Backend) CompileGraph(g backend.Graph) (backend.Program, error) {
	if err := g.CheckReplicas(len(b.devices)); err != nil {
		return nil, err
	}
	text, err := stablehlo.Module(g, b.precision)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(text)
	compiled := b.programs[key]
	if compiled == nil {
		on := b.devices[:g.Parts()]
		if compiled, err = b.compile(text, on, len(g.Nodes)-len(g.Leaves())); err != nil {
			return nil, err
		}
		b.programs[key] = compiled
	}
	p, err := newProgram(b, compiled, g)
	if err != nil {
		return nil, err
	}
	b.open[p] = true
	return p, nil
}
