package model

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/weights"
)

func TestClassifiersAreFoundAsPeopleWriteThem(t *testing.T) {
	for want, names := range map[string][]string{
		"resnet50":        {"resnet50", "ResNet-50", "resnet_50", "RESNET 50", "resnet"},
		"resnet50-v2":     {"resnet50-v2", "resnet50_v2", "ResNet50v2"},
		"mobilenet_v2":    {"mobilenet_v2", "mobilenetv2", "MobileNet-V2", "mobilenet"},
		"squeezenet1_1":   {"squeezenet1_1", "squeezenet1.1", "squeezenet"},
		"googlenet":       {"googlenet", "GoogLeNet"},
		"googlenet_bvlc":  {"googlenet_bvlc", "googlenet-bvlc"},
		"inception_v3":    {"inception_v3", "inceptionv3", "inception"},
		"efficientnet_b4": {"efficientnet-b4", "EfficientNet_B4"},
		"wide_resnet50_2": {"wide_resnet50_2", "wideresnet50-2"},
	} {
		for _, name := range names {
			c, err := FindClassifier(name)
			if err != nil || c.Name != want {
				t.Errorf("%s is %q, %v, want %s", name, c.Name, err, want)
			}
		}
	}
	for name, text := range map[string]string{
		"resnet5O":      `no network "resnet5O"; did you mean resnet50?`,
		"vgg":           "vgg16 has no class activation maps",
		"VGG19-bn":      "vgg19_bn has no class activation maps",
		"convnext_tiny": "a norm between the global average and its last layer",
	} {
		var bad *ClassifierError
		c, err := FindClassifier(name)
		if err == nil {
			err = c.HasCAM()
		}
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error %v, want %s", name, err, text)
		}
	}
}

func TestEveryPublishedFileIsAClassifierOrSaysWhyNot(t *testing.T) {
	files, seen := 0, map[string]bool{}
	for _, c := range Classifiers() {
		plain := plainNetwork(c.Name)
		if seen[plain] {
			t.Errorf("%s is also the name of another classifier", c.Name)
		}
		seen[plain] = true
		if c.Published != nil {
			files++
		}
		a, _ := findArchitecture(c.Config.Backbone.Arch)
		if (c.WhyNot == "") != (a.classifier.layer != "") {
			t.Errorf(
				"%s: classifier layer %q, and why not %q",
				c.Name,
				a.classifier.layer,
				c.WhyNot,
			)
		}
		c.Config.Validate(func(key, msg string) { t.Errorf("%s: %s: %s", c.Name, key, msg) })
		if c.Side < 224 || len(c.Mean) != 3 || len(c.Std) != 3 {
			t.Errorf("%s: input of %d pixels, mean %v, std %v", c.Name, c.Side, c.Mean, c.Std)
		}
	}
	if files != len(PublishedFiles()) || files == 0 {
		t.Errorf("%d of %d published files", files, len(PublishedFiles()))
	}
	for name, side := range map[string]int{
		"inception_v3": 299, "efficientnet_b1": 240, "efficientnet_b4": 380, "resnet50-v2": 224,
	} {
		if c, err := FindClassifier(name); err != nil || c.Side != side {
			t.Errorf("%s: side %d, %v, want %d", name, c.Side, err, side)
		}
	}
}

// fileOf is a state dict with n float32 values in one tensor.
func fileOf(t *testing.T, n int) *weights.StateDict {
	t.Helper()
	sd := weights.NewStateDict()
	for name, values := range map[string]int{"a.weight": n, "a.running_mean": 7} {
		v, err := weights.FromFloat32s([]int{values}, make([]float32, values))
		if err != nil {
			t.Fatal(err)
		}
		sd.Set(name, v)
	}
	return sd
}

func TestAFileTellsWhichNetworkItIsOf(t *testing.T) {
	none := fileOf(t, 1)
	for path, want := range map[string]string{
		"resnet50-0676ba61.pth":                  "resnet50",
		"/a/resnet50-11ad3fa6.pth":               "resnet50-v2",
		"efficientnet_b1-c27df63c.pth":           "efficientnet_b1-v2",
		"squeezenet1_1-legacy-format.pth":        "squeezenet1_1",
		"googlenet_bvlc.safetensors":             "googlenet_bvlc",
		"googlenet-1378be20.pth":                 "googlenet",
		"SqueezeNet1.0.safetensors":              "squeezenet1_0",
		"wide_resnet50_2 of last week.pth":       "wide_resnet50_2",
		"inception_v3_google-0cc3c7bd.pth":       "inception_v3",
		"efficientnet_b0_rwightman-7f5810bc.pth": "efficientnet_b0",
	} {
		if c, err := ClassifierOf(path, none); err != nil || c.Name != want {
			t.Errorf("%s is of %q, %v, want %s", path, c.Name, err, want)
		}
	}
	if c, err := ClassifierOf("mine.pth", fileOf(t, 1235496)); err != nil ||
		c.Name != "squeezenet1_1" {
		t.Errorf("1235496 values are of %q, %v", c.Name, err)
	}
	aux := fileOf(t, 6624904)
	more, _ := fileOf(t, 500).Get("a.weight")
	aux.Set("aux1.fc1.weight", more)
	if c, err := ClassifierOf("mine.pth", aux); err != nil || c.Name != "googlenet" {
		t.Errorf("6624904 values and auxiliary ones are of %q, %v", c.Name, err)
	}
	var bad *ClassifierError
	if c, err := ClassifierOf("vgg16-397923af.pth", none); err != nil ||
		!errors.As(c.HasCAM(), &bad) || bad.WhyNot == "" {
		t.Errorf("a file of vgg16: %v, %v", err, c.HasCAM())
	}
	if _, err := ClassifierOf("mine.pth", none); err == nil ||
		!strings.Contains(err.Error(), "neither the name of mine.pth nor its 1 trained values") {
		t.Errorf("a file that tells nothing: %v", err)
	}
}

// The logits are upstream's and PyTorch's of whole networks, a ReLU before the average included.
func TestPublishedClassifiersGiveTheirPublishedLogits(t *testing.T) {
	dir := shared(t, "weights")
	const photo = "ILSVRC2012_val_00000347"
	for _, c := range []struct {
		name    string
		vectors [][2]string // an input (1,3,224,224) and its logits
	}{
		{"squeezenet1_1", [][2]string{
			{"squeezenet1_1.0.input", "squeezenet1_1.0.output"},
			{"squeezenet1_1.2.input", "squeezenet1_1.2.output"},
		}},
		{"googlenet_bvlc", [][2]string{
			{photo + ".input", photo + ".googlenet_bvlc.logits"},
		}},
	} {
		path := filepath.Join(dir, c.name+".safetensors")
		sd, _, err := weights.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if sd, _, err = weights.Canonical(sd, Schemes()); err != nil {
			t.Fatal(err)
		}
		of, err := ClassifierOf(path, sd)
		if err != nil || of.Name != c.name {
			t.Fatalf("%s is of %q, %v", path, of.Name, err)
		}
		m, err := New(of.Config, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.LoadAll(sd); err != nil {
			t.Fatal(err)
		}
		p, err := m.NewPredictor(enginetest.Open(t, allThreads), 1, of.Side, of.Side)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range c.vectors {
			if err := p.Images(vector(t, dir, v[0]+".npy"), 1); err != nil {
				t.Fatal(err)
			}
			got, err := p.Classify()
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range vector(t, dir, v[1]+".npy") {
				if d := math.Abs(float64(got[0][k] - want)); d > vectorTol {
					t.Fatalf("%s: logit %d is %g, want %g", v[0], k, got[0][k], want)
				}
			}
		}
	}
}
