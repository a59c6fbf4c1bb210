package main

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"acol/internal/model"
	"acol/internal/weights"
)

// scriptImageNet is "imagenet FILE CLASSES": an untrained SqueezeNet 1.1 of so many classes
// under torchvision's names, as PyTorch saves it.
func scriptImageNet(ts *testscript.TestScript, _ bool, args []string) {
	c, err := model.FindClassifier("squeezenet1_1")
	ts.Check(err)
	m, err := model.New(c.Config, map[string]int{"1000": 1000, "3": 3}[args[1]])
	ts.Check(err)
	m.Init(7)
	sd, left, err := m.Export("torchvision")
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("torchvision's network has no place for %v", left)
	}
	ts.Check(weights.WriteSafetensorsFile(ts.MkAbs(args[0]), sd))
}

func TestClassifierFlags(t *testing.T) {
	for _, tc := range []struct {
		name string
		line []string
		want classifierFlags
		err  string
	}{
		{"model", []string{"--model", "resnet50", "a.jpg"}, classifierFlags{Model: "resnet50"}, ""},
		{"file", []string{"--weights", "f.pth", "a.jpg"}, classifierFlags{Weights: "f.pth"}, ""},
		{
			"file of a network", []string{"--model", "x", "--weights", "f.pth", "a.jpg"},
			classifierFlags{"x", "f.pth"}, "",
		},
		{
			"model and run", []string{"--model", "resnet50", "--run", "r", "a.jpg"},
			classifierFlags{}, "--run is of a run, and --model stands instead of one",
		},
		{
			"file and checkpoint", []string{"--weights", "f.pth", "--checkpoint", "best", "a.jpg"},
			classifierFlags{}, "--checkpoint is of a run, and --weights stands instead of one",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _, _ := memoryIO()
			var got classifierFlags
			c := newLocalizeCmd(s, func(_ context.Context, o *localizeOptions) error {
				got = o.Classifier
				return nil
			})
			err := parsed(c, tc.line)
			checkError(t, err, tc.err)
			if d := cmp.Diff(tc.want, got); tc.err == "" && d != "" {
				t.Error(d)
			}
		})
	}
}

func TestEvaluationOfAClassifierNeedsData(t *testing.T) {
	for _, tc := range []struct {
		line []string
		err  string
	}{
		{[]string{"--model", "resnet50", "--config", "r.yaml"}, ""},
		{[]string{"--weights", "f.pth", "--set", "data.format=folder", "--set", "data.root=d"}, ""},
		{[]string{"--model", "resnet50"}, "a classifier has no data: --config is missing"},
		{
			[]string{"--config", "r.yaml"},
			"--config goes with --model or --weights: a run has a recipe",
		},
		{
			[]string{"--model", "resnet50", "-c", "r.yaml", "--run", "r"},
			"--run is of a run, and --model stands instead of one",
		},
		{
			[]string{"--model", "resnet50", "--from-scoremaps", "m", "--metadata", "d"},
			"--model does not go with --from-scoremaps",
		},
	} {
		s, _, _ := memoryIO()
		err := parsed(
			newEvalCmd(s, func(context.Context, *evalOptions) error { return nil }),
			tc.line,
		)
		checkError(t, err, tc.err)
	}
}
