package model

import (
	"regexp"
	"testing"
)

func TestTablesOfPublishedFilesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range PublishedFiles() {
		if !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(f.Hash()) || f.MiB < 4 || f.Parameters < 1e6 || f.Top1 < 50 || seen[f.Name] || seen[f.File.Name] {
			t.Errorf("%+v with hash %q", f, f.Hash())
		}
		// Parameters are float32, but for those of two files, which are float16; GoogLeNet's has
		// the auxiliary heads too.
		if bytes := f.MiB * (1 << 20) / float64(f.Parameters); bytes < 1.9 || bytes > 4.3 && f.Name != "googlenet" {
			t.Errorf("%s: %.2f bytes a parameter", f.Name, bytes)
		}
		seen[f.Name], seen[f.File.Name] = true, true
	}
}

func TestBackbonesHaveTheirFiles(t *testing.T) {
	for _, c := range []struct {
		arch                 Arch
		depth, weights, want string
	}{
		{"resnet", "50", "imagenet", "resnet50-0676ba61.pth"}, {"resnet", "50", "imagenet-v2", "resnet50-11ad3fa6.pth"},
		{"squeezenet", "1.1", "imagenet", "squeezenet1_1-b8a52dc0.pth"}, {"vgg", "16_bn", "imagenet", "vgg16_bn-6c64b313.pth"},
		{"resnext", "50_32x4d", "imagenet", "resnext50_32x4d-7cdf4587.pth"}, {"wide_resnet", "50_2", "imagenet", "wide_resnet50_2-95faca4d.pth"},
		{"googlenet", "v1", "imagenet", "googlenet-1378be20.pth"}, {"inception", "v3", "imagenet", "inception_v3_google-0cc3c7bd.pth"},
		{"mobilenet", "v2", "imagenet", "mobilenet_v2-b0353104.pth"}, {"efficientnet", "b0", "imagenet", "efficientnet_b0_rwightman-7f5810bc.pth"}, {"efficientnet", "b1", "imagenet-v2", "efficientnet_b1-c27df63c.pth"}, {"convnext", "tiny", "imagenet", "convnext_tiny-983f1562.pth"},
	} {
		if f, ok := (Backbone{Arch: c.arch, Depth: c.depth, Width: 1, Weights: Weights(c.weights)}).Published(); !ok || f.File.Name != c.want {
			t.Errorf("%s %s %s: %+v, want %s", c.arch, c.depth, c.weights, f, c.want)
		}
	}
	for _, b := range []Backbone{
		{Arch: "resnet", Depth: "18", Width: 1, Weights: "imagenet-v2"},
		{Arch: "resnet", Depth: "18", Width: 0.5, Weights: "imagenet"},
		{Arch: "resnet", Depth: "18", Width: 1, Weights: "mine.pth"},
		{Arch: "resnet", Depth: "19", Width: 1, Weights: "imagenet"},
		{Arch: "googlenet", Depth: "v1", Variant: "bvlc", Width: 1, Weights: "imagenet"},
	} {
		if f, ok := b.Published(); ok {
			t.Errorf("%+v has no published weights, got %+v", b, f)
		}
	}
}

func TestNamesOfNetworksAreArchAndDepth(t *testing.T) {
	for name, want := range map[string][2]string{
		"resnet50": {"resnet", "50"}, "squeezenet1_1": {"squeezenet", "1.1"}, "squeezenet1.1": {"squeezenet", "1.1"}, "vgg16_bn": {"vgg", "16_bn"},
		"wide_resnet50_2": {"wide_resnet", "50_2"}, "resnext50_32x4d": {"resnext", "50_32x4d"},
		"googlenet": {"googlenet", "v1"}, "inception_v3": {"inception", "v3"}, "mobilenet_v2": {"mobilenet", "v2"}, "efficientnet_b0": {"efficientnet", "b0"},
		"convnext_tiny": {"convnext", "tiny"}, "squeezenet_1.1": {"squeezenet", "1.1"}, "mobilenetv2": {"mobilenet", "v2"},
	} {
		if arch, depth, ok := FindNetwork(name); !ok || string(arch) != want[0] || depth != want[1] {
			t.Errorf("%s: %q %q %v, want %q", name, arch, depth, ok, want)
		}
	}
	for _, name := range []string{"resnet", "resnet19", "", "50", "resnet50.pth"} {
		if arch, depth, ok := FindNetwork(name); ok {
			t.Errorf("%s is %s %s", name, arch, depth)
		}
	}
}

func TestEveryNetworkOfTorchvisionHasItsFile(t *testing.T) {
	for _, a := range architectures {
		for _, n := range a.networks {
			b := Backbone{Arch: a.name, Depth: n.depth, Width: 1, Weights: "imagenet"}
			f, ok := b.Published()
			if !ok || f.Name != n.torchvision || b.TorchvisionName() != n.torchvision {
				t.Errorf("%s %s starts from %q, %v, want the weights of %s", a.name, n.depth, f.Name, ok, n.torchvision)
			}
			if found, ok := FindPublished(f.Name); !ok || found != f {
				t.Errorf("%s is found as %+v", f.Name, found)
			}
			if arch, depth, _ := FindNetwork(f.Name); arch != a.name || depth != n.depth {
				t.Errorf("%s %s starts from the weights of %s", a.name, n.depth, f.Name)
			}
		}
	}
}
