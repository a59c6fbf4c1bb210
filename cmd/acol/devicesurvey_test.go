package main

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/portable"
	"acol/internal/kernel/suite"
)

func TestASurveySaysWhatDiffersAlone(t *testing.T) {
	for _, tc := range []struct {
		s          suite.Surveyed
		text, json string
	}{
		{suite.Surveyed{Kind: "Add", Cases: 3, Error: 1e-7, Bound: 1e-6, Worst: "w"}, "",
			`{"computation":"Add","cases":3,"difference":1e-7,"worst":"w","equal":true}` + "\n"},
		{suite.Surveyed{Kind: "Conv", Cases: 2, Error: 0.25, Bound: 1e-6, Worst: "3x3"},
			"Conv differs by 2.5e-01 in 3x3\n",
			`{"computation":"Conv","cases":2,"difference":0.25,"worst":"3x3","equal":false}` + "\n"},
		{suite.Surveyed{Kind: "ReLU", Cases: 1, Error: math.Inf(1), Worst: "NaN"},
			"ReLU differs by +Inf in NaN\n",
			`{"computation":"ReLU","cases":1,"difference":null,"worst":"NaN","equal":false}` + "\n"},
		{suite.Surveyed{Kind: "LRN", Cases: 1, Worst: "size 5", Err: errors.New("no memory")},
			"LRN fails in size 5: no memory\n", `{"computation":"LRN","cases":1,"difference":null,` +
				`"worst":"size 5","equal":false,"problem":"no memory"}` + "\n"},
	} {
		for _, asJSON := range []bool{false, true} {
			var out, messages bytes.Buffer
			s := &streams{Out: &out, Err: &messages}
			o := &deviceCheckOptions{streams: s, JSON: asJSON}
			if err := o.printSurveyed(newProgress(s, "computations", "kinds"), tc.s); err != nil {
				t.Fatal(err)
			}
			want := tc.text
			if asJSON {
				want = tc.json
			}
			if out.String() != want {
				t.Errorf("%+v, JSON %v: %q, want %q", tc.s, asJSON, out.String(), want)
			}
		}
	}
}

// A device that computes one thing wrong, and another not at all, ends the check with exit code 4.
func TestADeviceThatIsWrongFailsItsCheck(t *testing.T) {
	shape := kernel.Shape4{2, 3, 5, 7}
	w := kerneltest.NewWhole(t, portable.New(1))
	w.Wrong, w.Refused = kernel.Add{Dims: 4, Shape: shape}, kernel.GlobalAvgPool{X: shape}
	var out bytes.Buffer
	o := &deviceCheckOptions{streams: &streams{Out: &out, Err: io.Discard}}
	differ, err := o.survey(t.Context(), w)
	want := regexp.MustCompile(
		`^GlobalAvgPool fails in \{X:\[2 3 5 7\]\}: there is no such computation here\n` +
			`Add differs by [\d.]+e-03 in \{Dims:4 Shape:\[2 3 5 7\]\}\n$`)
	if err != nil || !differ || !want.MatchString(out.String()) {
		t.Errorf("differ %v, %v:\n%s", differ, err, out.String())
	}
	if code := exitCode(foundError{errors: true}); code != 4 {
		t.Errorf("exit code %d", code)
	}
}

func TestAGPUIsCheckedBeforeAProcessor(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ACOL_PLUGINS", dir)
	for _, tc := range []struct{ add, want string }{
		{"xla_cpu.so", "xla_cpu.so"}, {"xla_cuda_plugin.so", "xla_cuda_plugin.so"},
		{"zz_cpu.so", "xla_cuda_plugin.so"},
	} {
		if err := os.WriteFile(filepath.Join(dir, tc.add), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := usualPlugin(); err != nil || got != filepath.Join(dir, tc.want) {
			t.Errorf("with %s it is %s, want %s: %v", tc.add, got, tc.want, err)
		}
	}
}
