//go:build !(onednn && amd64 && cgo)

package kernel

import "errors"

// NativeBuilt tells that the program has the native kernels.
const NativeBuilt = false

func nativeUsable() bool { return false }

func newNative(o Options) (Backend, error) {
	if o.Precision == BF16 {
		return nil, errors.New("precision bf16 needs the native kernels, which this program was built without: install oneDNN (Debian: libdnnl-dev) and build with make")
	}
	return nil, errors.New("this program was built without the native kernels: install oneDNN (Debian: libdnnl-dev) and build with make, or use the portable ones")
}
