package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program stands in for acol: it writes down what it is asked, and gives a V2 of 70 where a run's
// name ends in what is better, and 50 elsewhere.
const program = `#!/bin/sh
echo "$*" >> "$0.log"
v2=50
case "$*" in
version) echo acol v1; exit;;
train*) while [ $1 != --out ]; do shift; done; mkdir -p "$2"; exit;;
*--compare*) echo '{"figures":[{"figure":"max_box_acc_v2","b_minus_a":3,"p":0.01}]}'; exit;;
*cutmix-1-*) v2=70;;
esac
echo '{"kernels":"native avx2","top1":90,"max_box_acc_v2":'$v2',"localization":{"threshold":"mean"}}'
`

func TestOnlyWhatValChoosesIsMeasuredOnTest(t *testing.T) {
	dir := t.TempDir()
	acol := filepath.Join(dir, "acol")
	if err := os.WriteFile(acol, []byte(program), 0o700); err != nil {
		t.Fatal(err)
	}
	make := func() (printed, asked string) {
		t.Helper()
		_ = os.Remove(acol + ".log")
		var out strings.Builder
		err := run(t.Context(), []string{
			"-acol", acol, "-runs", filepath.Join(dir, "runs"), "-csv", filepath.Join(dir, "a.csv"),
			"-seeds", "2", "-only", "^(CAM|CutMix)$", "-set", "train.threads=1",
		}, &out)
		if err != nil {
			t.Fatal(err)
		}
		log, err := os.ReadFile(acol + ".log")
		if err != nil {
			t.Fatal(err)
		}
		return out.String(), string(log)
	}
	printed, asked := make()
	for want, n := range map[string]int{
		"train --config": 5, "cutmix.probability=1 --set train.threads=1": 2,
		"cutmix-05-s1 --split val": 1, "cutmix-05-s1 --split test": 0, "cutmix-05-s2": 0,
		"cutmix-1-s1 --split test": 1, "cutmix-1-s2 --split test": 1,
		"cam-s2-test.jsonl " + filepath.Join(dir, "runs", "records", "cutmix-1-s2-test.jsonl"): 1,
	} {
		if got := strings.Count(asked, want); got != n {
			t.Errorf("acol was asked %d times for %q, want %d:\n%s", got, want, n, asked)
		}
	}
	for _, want := range []string{
		"| CutMix | 2 | 70.0 ± 0.0 | 90.0 ± 0.0 |  | 70.0 ± 0.0 |  |  | 3.0 ± 0.0 | 2 of 2 |\n",
		"| CutMix | `train.cutmix.probability=0.5` | 50.0 |\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("printed, without %q:\n%s", want, printed)
		}
	}
	if c, ok := chosen(nil, methods[3]); ok {
		t.Errorf("%s is chosen of nothing", c)
	}
	if _, asked := make(); asked != "version\n" {
		t.Errorf("a second time acol was asked\n%s", asked)
	}
}

func TestMapsOfPlainCAMTrainNothing(t *testing.T) {
	m := ofLayers("LayerCAM", "layercam", layers...)
	if !m.ofCAM || m.grid[0].String() != "eval.method=layercam eval.layer="+layers[0] {
		t.Errorf("method %+v", m)
	}
	if got := slug(m, m.grid[0], 2); got != "layercam-layercam-features7-s2" {
		t.Errorf("its records are called %s", got)
	}
}
