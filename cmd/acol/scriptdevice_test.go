package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"acol/internal/kernel/device"
	"acol/internal/pjrt"
)

// scriptCondition is [device]: there is a plugin, and make device-test asks for what takes long.
func scriptCondition(name string) (bool, error) {
	if name != "device" {
		return false, fmt.Errorf("there is no condition %q", name)
	}
	_, err := device.File("xla-cpu")
	return os.Getenv("ACOL_DEVICE") != "" && err == nil && pjrt.Missing() == nil, nil
}

// scriptPlugin is "plugin": it sets PLUGIN to the path of a plugin for processors.
func scriptPlugin(ts *testscript.TestScript, _ bool, _ []string) {
	path, err := device.File("xla-cpu")
	ts.Check(err)
	path, err = filepath.Abs(path)
	ts.Check(err)
	ts.Setenv("PLUGIN", path)
}

// scriptSameLosses is "samelosses RUN RUN": the losses of all epochs are equal but for rounding.
func scriptSameLosses(ts *testscript.TestScript, _ bool, args []string) {
	var of [2][]float64
	for i, dir := range args {
		for line := range strings.Lines(ts.ReadFile(filepath.Join(dir, "log.jsonl"))) {
			var epoch struct{ Loss float64 }
			ts.Check(json.Unmarshal([]byte(line), &epoch))
			of[i] = append(of[i], epoch.Loss)
		}
	}
	const tolerance = 1e-3 // of a few steps, each of which multiplies the rounding of the one before
	for i, v := range of[0] {
		if len(of[1]) != len(of[0]) || v == 0 || !(math.Abs(v-of[1][i]) <= tolerance*v) {
			ts.Fatalf("losses %v and %v", of[0], of[1])
		}
	}
}
