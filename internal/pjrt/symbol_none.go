//go:build !windows && !(((linux && (cgo || pjrt)) || darwin) && (amd64 || arm64))

package pjrt

import (
	"errors"
	"unsafe"
)

// Missing says why this program cannot open plugins; nil where it can.
func Missing() error {
	return errors.New("this program is linked without a C library and cannot open plugins: " +
		"build it with cgo, or with the build tag pjrt, for Linux, macOS or Windows")
}

func symbol(string, string) (uintptr, error) { return 0, Missing() }

func invoke(uintptr, unsafe.Pointer) uintptr { return 0 }
