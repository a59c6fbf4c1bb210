package device

import (
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/portable"
	"acol/internal/stablehlo"
)

// XLA's flags are one list for all platforms, so that a plugin for processors knows whether those
// for GPUs exist. It cannot know what they do there.
func TestTheFlagsOfEveryPlatformExist(t *testing.T) {
	list, err := Find()
	if err != nil || len(list) == 0 {
		t.Skipf("no PJRT plugin (%v): scripts/plugin fetches one", err)
	}
	b, err := Open(list[0], backend.FP32, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	text, err := stablehlo.Module(backend.Graph{
		Nodes: []backend.GraphNode{{}, {Spec: kernel.Add{}, In: []int{0, 0}}}, Outputs: []int{1},
	}, backend.FP32)
	if err != nil {
		t.Fatal(err)
	}
	for platform, flags := range flags {
		p, err := b.client.Compile(text, flags, b.devices[0])
		if err != nil {
			t.Errorf("%s: %v", platform, err)
			continue
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
