// Package native is the backend of C++ kernels. Convolutions are oneDNN's
// (https://github.com/oneapi-src/oneDNN, 2.x or 3.x), on activations in blocks of channels or in
// bfloat16 with channels innermost; what lies between them are vector kernels of package cpp. What
// neither has, the portable backend computes.
//
// It is built with the tag onednn on amd64, which make sets where the library is there. A program
// without it has the entry Kernels alone, which says what to install.
package native

import "acol/internal/kernel/backend"

// Kernels is this backend's entry in the list of backends.
var Kernels = backend.Kernels{
	Name:       "native",
	Precisions: []backend.Precision{backend.FP32, backend.BF16},
	Missing:    missing,
	Open:       open,
}
