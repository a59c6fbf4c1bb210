// Package kerneltest runs tests on every backend that the program was built with.
package kerneltest

import (
	"testing"

	"acol/internal/kernel"
)

// threads are few: tests are small.
const threads = 2

// Each calls f with options for each backend in float32. Where there is no native one the test says so.
func Each(t *testing.T, f func(t *testing.T, o kernel.Options)) {
	for _, name := range []string{"portable", "native"} {
		t.Run(name, func(t *testing.T) {
			if name == "native" && !kernel.NativeBuilt {
				t.Skip("built without the native kernels (tag onednn)")
			}
			f(t, kernel.Options{Kernels: name, Threads: threads})
		})
	}
}
