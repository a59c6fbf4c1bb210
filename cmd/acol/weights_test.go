package main

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/hub"
	"acol/internal/model"
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

func TestFormatsTellWhyAModelDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		to        string
		arch      model.Arch
		kinds     string
		head      model.Head
		width     int
		want, err string
	}{
		{"acol", "resnet", "pn", "linear", 1024, "acol", ""},
		{"torchvision", "vgg", "pp", "conv", 1024, "torchvision", ""},
		{"authors", "vgg", "pp", "conv", 1024, "authors", ""},
		{"authors", "vgg", "p", "conv", 1024, "authors", ""},
		{"authors", "vgg", "ppp", "conv", 1024, "", "exporting to authors: the authors' network has one or two conv heads of 1024 channels, the recipe 3 conv of 1024"},
		{"authors", "vgg", "pp", "conv", 512, "", "exporting to authors: the authors' network has one or two conv heads of 1024 channels, the recipe 2 conv of 512"},
		{"authors", "resnet", "pp", "conv", 1024, "", "exporting to authors: the authors' network is a VGG, the recipe's a resnet"},
		{"wsol", "resnet", "pp", "conv", 1024, "wsol", ""},
		{"wsol", "resnet", "p", "linear", 1024, "torchvision", ""},
		{"wsol", "vgg", "p", "conv6", 1024, "wsol-cam-vgg", ""},
		{"wsol", "inception", "p", "conv", 1024, "wsol-cam-inception", ""},
		{"wsol", "vgg", "p", "conv", 1024, "", "exporting to wsol: wsolevaluation's ACoL has two conv heads of 1024 channels, the recipe 1 conv of 1024"},
		{"junkwhinger", "resnet", "pnp", "linear", 1024, "junkwhinger", ""},
		{"junkwhinger", "squeezenet", "p", "linear", 1024, "", "exporting to junkwhinger: that network is a resnet with linear heads, the recipe's a squeezenet with linear ones"},
	} {
		cfg := model.DefaultConfig()
		cfg.Backbone.Arch, cfg.Branches.Kinds, cfg.Branches.Head, cfg.Branches.HeadWidth = c.arch, c.kinds, c.head, c.width
		got, err := exportScheme(c.to, cfg)
		checkError(t, err, c.err)
		if got != c.want {
			t.Errorf("%s of a %s with %s heads: %q, want %q", c.to, c.arch, c.head, got, c.want)
		}
	}
}

func TestNamesOfNetworksAreArchAndDepth(t *testing.T) {
	for name, want := range map[string][2]string{
		"resnet50": {"resnet", "50"}, "squeezenet1_1": {"squeezenet", "1.1"}, "squeezenet1.1": {"squeezenet", "1.1"}, "vgg16_bn": {"vgg", "16_bn"},
		"wide_resnet50_2": {"wide_resnet", "50_2"}, "resnext50_32x4d": {"resnext", "50_32x4d"},
		"googlenet": {"googlenet", "v1"}, "inception_v3": {"inception", "v3"}, "mobilenet_v2": {"mobilenet", "v2"}, "efficientnet_b0": {"efficientnet", "b0"},
		"convnext_tiny": {"convnext", "tiny"},
	} {
		if arch, depth, ok := networkOf(name); !ok || arch != want[0] || depth != want[1] {
			t.Errorf("%s: %q %q %v, want %q", name, arch, depth, ok, want)
		}
	}
	for _, name := range []string{"resnet", "resnet19", "", "50", "resnet50.pth"} {
		if arch, depth, ok := networkOf(name); ok {
			t.Errorf("%s is %s %s", name, arch, depth)
		}
	}
}

func TestEveryNetworkOfTorchvisionHasItsFile(t *testing.T) {
	for _, n := range model.Networks() {
		words := strings.Fields(n)
		if len(words) > 2 {
			continue // a variant that torchvision does not have
		}
		f, ok := hub.ForBackbone(words[0], words[1], "")
		if !ok {
			t.Errorf("%s has no published file", n)
			continue
		}
		if arch, depth, _ := networkOf(f.Name); arch != words[0] || depth != words[1] {
			t.Errorf("%s starts from the weights of %s", n, f.Name)
		}
	}
}

func TestWeightsImportAndGetFlags(t *testing.T) {
	s, _, _ := memoryIO()
	var imp weightsImportOptions
	err := parsed(newWeightsImportCmd(s, func(_ context.Context, o *weightsImportOptions) error { imp = *o; return nil }),
		[]string{"f.pth", "-c", "r.yaml", "-o", "d", "--classes", "c.txt", "--set", "a=b", "--force", "--json"})
	checkError(t, err, "")
	want := weightsImportOptions{File: "f.pth", Config: "r.yaml", Out: "d", Classes: "c.txt", Set: []string{"a=b"}, Force: true, JSON: true}
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
