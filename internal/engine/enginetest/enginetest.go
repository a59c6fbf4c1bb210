// Package enginetest starts engines for the tests of several packages.
package enginetest

import (
	"testing"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
)

// OneThread is the usual choice of a test: the best kernels that this machine has, on one thread.
// Tests' tensors are so small that threads would wait for one another, and the longer the more
// other work the machine has.
var OneThread = backend.Options{Threads: 1}

// Portable is one thread of the portable backend, which every machine has.
var Portable = backend.Options{Kernels: "portable", Threads: 1}

// Open starts an engine, which is closed when the test ends. A test of native kernels that this
// program or machine lacks is skipped; everything else that cannot be opened fails the test.
func Open(t testing.TB, o backend.Options) *engine.Engine {
	t.Helper()
	b, err := kernels.Open(o)
	switch native := o.Kernels == "native" || o.Precision == backend.BF16; {
	case err != nil && native:
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	e := engine.New(b)
	t.Cleanup(e.Close)
	return e
}
