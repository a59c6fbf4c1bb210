package backend

import (
	"runtime"
	"slices"
)

// Precision is the number format of activations and of the products that make them. Parameters,
// statistics, losses and gradients of parameters are float32 in each.
type Precision string

const (
	// FP32 is float32.
	FP32 Precision = "fp32"
	// BF16 is bfloat16 with sums in float32.
	BF16 Precision = "bf16"
	// TF32 is float32 in memory, of whose 24 significant bits NVIDIA's GPUs multiply the first 11,
	// with sums in float32. Devices have it.
	TF32 Precision = "tf32"
)

// Options choose a backend.
type Options struct {
	// Kernels is the name of a backend, or auto (which is also the empty string): the first one
	// that the program and the processor have.
	Kernels string
	// Threads is how many threads a routine may use. Zero or less is one for each CPU.
	Threads int
	// Direct leaves out Winograd's convolution, which is faster and rounds more: 1e-6 of the
	// largest value.
	Direct bool
	// Precision is FP32 where it is empty.
	Precision Precision
	// Device is the path of a PJRT plugin on whose device graphs are computed; the kernels then
	// compute the rest. Empty, or CPU, is no device.
	Device string
}

// CPU is the word for computing on this machine's processor.
const CPU = "cpu"

// OnDevice says whether graphs are computed on a device.
func (o Options) OnDevice() bool { return o.Device != "" && o.Device != CPU }

// WithDefaults fills in what an empty option stands for.
func (o Options) WithDefaults() Options {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Precision == "" {
		o.Precision = FP32
	}
	return o
}

// Kernels is a backend before it is opened: the entry of its package in the list of package
// kernels.
type Kernels struct {
	// Name is the name by which Options.Kernels asks for the backend.
	Name string
	// Precisions are the number formats that it has on a suitable processor.
	Precisions []Precision
	// Missing says why this program on this machine cannot compute in a precision with it; nil
	// where it can.
	Missing func(p Precision) error
	// Open starts the backend, whose Missing(o.Precision) is nil. The options have no empty field.
	Open func(o Options) (Backend, error)
}

// Computes says whether the backend has a number format on a suitable processor.
func (k Kernels) Computes(p Precision) bool { return slices.Contains(k.Precisions, p) }
