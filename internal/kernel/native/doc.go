// Package native binds acol's C++ kernels: convolutions and reorders by oneDNN
// (https://github.com/oneapi-src/oneDNN, 2.x or 3.x), and vector kernels of its own for what lies
// between them. It is built with the tag onednn on amd64, which make sets where
// the library is there; else the package is empty and Built is false.
//
// It knows memory and formats, not Specs: package kernel decides what is
// computed, and how. Everything that one goroutine starts runs on an OpenMP pool of
// its OS thread, so that a caller locks itself to one. Slices are read and
// written during a call alone.
package native
