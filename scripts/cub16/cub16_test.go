package main

import (
	"maps"
	"strings"
	"testing"
)

func seedRow(kinds, seed, v2 string) row {
	return row{
		"program": "acol", "kernels": "native", "precision": "bf16",
		"network": "squeezenet 1.1", "kinds": kinds, "head": "linear",
		"epochs": "24", "seed": seed, "max_box_acc_v2": v2,
	}
}

func TestTheTableHasMeansAndDeviationsOverSeeds(t *testing.T) {
	var out strings.Builder
	rows := []row{seedRow("pp", "1", "60"), seedRow("p", "1", "50"), seedRow("pp", "2", "62"), seedRow("pp", "3", "64")}
	if err := printTable(&out, rows); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[2], "| `p` | linear |  | 1 |  |  |  |  |  | 50.0 |") ||
		!strings.Contains(lines[3], "acol native bf16 | squeezenet 1.1 | `pp` | linear |  | 3 |") || !strings.Contains(lines[3], "62.0 ± 2.0") {
		t.Errorf("table:\n%s", out.String())
	}
}

func TestATrainingIsMadeOnce(t *testing.T) {
	want := seedRow("pp", "1", "60")
	have := []row{want}
	other := maps.Clone(want)
	other["kernels"] = "portable"
	if !contains(have, other) {
		t.Error("the same with other kernels would be made again")
	}
	other["seed"] = "2"
	if contains(have, other) {
		t.Error("another seed would not be made")
	}
}
