package trial

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acol/scripts/rows"
)

func TestFiguresGoIntoTheColumnsOfTheirSplit(t *testing.T) {
	var f Figures
	text := `{"kernels": "native avx2, oneDNN", "top1": 90, "max_box_acc": 61.239, "max_box_acc_v2": null,
		"at_val_threshold": {"max_box_acc": 60}, "localization": {"gt_known": 55, "top1": 50}}`
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	r := rows.Row{}
	f.Into(r, "val")
	f.Into(r, "test")
	want := rows.Row{
		"kernels": "native", "val_top1": "90.00", "val_max_box_acc": "61.24", "top1": "90.00",
		"max_box_acc": "61.24", "max_box_acc_at_val": "60.00", "top1_loc": "50.00", "gt_known": "55.00",
	}
	if !maps.Equal(r, want) {
		t.Errorf("columns %v, want %v", r, want)
	}
}

func TestAFailureSaysWhatTheProgramSaid(t *testing.T) {
	program := filepath.Join(t.TempDir(), "acol")
	script := "#!/bin/sh\nif [ $1 = version ]; then echo acol v1; exit; fi\necho because >&2\nexit 3\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if v, err := Acol(program).Version(t.Context()); v != "v1" || err != nil {
		t.Errorf("version %q, %v", v, err)
	}
	_, err := Acol(program).Do(t.Context(), "train")
	if err == nil || !strings.Contains(err.Error(), "acol train: exit status 3\nbecause") {
		t.Errorf("error %v", err)
	}
}

func TestAnInterruptedCommandMaySaveWhatItHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	saving := "#!/bin/sh\ntrap 'echo saved; exit 1' INT\n: > \"$0.on\"\nwhile :; do sleep 0.01; done\n"
	slow := filepath.Join(t.TempDir(), "slow")
	if err := os.WriteFile(slow, []byte(saving), 0o700); err != nil {
		t.Fatal(err)
	}
	go func() {
		for _, err := os.Stat(slow + ".on"); err != nil; _, err = os.Stat(slow + ".on") {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := Acol(slow).Do(ctx, "train"); err == nil || !strings.Contains(err.Error(), "saved") {
		t.Errorf("an interrupted command: %v", err)
	}
}
