package run_test

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/run"
	"acol/internal/train"
)

func TestTheTableHasTheRowsOfTheLog(t *testing.T) {
	dir := run.Folder(t.TempDir())
	w := dir.Writer("test", classes)
	path := filepath.Join(string(dir), "results.csv")
	score := 62.5
	first := train.EpochRecord{
		Epoch: 1, Steps: 3, Loss: 0.75, Losses: []float64{0.5, 0.25}, Best: true, BestEpoch: 1,
		Kernels:    "native, fp32",
		Validation: &train.Validation{Images: 8, Top1: 50, MaxBoxAcc: &score, BoxThreshold: "mean"},
	}
	second := train.EpochRecord{Epoch: 2, Steps: 3, Loss: 0.5, Losses: []float64{0.25, 0.25}, BestEpoch: 1}
	check(t, w.AppendLog(first))
	check(t, w.AppendLog(second))
	rows := table(t, path)
	if len(rows) != 3 {
		t.Fatalf("%d rows, want the names of the columns and two epochs", len(rows))
	}
	for name, want := range map[string][2]string{
		"epoch": {"1", "2"}, "loss": {"0.75", "0.5"}, "loss_2": {"0.25", "0.25"}, "val_top1": {"50", ""},
		"val_max_box_acc": {"62.5", ""}, "val_max_box_acc_v2": {"", ""}, "val_box_threshold": {"mean", ""},
		"best": {"true", "false"}, "kernels": {"native, fp32", ""},
	} {
		k := slices.Index(rows[0], name)
		if k < 0 || rows[1][k] != want[0] || rows[2][k] != want[1] {
			t.Errorf("column %s at %d: %q and %q, want %q", name, k, rows[1][k], rows[2][k], want)
		}
	}

	// A crash may have left a row without a line of the log, or half a row.
	whole := read(t, path)
	check(t, os.WriteFile(path, []byte(whole+"3,3,0."), 0o666))
	check(t, w.TrimLog(1))
	if got, want := read(t, path), strings.Join(strings.SplitAfter(whole, "\n")[:2], ""); got != want {
		t.Errorf("trimmed to one epoch:\n%s\nwant\n%s", got, want)
	}
	check(t, os.Remove(path)) // as of a run of an earlier version
	check(t, w.TrimLog(1))
	check(t, w.AppendLog(second))
	if got := read(t, path); got != whole {
		t.Errorf("made anew:\n%s\nwant\n%s", got, whole)
	}
	check(t, w.TrimLog(0))
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a table of no epoch: %v", err)
	}
}

func table(t *testing.T, path string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	check(t, err)
	return rows
}
