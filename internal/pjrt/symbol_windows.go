package pjrt

import (
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/windows"
)

// Missing says why this program cannot open plugins; nil where it can.
func Missing() error { return nil }

// symbol loads a shared library and gives the address of one of its functions.
func symbol(path, name string) (uintptr, error) {
	lib, err := windows.LoadLibrary(path)
	if err != nil {
		return 0, linkError(path, fmt.Errorf("%s: %w", path, err))
	}
	at, err := windows.GetProcAddress(lib, name)
	if err != nil {
		return 0, &LinkError{Text: noPlugin(path, name)}
	}
	return at, nil
}

// invoke calls a C function of one pointer.
func invoke(fn uintptr, args unsafe.Pointer) uintptr {
	r, _, _ := purego.SyscallN(fn, uintptr(args))
	return r
}
