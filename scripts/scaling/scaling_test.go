package main

import (
	"math"
	"strings"
	"testing"
)

func TestAnExchangeSendsTwiceTheGradientsOfAMachine(t *testing.T) {
	n := network{gbit: 8, share: 1, memory: math.Inf(1)}
	for _, c := range []struct {
		perHost, hosts int
		want           float64
	}{
		{1, 1, 0}, {1, 2, 0.1}, {1, 4, 0.15}, {8, 2, 0.1}, {8, 1, 0}, // of 0.1 GB at 1 GB/s
	} {
		got := n.exchange(task{bytes: 1e8, perHost: c.perHost}, c.hosts)
		if math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d ranks on each of %d machines: %g s, want %g", c.perHost, c.hosts, got, c.want)
		}
	}
	n.latency = 1e-3
	if got := n.exchange(task{bytes: 1e8, perHost: 1}, 4); math.Abs(got-0.15-6*6e-3) > 1e-9 {
		t.Errorf("with 6 messages for each of 6 chunks: %g s", got)
	}
	n = network{gbit: 8, share: 1, memory: 1e9}
	if got := n.exchange(task{bytes: 1e8, perHost: 4}, 2); math.Abs(got-0.1-0.15) > 1e-9 {
		t.Errorf("with 4 ranks of a machine that pass 1 GB/s to each other: %g s", got)
	}
}

func TestTheTableHasARowForEachNumberOfMachines(t *testing.T) {
	var out strings.Builder
	err := run(t.Context(), []string{"--machines", "1,4", "--networks", "10", "--latency", "0",
		"--share", "1", "--bytes", "1e8", "--rate", "64", "--images", "3600e2"}, &out)
	want := "| machines | batch | 10 Gbit/s |\n|---:|---:|---:|\n" +
		"| 1 | 64 | 93.8 min (0 %) |\n| 4 | 256 | 26.3 min (11 %) |\n"
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
	for _, args := range [][]string{{"--networks", "fast"}, {"--machines", "0"}} {
		if err := run(t.Context(), args, &out); err == nil {
			t.Errorf("%v is no error", args)
		}
	}
}
