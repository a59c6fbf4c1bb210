package portable

import (
	"strings"
	"testing"

	"acol/internal/kernel"
)

func TestAPanicOnAnyThreadReachesTheCaller(t *testing.T) {
	p := New(4)
	defer p.Close()
	got := func() (r any) {
		defer func() { r = recover() }()
		p.Parallel(64, 1, func(lo, _ int) { panic("broken step") })
		return nil
	}()
	if got != "broken step" {
		t.Errorf("recovered %v", got)
	}
	sum := make([]int, 64)
	p.Parallel(64, 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			sum[i]++
		}
	})
	for i, n := range sum {
		if n != 1 {
			t.Fatalf("after a panic, index %d was done %d times", i, n)
		}
	}
}

func TestRunRefusesSlicesThatAreTooShort(t *testing.T) {
	p := New(1)
	defer p.Close()
	step, err := p.Compile(kernel.Curve{F: kernel.ReLU, X: kernel.Shape4{1, 8, 2, 2}}, layouts{nhwc})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if r, _ := recover().(string); !strings.Contains(r, "input 0 has 31 values, want 32") {
			t.Errorf("recovered %q", r)
		}
	}()
	step.Run(make([]float32, 32), [][]float32{make([]float32, 31)}, nil)
}
