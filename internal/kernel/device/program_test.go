package device

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/portable"
	"acol/internal/pjrt"
)

// A server goes on after a request that failed: the next one must not get that one's results.
func TestARunThatDidNotBeginIsNotFinishedLater(t *testing.T) {
	p, broken := &program{}, errors.New("a copy failed")
	if err := p.began(run{nil}, broken); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the copy", err)
	}
	if len(p.running) != 0 {
		t.Errorf("%d runs are under way, want none", len(p.running))
	}
	if err := p.began(run{nil}, nil); err != nil || len(p.running) != 1 {
		t.Errorf("%d runs are under way, want one: %v", len(p.running), err)
	}
}

// Devices that cannot compute together are found out before a network is compiled for them.
func TestDevicesThatCannotAddUpAreRefused(t *testing.T) {
	name := cpuPlugin(t) + ":0,1"
	n, err := Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(name, backend.FP32, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	one, two := *b.devices[0], *b.devices[1]
	two.Kind = "other"
	for want, devices := range map[string][]*pjrt.Device{
		"one device is " + one.Kind + " and another other":                   {&one, &two},
		"these devices cannot add up values: computing or copying: Device 0": {&one, &one},
	} {
		b.devices = devices
		clear(b.programs)
		var e *Error
		if err := b.meet(n); !errors.As(err, &e) || !strings.Contains(e.Text, name+": "+want) ||
			strings.Contains(e.Text, "\n") || !strings.HasPrefix(e.Hint(), "name ") {
			t.Errorf("error %+v, want one about %q", err, want)
		}
	}
}

// What a run that does not begin has copied to the devices is freed.
func TestNothingIsLeftOfARunThatDoesNotBegin(t *testing.T) {
	b, err := Open(cpuPlugin(t)+":0,1", backend.FP32, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const n, runs = 1 << 20, 60
	shape := kernel.Shape4{1, 1, 1, n}
	p, err := b.CompileGraph(backend.Graph{
		Nodes: []backend.GraphNode{
			{Shape: shape[:], Split: true}, {Shape: shape[:], Split: true, Home: b.NewHome(shape[:])},
			{Shape: shape[:], Spec: kernel.Add{Dims: 4, Shape: shape}, In: []int{0, 1}, Split: true},
		},
		Outputs: []int{2}, Replicas: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	x, before := make([]float32, 2*n), resident(t)
	for range runs {
		if err := p.Start([][]float32{x, nil}, true); !errors.Is(err, errEmptyHome) {
			t.Fatalf("error %v", err)
		}
	}
	if grown := resident(t) - before; grown > runs/2*8*n {
		t.Errorf("%d runs of 8 MiB have left %d MiB", runs, grown>>20)
	}
}

// resident is how many bytes of memory the process takes.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	var all, pages int
	if _, err := fmt.Sscan(string(text), &all, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
