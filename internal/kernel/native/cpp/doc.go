// Package cpp binds acol's C++ kernels: convolutions and reorders by oneDNN
// (https://github.com/oneapi-src/oneDNN, 2.x or 3.x), and vector kernels of its own for what lies
// between them. It is built with the tag onednn on amd64; without it the package is empty.
//
// The package knows memory and formats, but no Specs: package native decides what is computed, and
// how. Everything that a goroutine starts runs on a team of threads that belongs to its OS thread,
// so callers lock themselves to a thread. Slices are read and written during a call alone.
package cpp
