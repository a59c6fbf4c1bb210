package kernels_test

import (
	"slices"
	"strings"
	"testing"

	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/kernel/portable"
)

func TestOpenRefusesWhatNoBackendHas(t *testing.T) {
	for _, tc := range []struct {
		o    backend.Options
		want string
	}{
		{backend.Options{Kernels: "abacus"}, `kernels "abacus" is not one of auto, native, `},
		{backend.Options{Precision: "fp8"}, `precision "fp8" is not one of fp32, bf16`},
		{backend.Options{Kernels: "portable", Precision: backend.TF32},
			"the portable kernels compute in fp32 alone"},
		{backend.Options{Kernels: "portable", Precision: backend.BF16},
			"the portable kernels compute in fp32 alone"},
	} {
		for name, err := range map[string]error{"check": kernels.Check(tc.o), "open": open(tc.o)} {
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s %+v: error %v, want one about %q", name, tc.o, err, tc.want)
			}
		}
	}
}

func open(o backend.Options) error {
	b, err := kernels.Open(o)
	if err == nil {
		b.Close()
	}
	return err
}

// A recipe in tf32 is right where the kernels are the program's choice, though no processor has it.
func TestTF32IsOfDevices(t *testing.T) {
	o := backend.Options{Precision: backend.TF32}
	if err := kernels.Check(o); err != nil {
		t.Error(err)
	}
	if err := open(o); err == nil || !strings.Contains(err.Error(), "tf32") {
		t.Errorf("opening kernels in tf32: error %v", err)
	}
	o.Kernels, o.Device = "portable", "no/such/plugin.so"
	if err := kernels.Check(o); err != nil {
		t.Errorf("on a device: %v", err)
	}
}

func TestAutoTakesTheFirstBackendThatCanBeUsed(t *testing.T) {
	first := slices.IndexFunc(kernels.All(), func(k backend.Kernels) bool {
		return k.Missing(backend.FP32) == nil
	})
	best := kernels.All()[first]
	for _, name := range []string{"", "auto"} {
		b, err := kernels.Open(backend.Options{Kernels: name, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if b.Name() != best.Name || b.Threads() != 1 || b.Precision() != backend.FP32 {
			t.Errorf("kernels %q opened %s, want %s on one thread", name, backend.Describe(b), best.Name)
		}
		b.Close()
	}
}

func TestAMissingBackendSaysWhatToDo(t *testing.T) {
	for _, k := range kernels.All() {
		for _, p := range k.Precisions {
			missing := k.Missing(p)
			err := open(backend.Options{Kernels: k.Name, Precision: p})
			if (err == nil) != (missing == nil) || err != nil && err.Error() != missing.Error() {
				t.Errorf("%s in %s: opening says %v, Missing %v", k.Name, p, err, missing)
			}
		}
	}
}

func TestEveryProgramHasTheLastBackend(t *testing.T) {
	last := kernels.All()[len(kernels.All())-1]
	if last.Name != portable.Kernels.Name || last.Missing(backend.FP32) != nil {
		t.Errorf("the last backend is %s", last.Name)
	}
}
