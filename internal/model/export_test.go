package model

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
)

func TestExportSaysWhyAModelDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		to        string
		arch      Arch
		kinds     string
		head      Head
		width     int
		want, err string
	}{
		{"acol", "resnet", "pn", "linear", 1024, "acol", ""},
		{"torchvision", "vgg", "pp", "conv", 1024, "torchvision", ""},
		{"authors", "vgg", "pp", "conv", 1024, "authors", ""},
		{"authors", "vgg", "p", "conv", 1024, "authors", ""},
		{"authors", "vgg", "ppp", "conv", 1024, "", "the authors' network has one or two conv heads of 1024 channels, the recipe 3 conv of 1024"},
		{"authors", "vgg", "pp", "conv", 512, "", "the authors' network has one or two conv heads of 1024 channels, the recipe 2 conv of 512"},
		{"authors", "resnet", "pp", "conv", 1024, "", "the authors' network is a VGG, the recipe's a resnet"},
		{"wsol", "resnet", "pp", "conv", 1024, "wsol", ""},
		{"wsol", "resnet", "p", "linear", 1024, "torchvision", ""},
		{"wsol", "vgg", "p", "conv6", 1024, "wsol-cam-vgg", ""},
		{"wsol", "inception", "p", "conv", 1024, "wsol-cam-inception", ""},
		{"wsol", "vgg", "p", "conv", 1024, "", "wsolevaluation's ACoL has two conv heads of 1024 channels, the recipe 1 conv of 1024"},
		{"junkwhinger", "resnet", "pnp", "linear", 1024, "junkwhinger", ""},
		{"junkwhinger", "squeezenet", "p", "linear", 1024, "", "that network is a resnet with linear heads, the recipe's a squeezenet with linear ones"},
	} {
		cfg := DefaultConfig()
		cfg.Backbone.Arch, cfg.Branches.Kinds, cfg.Branches.Head, cfg.Branches.HeadWidth = c.arch, c.kinds, c.head, c.width
		got, err := cfg.exportScheme(c.to)
		if got.name != c.want || fmt.Sprint(err) != cmp.Or(c.err, "<nil>") {
			t.Errorf("%s of a %s with %s heads: %q, error %v, want %q, error %s",
				c.to, c.arch, c.head, got.name, err, c.want, c.err)
		}
	}
}

func TestExportSaysWhatHasNoPlace(t *testing.T) {
	cfg := DefaultConfig()
	m, err := New(cfg, 3)
	if err != nil {
		t.Fatal(err)
	}
	sd, left, err := m.Export("torchvision")
	want := []string{"branches.1.classifier.weight", "branches.1.classifier.bias"}
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("left %q, error %v", left, err)
	}
	if x, ok := sd.Get("fc.weight"); !ok || !slices.Equal(x.Shape, []int{3, 512}) {
		t.Errorf("fc.weight: %v, shape %v", ok, x.Shape)
	}
	if _, ok := sd.Get("bn1.num_batches_tracked"); !ok {
		t.Error("no batch counters")
	}
	if _, _, err := m.Export("authors"); err == nil ||
		err.Error() != "exporting to authors: the authors' network is a VGG, the recipe's a resnet" {
		t.Errorf("error %v", err)
	}
	if _, _, err := m.Export("caffe"); err == nil {
		t.Error("no error for a format that there is not")
	}
}

// A format that nobody writes, or a scheme of a format that nobody can ask for, is a slip.
func TestEverySchemeThatIsWrittenHasAFormat(t *testing.T) {
	written := map[string]bool{}
	for _, s := range schemes() {
		if (s.format == "") != (s.fits == nil) || s.format != "" && !slices.Contains(exportFormats, s.format) {
			t.Errorf("scheme %s has the format %q", s.name, s.format)
		}
		written[s.format] = true
	}
	for _, f := range exportFormats {
		if !written[f] {
			t.Errorf("no scheme is written as %s", f)
		}
	}
}
