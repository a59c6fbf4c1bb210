package kernel

import "fmt"

// Precision is the number format of activations and of the products that make
// them. Parameters, statistics, losses and gradients of parameters are float32 in each.
type Precision string

// FP32 is float32; BF16 is bfloat16 with sums in float32.
const (
	FP32 Precision = "fp32"
	BF16 Precision = "bf16"
)

// Options choose a backend.
type Options struct {
	// Kernels is native, portable, or auto: native where the program and the processor have it.
	Kernels string
	// Threads is how many threads a step may use; not positive is one for each CPU.
	Threads int
	// Direct leaves out Winograd's convolution, which is faster and rounds more: 1e-6 of the largest value.
	Direct bool
	// Precision is FP32 where it is empty.
	Precision Precision
}

// New opens the backend that the options ask for, or says why there is none.
func New(o Options) (Backend, error) {
	switch o.Precision {
	case "", FP32, BF16:
	default:
		return nil, fmt.Errorf("precision %q is not one of fp32, bf16", o.Precision)
	}
	switch o.Kernels {
	case "", "auto":
		if nativeUsable() || o.Precision == BF16 {
			return newNative(o)
		}
	case "native":
		return newNative(o)
	case "portable":
	default:
		return nil, fmt.Errorf("kernels %q is not one of auto, native, portable", o.Kernels)
	}
	if o.Precision == BF16 {
		return nil, fmt.Errorf("the portable kernels compute in fp32 alone: use precision fp32, or the native kernels")
	}
	return NewPortable(o.Threads), nil
}
