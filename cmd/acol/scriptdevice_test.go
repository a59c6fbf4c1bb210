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

// scriptCondition is [plugins], the program can open some; [plugin], there is one for processors;
// or [device]: make device-test asks for what takes it long, too.
func scriptCondition(name string) (bool, error) {
	switch name {
	case "plugins":
		return pjrt.Missing() == nil, nil
	case "plugin", "device":
		_, err := device.File("xla-cpu")
		asked := name == "plugin" || os.Getenv("ACOL_DEVICE") != ""
		return asked && err == nil && pjrt.Missing() == nil, nil
	}
	return false, fmt.Errorf("there is no condition %q", name)
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

// scriptSameFigures is "samefigures FILE FILE": all that two files of JSON say is equal, but for
// what kernels computed it and for numbers within a share of 1e-4.
func scriptSameFigures(ts *testscript.TestScript, _ bool, args []string) {
	var of [2]any
	for i, name := range args {
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(name)), &of[i]))
	}
	if where := different(of[0], of[1], ""); where != "" {
		ts.Fatalf("%s and %s differ in %s", args[0], args[1], where)
	}
}

// different is where two values of JSON differ; empty where they do not.
func different(a, b any, at string) string {
	const share = 1e-4
	switch a := a.(type) {
	case float64:
		if b, ok := b.(float64); ok && math.Abs(a-b) <= share*math.Abs(a) {
			return ""
		}
	case []any:
		b, _ := b.([]any)
		if len(a) != len(b) {
			return at
		}
		for i := range a {
			if where := different(a[i], b[i], fmt.Sprintf("%s[%d]", at, i)); where != "" {
				return where
			}
		}
		return ""
	case map[string]any:
		b, _ := b.(map[string]any)
		if len(a) != len(b) {
			return at
		}
		for k := range a {
			if where := different(a[k], b[k], at+"."+k); where != "" && k != "kernels" {
				return where
			}
		}
		return ""
	default:
		if a == b {
			return ""
		}
	}
	return fmt.Sprintf("%s: %v and %v", at, a, b)
}
