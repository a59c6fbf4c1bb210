// Package kernels opens a backend by Options. It holds the only list of backends: a new one is a
// package that exports an entry of type backend.Kernels, and a line here.
package kernels

import (
	"fmt"
	"slices"

	"acol/internal/choice"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/native"
	"acol/internal/kernel/portable"
)

// Auto is the name that leaves the choice of a backend to the program.
const Auto = "auto"

// All lists the backends, best first: auto takes the first that can be used. The last one is part
// of every program.
func All() []backend.Kernels {
	return []backend.Kernels{native.Kernels, portable.Kernels}
}

// Names lists what Options.Kernels may be, auto first.
func Names() []string {
	names := []string{Auto}
	for _, k := range All() {
		names = append(names, k.Name)
	}
	return names
}

// Precisions lists the number formats that some backend computes in.
func Precisions() []string { return []string{string(backend.FP32), string(backend.BF16)} }

// Check reports a name or a precision that no backend has, whatever this machine can do.
func Check(o backend.Options) error {
	_, err := candidates(o.WithDefaults())
	return err
}

// candidates lists the backends that the options allow, best first, whether or not this machine
// can use them.
func candidates(o backend.Options) ([]backend.Kernels, error) {
	if err := choice.In(string(o.Precision), Precisions()); err != nil {
		return nil, fmt.Errorf("precision %w", err)
	}
	var list []backend.Kernels
	known := o.Kernels == "" || o.Kernels == Auto
	for _, k := range All() {
		if known || k.Name == o.Kernels {
			list = append(list, k)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("kernels %w", choice.In(o.Kernels, Names()))
	}
	able := slices.DeleteFunc(slices.Clone(list),
		func(k backend.Kernels) bool { return !k.Computes(o.Precision) })
	if len(able) == 0 {
		return nil, list[0].Missing(o.Precision)
	}
	return able, nil
}

// Open starts the backend that the options ask for, or says why there is none.
func Open(o backend.Options) (backend.Backend, error) {
	b, err := openHost(o.WithDefaults())
	if err != nil || !o.OnDevice() {
		return b, err
	}
	d, err := device.Open(o.Device, b)
	if err != nil {
		b.Close()
		return nil, err
	}
	return d, nil
}

// openHost starts the kernels that the options ask for.
func openHost(o backend.Options) (backend.Backend, error) {
	list, err := candidates(o)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		missing := k.Missing(o.Precision)
		if missing == nil {
			return k.Open(o)
		}
		if err == nil {
			err = missing
		}
	}
	return nil, err
}
