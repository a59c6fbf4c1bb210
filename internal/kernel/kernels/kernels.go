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
func Precisions() []string {
	return []string{string(backend.FP32), string(backend.BF16), string(backend.TF32)}
}

// Check reports a name or a precision that no backend has, whatever this machine can do. With
// kernels that the program chooses every precision passes, since recipes travel between processors
// and devices; Open says what this machine lacks.
func Check(o backend.Options) error {
	if err := choice.In(string(o.WithDefaults().Precision), Precisions()); err != nil {
		return fmt.Errorf("precision %w", err)
	}
	_, err := candidates(hosted(o))
	return err
}

// hosted are the options of the kernels beside a device, which compute the parameters' update: in
// float32, whatever the device computes in.
func hosted(o backend.Options) backend.Options {
	o = o.WithDefaults()
	if o.OnDevice() {
		o.Precision = backend.FP32
	}
	return o
}

// candidates lists the backends that the options allow, best first, whether or not this machine
// can use them.
func candidates(o backend.Options) ([]backend.Kernels, error) {
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
	switch {
	case len(able) > 0:
		return able, nil
	case known:
		return list, nil
	}
	return nil, list[0].Missing(o.Precision)
}

// Open starts the backend that the options ask for, or says why there is none.
func Open(o backend.Options) (backend.Backend, error) {
	if err := Check(o); err != nil {
		return nil, err
	}
	b, err := openHost(hosted(o))
	if err != nil || !o.OnDevice() {
		return b, err
	}
	d, err := device.Open(o.Device, o.WithDefaults().Precision, b)
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
