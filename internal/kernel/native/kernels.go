// Package native is the backend of C++ kernels. Convolutions are oneDNN's
// (https://github.com/oneapi-src/oneDNN, 2.x or 3.x), on activations in blocks of channels or in
// bfloat16 with channels innermost; the vector kernels of package cpp compute what lies between
// convolutions. The portable backend computes what neither of them has.
//
// It is built with the tag onednn on amd64, which make sets where the library is installed. A
// program built without the tag has the entry Kernels alone, which says what to install.
package native

import (
	"errors"

	"acol/internal/kernel/backend"
)

// Kernels is this backend's entry in the list of backends.
var Kernels = backend.Kernels{
	Name:       "native",
	Precisions: []backend.Precision{backend.FP32, backend.BF16},
	Missing:    missing,
	Open:       open,
}

var errTF32 = errors.New("precision tf32 is of GPUs: compute on a device, or use fp32 or bf16")
