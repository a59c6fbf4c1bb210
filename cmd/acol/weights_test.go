package main

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWeightsExportFlags(t *testing.T) {
	for _, tc := range []struct {
		name string
		line []string
		want weightsExportOptions
		err  string
	}{
		{"newest run", []string{"--to", "acol"}, weightsExportOptions{To: "acol", Checkpoint: "last"}, ""},
		{"all", []string{"r", "--to", "onnx", "-o", "x.onnx", "--checkpoint", "best", "--batch", "4", "--label", "--force", "--json"},
			weightsExportOptions{Run: "r", To: "onnx", Out: "x.onnx", Checkpoint: "best", Batch: 4, Label: true, Force: true, JSON: true}, ""},
		{"no format", []string{"r"}, weightsExportOptions{}, "--to is missing"},
		{"unknown format", []string{"--to", "keras"}, weightsExportOptions{}, `--to "keras" is not one of acol, torchvision, authors, wsol, junkwhinger, onnx`},
		{"batch of safetensors", []string{"--to", "acol", "--batch", "1"}, weightsExportOptions{}, "--batch and --label are of --to onnx"},
		{"negative batch", []string{"--to", "onnx", "--batch", "-1"}, weightsExportOptions{}, "--batch -1 is not in 0 to 65536"},
		{"two runs", []string{"a", "b", "--to", "acol"}, weightsExportOptions{}, "accepts at most 1 arg(s), received 2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _, _ := memoryIO()
			var got weightsExportOptions
			err := parsed(newWeightsExportCmd(s, func(_ context.Context, o *weightsExportOptions) error { got = *o; return nil }), tc.line)
			checkError(t, err, tc.err)
			if d := cmp.Diff(tc.want, got, ignoreStreams, cmp.AllowUnexported(weightsExportOptions{})); tc.err == "" && d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWeightsImportAndGetFlags(t *testing.T) {
	s, _, _ := memoryIO()
	var imp weightsImportOptions
	err := parsed(newWeightsImportCmd(s, func(_ context.Context, o *weightsImportOptions) error { imp = *o; return nil }),
		[]string{"f.pth", "-c", "r.yaml", "-o", "d", "--classes", "c.txt", "--set", "a=b", "--force", "--json"})
	checkError(t, err, "")
	want := weightsImportOptions{File: "f.pth", Config: "r.yaml", Classes: "c.txt", Set: []string{"train.out=d", "a=b"}, Force: true, JSON: true}
	if d := cmp.Diff(want, imp, ignoreStreams, cmp.AllowUnexported(weightsImportOptions{})); d != "" {
		t.Error(d)
	}
	var get weightsGetOptions
	err = parsed(newWeightsGetCmd(s, func(_ context.Context, o *weightsGetOptions) error { get = *o; return nil }), []string{"a", "b", "--mirror", "http://m", "--json"})
	checkError(t, err, "")
	if d := cmp.Diff(weightsGetOptions{Names: []string{"a", "b"}, Mirror: "http://m", JSON: true}, get, ignoreStreams, cmp.AllowUnexported(weightsGetOptions{})); d != "" {
		t.Error(d)
	}
	checkError(t, parsed(newWeightsGetCmd(s, nil), nil), "requires at least 1 arg(s), only received 0")
}
