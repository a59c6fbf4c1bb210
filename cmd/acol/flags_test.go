package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"acol/internal/data/synth"
)

// parsed runs a command's parsing and checks on a command line.
func parsed(c *cobra.Command, line []string) error {
	c.SetArgs(line)
	c.SetOut(io.Discard)
	c.SetErr(io.Discard)
	c.SilenceErrors, c.SilenceUsage = true, true
	c, err := c.ExecuteC()
	return nameFlags(c, err)
}

// checkError wants an error of exactly that text, or none for "".
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("got error %q, want %q", got, want)
	}
}

func memoryIO() (s *streams, out, messages *bytes.Buffer) {
	out, messages = new(bytes.Buffer), new(bytes.Buffer)
	return &streams{Out: out, Err: messages}, out, messages
}

var ignoreStreams = cmpopts.IgnoreTypes(&streams{})

func TestLocalizeFlags(t *testing.T) {
	for _, tc := range []struct {
		name string
		line []string
		want localizeOptions
		err  string
	}{
		{"an image", []string{"a.jpg"}, localizeOptions{Images: []string{"a.jpg"}}, ""},
		{"all", []string{"--run", "r", "--checkpoint", "best", "--set", "a=b", "--set", "c=d", "-o", "x", "--npy", "--json", "--panel",
			"--class", "7", "--rule", "all", "--colormap", "turbo", "--threshold", "0.3", "--opacity", "0", "a", "b"},
			localizeOptions{
				Images: []string{"a", "b"}, Run: "r", Checkpoint: "best", Out: "x", NPY: true, JSON: true,
				Set: []string{
					"a=b", "c=d", "localize.panel=true", "localize.class=7", "localize.rule=all",
					"localize.colormap=turbo", "localize.threshold=0.3", "localize.opacity=0",
				},
			}, ""},
		{"a default that is given counts", []string{"--threshold=0.2", "--panel=false", "a"},
			localizeOptions{Images: []string{"a"}, Set: []string{"localize.threshold=0.2", "localize.panel=false"}}, ""},
		{"a class that begins with a quote", []string{"--class", `'Akeke'e`, "a"},
			localizeOptions{Images: []string{"a"}, Set: []string{`localize.class="'Akeke'e"`}}, ""},
		{"no image", nil, localizeOptions{}, "no image to localize"},
		{"threshold", []string{"--threshold", "1", "a"}, localizeOptions{}, "--threshold: 1 is not in 0 to below 1, a fraction of the map's maximum"},
		{"threshold that is no number", []string{"--threshold", "nan", "a"}, localizeOptions{}, `--threshold: "nan" is not a number and not one of auto, mean, raised-mean, otsu, energy`},
		{"opacity", []string{"--opacity", "-0.1", "a"}, localizeOptions{}, "--opacity: -0.1 is not in 0 to 1"},
		{"rule", []string{"--rule", "both", "a"}, localizeOptions{}, "--rule: \"both\" is not one of largest, all"},
		{"colormap", []string{"--colormap", "rainbow", "a"}, localizeOptions{},
			`--colormap: "rainbow" is not one of cividis, gray, inferno, jet, magma, plasma, turbo, viridis`},
		{"class", []string{"--class", "", "a"}, localizeOptions{}, "--class: is empty: predicted, top5, or a class by its name or index"},
		{"out", []string{"--out", "", "a"}, localizeOptions{}, "--out is empty"},
		{"unknown", []string{"--box", "a"}, localizeOptions{}, "unknown flag: --box"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _, _ := memoryIO()
			var got *localizeOptions
			err := parsed(newLocalizeCmd(s, func(_ context.Context, o *localizeOptions) error { got = o; return nil }), tc.line)
			checkError(t, err, tc.err)
			if (got == nil) != (err != nil) {
				t.Fatalf("run with %v after the error %v", got, err)
			}
			if got == nil {
				return
			}
			if tc.want.Checkpoint == "" {
				tc.want.Checkpoint = "last"
			}
			if tc.want.Out == "" {
				tc.want.Out = "localized"
			}
			if d := cmp.Diff(&tc.want, got, ignoreStreams); d != "" {
				t.Errorf("options (-want +got):\n%s", d)
			}
		})
	}
}

func TestInspectFlags(t *testing.T) {
	for _, tc := range []struct {
		line []string
		want inspectOptions
		err  string
	}{
		{[]string{"a.pth"}, inspectOptions{File: "a.pth"}, ""},
		{[]string{"--stats", "--json", "a.pth"}, inspectOptions{File: "a.pth", Stats: true, JSON: true}, ""},
		{nil, inspectOptions{}, "accepts 1 arg(s), received 0"},
		{[]string{"a", "b"}, inspectOptions{}, "accepts 1 arg(s), received 2"},
	} {
		s, _, _ := memoryIO()
		var got inspectOptions
		err := parsed(newInspectCmd(s, func(_ context.Context, o *inspectOptions) error { got = *o; return nil }), tc.line)
		checkError(t, err, tc.err)
		if d := cmp.Diff(tc.want, got, ignoreStreams); d != "" {
			t.Errorf("%v (-want +got):\n%s", tc.line, d)
		}
	}
}

func TestDataSynthFlags(t *testing.T) {
	def := synth.DefaultOptions()
	small := synth.Options{Classes: 2, Train: 4, Val: 3, Test: 5, Size: 48, Seed: 9, Overwrite: true}
	for _, tc := range []struct {
		line []string
		want dataSynthOptions
		err  string
	}{
		{[]string{"d"}, dataSynthOptions{Dir: "d", Options: def}, ""},
		{[]string{"d", "--classes=2", "--train=4", "--val=3", "--test=5", "--size=48", "--seed=9", "--force"},
			dataSynthOptions{Dir: "d", Force: true, Options: small}, ""},
		{nil, dataSynthOptions{}, "accepts 1 arg(s), received 0"},
		{[]string{"d", "--birds=3"}, dataSynthOptions{}, "unknown flag: --birds"},
	} {
		s, _, _ := memoryIO()
		var got dataSynthOptions
		err := parsed(newDataSynthCmd(s, func(o *dataSynthOptions) error { got = *o; return nil }), tc.line)
		checkError(t, err, tc.err)
		if d := cmp.Diff(tc.want, got, ignoreStreams); d != "" {
			t.Errorf("%v (-want +got):\n%s", tc.line, d)
		}
	}
}

func TestConfigFlags(t *testing.T) {
	s, _, _ := memoryIO()
	var check configCheckOptions
	var show configShowOptions
	var keys configKeysOptions
	run := map[string]func([]string) error{
		"check": func(line []string) error {
			return parsed(newConfigCheckCmd(s, func(o *configCheckOptions) error { check = *o; return nil }), line)
		},
		"show": func(line []string) error {
			return parsed(newConfigShowCmd(s, func(o *configShowOptions) error { show = *o; return nil }), line)
		},
		"keys": func(line []string) error {
			return parsed(newConfigKeysCmd(s, func(o *configKeysOptions) error { keys = *o; return nil }), line)
		},
	}
	for _, tc := range []struct {
		line []string
		got  any
		want any
		err  string
	}{
		{[]string{"check", "a", "b", "--set", "k=v", "--skip-paths"}, &check, &configCheckOptions{Files: []string{"a", "b"}, Set: []string{"k=v"}, SkipPaths: true}, ""},
		{[]string{"check"}, &check, nil, "requires at least 1 arg(s), only received 0"},
		{[]string{"show"}, &show, &configShowOptions{}, ""},
		{[]string{"show", "a", "--set", "k=v"}, &show, &configShowOptions{File: "a", Set: []string{"k=v"}}, ""},
		{[]string{"show", "--set", "k=v"}, &show, nil, "--set needs a recipe to override"},
		{[]string{"show", "--explain"}, &show, &configShowOptions{Explain: true}, ""},
		{[]string{"show", "a", "b"}, &show, nil, "accepts at most 1 arg(s), received 2"},
		{[]string{"keys", "--json"}, &keys, &configKeysOptions{JSON: true}, ""},
		{[]string{"keys", "train"}, &keys, &configKeysOptions{Name: "train"}, ""},
		{[]string{"keys", "train", "--long"}, &keys, &configKeysOptions{Name: "train", Long: true}, ""},
	} {
		checkError(t, run[tc.line[0]](tc.line[1:]), tc.err)
		if tc.want == nil {
			continue
		}
		if d := cmp.Diff(tc.want, tc.got, ignoreStreams); d != "" {
			t.Errorf("%v (-want +got):\n%s", tc.line, d)
		}
	}
}

func TestTrainFlags(t *testing.T) {
	for _, tc := range []struct {
		name string
		line []string
		want trainOptions
		err  string
	}{
		{"a recipe", []string{"--config", "r.yaml"}, trainOptions{Config: "r.yaml"}, ""},
		{"all", []string{"-c", "r.yaml", "--set", "a=b,c", "--set", "d=e", "-o", "x", "--resume", "--force"},
			trainOptions{Config: "r.yaml", Set: []string{"a=b,c", "d=e", "train.out=x"}, Resume: resumeAlways, Force: true}, ""},
		{"resume where there is something", []string{"-c", "r", "--resume=auto"}, trainOptions{Config: "r", Resume: resumeAuto}, ""},
		{"do not resume", []string{"-c", "r", "--resume", "--resume=false"}, trainOptions{Config: "r"}, ""},
		{"resume by another word", []string{"-c", "r", "--resume=always"}, trainOptions{}, `invalid argument "always" for "--resume" flag: want auto, true or false; a run stands behind it, --resume RUN`},
		{"no recipe", nil, trainOptions{}, "name what to train: a recipe, or a folder of photographs"},
		{"no run", []string{"--resume"}, trainOptions{}, "name the run to go on with"},
		{"alone", []string{"r.yaml"}, trainOptions{Config: "r.yaml"}, ""},
		{"a folder", []string{"."}, trainOptions{Photos: "."}, ""},
		{"two recipes", []string{"r", "-c", "s"}, trainOptions{}, `unexpected "r": --config names the recipe already`},
		{"two folders", []string{"a", "b"}, trainOptions{}, `unexpected "b": one recipe or folder at a time`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _, _ := memoryIO()
			var got trainOptions
			err := parsed(newTrainCmd(s, func(_ context.Context, o *trainOptions) error { got = *o; return nil }), tc.line)
			checkError(t, err, tc.err)
			if diff := cmp.Diff(tc.want, got, ignoreStreams); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEvalFlags(t *testing.T) {
	for _, tc := range []struct {
		name string
		line []string
		want evalOptions
		err  string
	}{
		{"nothing", nil, evalOptions{Checkpoint: "last", Bootstrap: 1000, Seed: 1}, ""},
		{"all", []string{"--run", "r", "--checkpoint", "best", "--split", "val", "--set", "a=b", "--json", "--save-scoremaps", "m"},
			evalOptions{Run: "r", Checkpoint: "best", Split: "val", Set: []string{"a=b"}, JSON: true, SaveScoreMaps: "m", Bootstrap: 1000, Seed: 1}, ""},
		{"score maps", []string{"--from-scoremaps", "m", "--val-scoremaps", "v", "--metadata", "d", "--masks", "k", "--resize", "--normalize", "--curve", "c.csv", "--records", "r", "--by-class", "--bootstrap", "5", "--seed", "9"},
			evalOptions{
				Checkpoint: "last", ScoreMaps: "m", ValScoreMaps: "v", Metadata: "d", Masks: "k", Resize: true, Normalize: true,
				Curve: "c.csv", Records: "r", ByClass: true, Bootstrap: 5, Seed: 9,
			}, ""},
		{"comparison", []string{"--compare", "a", "b"}, evalOptions{Checkpoint: "last", Compare: "a", With: "b", Bootstrap: 1000, Seed: 1}, ""},
		{"too few resamples", []string{"--bootstrap", "-1"}, evalOptions{}, "--bootstrap -1 is not in 0 to 1000000"},
		{"no such split", []string{"--split", "tests"}, evalOptions{}, `--split "tests" is not one of train, val, test`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _, _ := memoryIO()
			var got evalOptions
			err := parsed(newEvalCmd(s, func(_ context.Context, o *evalOptions) error { got = *o; return nil }), tc.line)
			checkError(t, err, tc.err)
			if diff := cmp.Diff(tc.want, got, ignoreStreams); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBenchFlagsBecomeKeys(t *testing.T) {
	for _, tc := range []struct {
		name string
		line []string
		want string
		err  string
	}{
		{"nothing", nil, "resnet50-pp-linear 224 8", ""},
		{"another family", []string{"--arch", "squeezenet", "--size", "96", "-b", "3"}, "squeezenet1.1-pp-linear 96 3", ""},
		{"depth and head", []string{"--depth", "18", "--head", "conv"}, "resnet18-pp-conv 224 8", ""},
		{"one branch", []string{"--kinds", "p"}, "resnet50-p-linear 224 8", ""},
		{"three branches", []string{"--kinds", "ppn"}, "resnet50-ppn-linear 224 8", ""},
		{"keys win over flags", []string{"--size", "96", "--set", "train.batch_size=5", "--set", "model.backbone.output_stride=16"}, "resnet50-os16-pp-linear 96 5", ""},
		{"size", []string{"--size", "big"}, "", "--size: big is not a whole number"},
		{"a key after a flag", []string{"--batch", "0", "--set", "train.batch_size=0"}, "", "train.batch_size: 0 is not in 1 to 65536 images (--set)"},
		{"a flag after a key", []string{"--set", "train.batch_size=0", "--batch", "0"}, "", "--batch: 0 is not in 1 to 65536 images"},
		{"two flags", []string{"--kernels", "portable", "--precision", "bf16"}, "", "--precision: the portable kernels compute in fp32 alone: use precision fp32, or the native kernels"},
		{"mode", []string{"--mode", "all"}, "", `--mode: "all" is not one of train, infer, both`},
		{"warm-up", []string{"--warmup", "-1"}, "", "--warmup: -1 is not in 0 to 1000000"},
		{"threads", []string{"--threads", "-1"}, "", "--threads: -1 is not in 0 to 1024"},
		{"data for inference", []string{"-c", "x.yaml", "--data", "--mode", "infer"}, "", "--data measures a training: --mode train or both"},
		{"argument", []string{"resnet"}, "", `unknown command "resnet" for "bench"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _, _ := memoryIO()
			var got string
			err := parsed(newBenchCmd(s, func(_ context.Context, o *benchOptions) error {
				rec, err := o.load()
				if err == nil {
					got = fmt.Sprint(modelName(rec), " ", rec.Data.Input.Size, " ", rec.Train.BatchSize)
				}
				return err
			}), tc.line)
			checkError(t, err, tc.err)
			if got != tc.want {
				t.Errorf("measures %q, want %q", got, tc.want)
			}
		})
	}
}

// Every flag that stands for a key names one, and is explained by it.
func TestFlagsStandForKeys(t *testing.T) {
	s, _, _ := memoryIO()
	found := map[string]string{}
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if k, ok := f.Value.(*keyFlag); ok {
				found[c.Name()+" --"+f.Name] = f.Usage
				if k.key.Doc == "" {
					t.Errorf("%s --%s: %s is not a key", c.CommandPath(), f.Name, k.key.Name)
				}
			}
		})
		for _, sub := range c.Commands() {
			look(sub)
		}
	}
	look(newRootCmd(s))
	for flag, want := range map[string]string{
		"localize --rule": "get a box (localize.rule: largest, all; default largest)",
		"bench --arch":    "efficientnet, convnext; without a recipe resnet)",
		"train --out":     "(train.out; default runs/ and the recipe's name)",
		"sweep --threads": "(train.threads; default 0)",
	} {
		if !strings.HasSuffix(found[flag], want) {
			t.Errorf("%s: %q, want %q at its end", flag, found[flag], want)
		}
	}
}
