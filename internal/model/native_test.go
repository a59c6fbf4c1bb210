//go:build onednn && amd64 && cgo

package model

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/native"
)

// TestEveryConvolutionOfEveryBackboneHasFastNativeCode compiles each network, forward and backward
// with conv heads, at its published size: no convolution may fall to oneDNN's reference code, nor,
// but for one kind, to the portable kernels.
func TestEveryConvolutionOfEveryBackboneHasFastNativeCode(t *testing.T) {
	if testing.Short() {
		t.Skip("short: compiles every network")
	}
	freshMemory(t)
	for _, p := range []backend.Precision{backend.FP32, backend.BF16} {
		e := enginetest.Open(t, backend.Options{Kernels: "native", Threads: 2, Precision: p})
		for _, a := range architectures {
			// Each depth and each variant once at least.
			for i := range max(len(a.networks), len(a.variants)) {
				cfg := DefaultConfig()
				cfg.Backbone.Arch, cfg.Backbone.Depth = a.name, a.networks[i%len(a.networks)].depth
				cfg.Backbone.Variant = a.variants[i%len(a.variants)].name
				cfg.Branches.Head = "conv"
				name := fmt.Sprintf("%s/%s%s-%s", p, a.name, cfg.Backbone.Depth, cfg.Backbone.Variant)
				t.Run(name, func(t *testing.T) { checkImpls(t, e, cfg) })
			}
		}
	}
}

// freshMemory stops the garbage collector until the test ends. The test builds many networks and
// runs none: memory that comes fresh from the system costs nothing until it is touched, and what
// the collector hands out again is cleared first, tens of gigabytes in all.
func freshMemory(t *testing.T) {
	before := debug.SetGCPercent(-1)
	t.Cleanup(func() {
		debug.SetGCPercent(before)
		runtime.GC()
	})
}

func checkImpls(t *testing.T, e *engine.Engine, cfg Config) {
	m, err := New(cfg, 200)
	if err != nil {
		t.Fatal(err)
	}
	step, err := m.NewTrainStep(e, 1, 224, 224)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.NewPredictor(e, 1, 224, 224)
	if err != nil {
		t.Fatal(err)
	}
	impls, convs := e.Backend().(*native.Backend).Impls(), 0
	for _, vm := range append(p.VMs(), step.VM()) {
		for _, s := range vm.Specs() {
			switch s := s.(type) {
			case kernel.Conv:
				convs += checkImpl(t, impls, kernel.ConvAct{Conv: s})
			case kernel.ConvAct, kernel.ConvBackData, kernel.ConvBackWeights:
				convs += checkImpl(t, impls, s)
			}
		}
	}
	if convs < 20 {
		t.Errorf("looked at %d convolutions: too few", convs)
	}
}

func checkImpl(t *testing.T, impls map[kernel.Spec]string, s kernel.Spec) int {
	t.Helper()
	impl := impls[s]
	if w, ok := s.(kernel.ConvBackWeights); ok && w.Groups == w.C && w.KH > 3 && impl == "" {
		return 1 // oneDNN's depthwise code ends at 3x3, and the portable loops are the faster ones then
	}
	if impl == "" || strings.Contains(impl, "ref") {
		t.Errorf("%T%+v: %q", s, s, impl)
	}
	return 1
}
