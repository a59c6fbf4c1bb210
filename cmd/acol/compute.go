package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/kernels"
	"acol/internal/machine"
	"acol/internal/train"
)

// garbagePercent is how much garbage, of images mostly, may gather beside a heap that is one large
// arena: with Go's usual 100 a training would take twice its memory.
const garbagePercent = 20

// spareThreads are those of Go's runtime, and those that wait for files.
const spareThreads = 6

// newEngine starts the kernels that a recipe asks for. Where one of several processes cannot, that
// is an error of all.
func newEngine(s *streams, c train.Config) (*engine.Engine, error) {
	b, err := openBackend(s, c)
	if err := s.Ranks.agree(err); err != nil {
		if b != nil {
			b.Close()
		}
		return nil, err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	boundGarbage()
	if d, ok := b.(*device.Backend); ok {
		prepareDevice(s, d)
		s.say("on %s %s (%s): each network is compiled first, which can take minutes",
			s.Ranks.devices(d.Replicas()), b.ISA(), b.Library())
	}
	eng := engine.New(b)
	admitAll(eng)
	return eng, nil
}

// early is a backend that a command has opened before it needs one, and what it was asked for.
type early struct {
	asked backend.Options
	backend.Backend
}

// openEarly opens the device that a recipe asks for, so that what is wrong with it is found before
// something long, such as a download. The engine takes it over; where none is made any more, the
// process ends. Several processes share devices out when all have begun, and open none before.
func openEarly(s *streams, c train.Config) error {
	if s.Ranks.world().Size() > 1 {
		return nil
	}
	b, err := openBackend(s, c)
	if err == nil {
		s.early = &early{c.Backend(), b}
	}
	return err
}

// openBackend opens the kernels that a recipe asks for, on at most as many threads as this process
// has processors, or takes over those that were opened early.
func openBackend(s *streams, c train.Config) (backend.Backend, error) {
	if e := s.early; e != nil && e.asked == c.Backend() {
		s.early = nil
		return e.Backend, nil
	}
	if err := machine.EnoughAddresses(threadsVirtual + kernelsVirtual); err != nil {
		return nil, hinted{err, raiseLimit}
	}
	asked := c.Threads
	if c.Backend().OnDevice() {
		c.Threads = min(asked, s.Ranks.processors())
	} else {
		c.Threads = boundThreads(s, asked, s.Ranks.processors())
	}
	threads := cmp.Or(c.Threads, runtime.GOMAXPROCS(0))
	if err := machine.EnoughThreads(threads + runtime.GOMAXPROCS(0) + spareThreads); err != nil {
		return nil, hinted{err, "raise ulimit -u, or compute with fewer --threads"}
	}
	b, err := openKernels(s, c.Backend(), kernels.Open)
	if d, ok := b.(*device.Backend); ok && d.Processor() && asked > 0 {
		s.say("train.threads is %d, which XLA does not take: it computes on every processor that "+
			"this process may use (taskset bounds them)", asked)
	}
	return b, err
}

// openKernels opens a backend. Where the choice of the kernels is left to the program and none can
// compute in the precision of the recipe here, it is fp32, and that is said: recipes and runs
// travel to machines without bf16.
func openKernels(
	s *streams, o backend.Options, open func(backend.Options) (backend.Backend, error),
) (backend.Backend, error) {
	if o.Device == device.Auto {
		return openAuto(s, o, open)
	}
	var err error
	if o.Device, err = s.Ranks.device(o.Device); err != nil {
		return nil, fmt.Errorf("train.device: %w", err)
	}
	b, err := open(o)
	if err != nil && o.Kernels == kernels.Auto && o.Precision != backend.FP32 && !o.OnDevice() {
		usual := o
		usual.Precision = backend.FP32
		if b, slow := open(usual); slow == nil {
			sayNotice(s, b)
			s.say("train.precision is %s, which this machine does not have: it computes in %s",
				o.Precision, usual.Precision)
			return b, nil
		}
	}
	if errors.As(err, new(*device.Error)) {
		return nil, fmt.Errorf("train.device: %w", err)
	}
	if err != nil {
		return nil, hinted{err, "--kernels and --precision, or the recipe's train.kernels and " +
			"train.precision, say what computes"}
	}
	sayNotice(s, b)
	return b, nil
}

// sayNotice says what a backend has to tell the user.
func sayNotice(s *streams, b backend.Backend) {
	if n, ok := b.(interface{ Notice() string }); ok && n.Notice() != "" {
		s.say("%s", n.Notice())
	}
}

// openAuto opens the device of the last plugin, by name, that is for another kind of device than a
// processor and that finds one. Where there is none, it is the processor. Either is said.
func openAuto(
	s *streams, o backend.Options, open func(backend.Options) (backend.Backend, error),
) (backend.Backend, error) {
	list, err := device.Accelerators()
	if err != nil {
		return nil, err
	}
	for _, o.Device = range slices.Backward(list) {
		b, err := openKernels(s, o, open)
		if d, ok := b.(*device.Backend); ok && d.Processor() {
			b.Close() // a plugin whose name did not say so
			continue
		}
		if err == nil {
			return b, nil
		}
		s.say("%v", err)
	}
	o.Device = device.CPU
	if len(list) == 0 {
		s.say("train.device is auto, and no plugin is installed: it computes on the processor")
		s.hint("acol device install cuda13 installs NVIDIA's; --device cpu is the processor")
	} else {
		s.say("train.device is auto, and no plugin finds a device: it computes on the processor")
	}
	return openKernels(s, o, open)
}

// boundGarbage makes Go collect garbage before the memory that this process may take ends. A bound
// that the user gave (GOMEMLIMIT) stands.
func boundGarbage() {
	limit := machine.Memory()
	if os.Getenv("GOMEMLIMIT") != "" || !limit.Known {
		return
	}
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	const spare = 64 << 20 // for what C takes
	debug.SetMemoryLimit(int64(now.Sys-now.HeapReleased) + max(limit.Free-spare, spare))
}

// boundThreads returns a number of threads that the processors can keep busy, and says where that
// is another than the recipe's. More threads than processors only wait for each other: a recipe of
// a larger machine would crawl on this one. It is no error, because recipes and runs travel.
func boundThreads(s *streams, threads, processors int) int {
	if threads <= processors {
		return threads
	}
	s.say("train.threads is %d, and this process has %s: it computes with %d",
		threads, counted(processors, "processor"), processors)
	return processors
}
