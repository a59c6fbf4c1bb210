package main

import (
	"fmt"
	"testing"

	"acol/internal/mpi"
)

// Slurm and other launchers show each process its own GPUs alone, which it counts from 0.
func TestRanksTakeTheGPUsThatTheirLauncherShowsThem(t *testing.T) {
	for _, c := range []struct {
		visible []string // to each of two ranks of a machine
		name    string
		want    []string
	}{
		{[]string{"", ""}, "cuda", []string{"cuda:0", "cuda:1"}},
		{[]string{"2,3", "2,3"}, "cuda", []string{"cuda:0", "cuda:1"}}, // the user shows both both
		{[]string{"0", "0"}, "cuda", []string{"cuda:0", "cuda:0"}},     // with control groups of their own
		{[]string{"0", "1"}, "cuda", []string{"cuda:0", "cuda:0"}},
		{[]string{"GPU-5a", "GPU-7c"}, "cuda", []string{"cuda:0", "cuda:0"}},
		{[]string{"0,1", "2,3"}, "cuda", []string{"cuda:0", "cuda:0"}},
		{[]string{"0,1", "2,3"}, "cuda:0,1", []string{"cuda:0,1", "cuda:0,1"}}, // two GPUs a rank
		{[]string{"", ""}, "cuda:4,5,6,7", []string{"cuda:4,5", "cuda:6,7"}},
		{[]string{"0", "1"}, "cpu", []string{"cpu", "cpu"}},
	} {
		all := make([]footing, len(c.visible))
		for i, list := range c.visible {
			all[i] = footing{Host: "node", GPUs: list}
		}
		for rank, want := range c.want {
			t.Run(fmt.Sprintf("%s %v rank %d", c.name, c.visible, rank), func(t *testing.T) {
				t.Setenv("CUDA_VISIBLE_DEVICES", c.visible[rank])
				r := &ranks{World: mpi.New(rank, len(all), nil), host: "node", local: rank}
				r.number(all)
				if got, err := r.device(c.name); err != nil || got != want {
					t.Errorf("%s, %v, want %s", got, err, want)
				}
			})
		}
	}
}
