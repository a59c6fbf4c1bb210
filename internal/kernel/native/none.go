//go:build !(onednn && amd64 && cgo)

package native

import (
	"errors"

	"acol/internal/kernel/backend"
)

// Built says whether the program has the native kernels.
const Built = false

func missing(p backend.Precision) error {
	const install = "built without: install oneDNN (Debian: libdnnl-dev) and build with make"
	if p == backend.BF16 {
		return errors.New("precision bf16 needs the native kernels, which this program was " + install)
	}
	if p == backend.TF32 {
		return errTF32
	}
	return errors.New("this program was built without the native kernels: install oneDNN " +
		"(Debian: libdnnl-dev) and build with make, or use the portable ones")
}

func open(o backend.Options) (backend.Backend, error) { return nil, missing(o.Precision) }
