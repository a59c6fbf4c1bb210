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

// Neither runs nor programs leave anything on the devices once they have ended, whether a program
// is closed after its runs or while one is under way.
func TestNothingIsLeftOfRunsThatHaveEnded(t *testing.T) {
	b, err := Open(cpuPlugin(t)+":0,1", backend.FP32, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const n, warm, runs = 1 << 20, 4, 24
	shape := kernel.Shape4{1, 1, 1, n}
	add := kernel.Add{Dims: 4, Shape: shape}
	g := backend.Graph{
		Nodes: []backend.GraphNode{
			{Shape: shape[:], Split: true}, {Shape: shape[:], Fixed: true}, {Shape: shape[:]},
			{Shape: shape[:], Spec: add, In: []int{0, 1}, Split: true},
			{Shape: shape[:], Spec: add, In: []int{3, 1}, Split: true, Home: b.NewHome(shape[:])},
			{Shape: shape[:], Spec: add, In: []int{1, 2}},
		},
		Outputs: []int{3, 4}, Successions: []backend.Succession{{Leaf: 2, By: 5}}, Replicas: 2,
	}
	x, w, out := make([]float32, 2*n), make([]float32, n), [][]float32{make([]float32, 2*n), nil}
	in := [][]float32{x, w, w}
	run := func(finish bool) func(backend.Program) error {
		return func(p backend.Program) error {
			if err := p.Start(in, true); err != nil || !finish {
				return err
			}
			return p.Finish(out)
		}
	}
	kept, err := b.CompileGraph(g)
	if err != nil {
		t.Fatal(err)
	}
	for name, once := range map[string]func() error{
		"runs": func() error { return run(true)(kept) },
		"programs": func() error {
			p, err := b.CompileGraph(g) // of the text that is compiled already
			if err != nil {
				return err
			}
			return errors.Join(run(true)(p), p.Close())
		},
		"programs that are closed at work": func() error {
			p, err := b.CompileGraph(g)
			if err != nil {
				return err
			}
			return errors.Join(run(false)(p), p.Close())
		},
	} {
		before := 0
		for i := range warm + runs {
			if i == warm {
				before = resident(t)
			}
			if err := once(); err != nil {
				t.Fatal(err)
			}
		}
		if grown := resident(t) - before; grown > runs*6*n {
			t.Errorf("%d %s with values of 8 MiB have left %d MiB", runs, name, grown>>20)
		}
	}
}

// A training whose state was lost does not go on from what the host had before: that is older.
func TestWhatAFailedRunHasLostIsNotTakenFromTheHost(t *testing.T) {
	b, err := Open(cpuPlugin(t), backend.FP32, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	shape := kernel.Shape4{1, 1, 1, 2}
	q, err := b.CompileGraph(backend.Graph{
		Nodes: []backend.GraphNode{{Shape: shape[:]},
			{Shape: shape[:], Spec: kernel.Add{Dims: 4, Shape: shape}, In: []int{0, 0}}},
		Successions: []backend.Succession{{Leaf: 0, By: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p, in, out := q.(*program), [][]float32{{1, 2}}, [][]float32{make([]float32, 2)}
	if err := backend.Run(p, nil, in, true); err != nil {
		t.Fatal(err)
	}
	if err := p.heirs[0].kept.free(); err != nil { // as after a run that failed
		t.Fatal(err)
	}
	p.heirs[0].kept = nil
	if err := p.Start(in, false); !errors.Is(err, errLost) {
		t.Errorf("the next run: error %v, want that of what is lost", err)
	}
	if err := p.Read(out); !errors.Is(err, errLost) {
		t.Errorf("what is kept: error %v, want that of what is lost", err)
	}
	if err := errors.Join(backend.Run(p, nil, in, true), p.Read(out)); err != nil || out[0][1] != 4 {
		t.Errorf("begun anew: %v, error %v", out, err)
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
