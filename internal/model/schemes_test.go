package model

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"acol/internal/weights"
)

// named makes a state dict of zeros; each entry is "name shape".
func named(t *testing.T, entries ...string) *weights.StateDict {
	t.Helper()
	d := weights.NewStateDict()
	for _, e := range entries {
		name, dims, _ := strings.Cut(e, " ")
		shape, n := []int{}, 1
		for s := range strings.FieldsSeq(dims) {
			var v int
			if _, err := fmt.Sscan(s, &v); err != nil {
				t.Fatal(err)
			}
			shape, n = append(shape, v), n*v
		}
		x, err := weights.FromFloat32s(shape, make([]float32, n))
		if err != nil {
			t.Fatal(err)
		}
		d.Set(name, x)
	}
	return d
}

// list writes a state dict as named reads it.
func list(d *weights.StateDict) []string {
	var out []string
	for _, n := range d.Names() {
		x, _ := d.Get(n)
		out = append(out, strings.TrimSpace(n+" "+strings.Trim(fmt.Sprint(x.Shape), "[]")))
	}
	return out
}

// canonical gives a file's tensors acol's names, as cmd does.
func canonical(d *weights.StateDict) (*weights.StateDict, weights.Names, error) {
	return weights.Canonical(d, Schemes())
}

func TestNamesOfTheFieldsCodesBecomeAcols(t *testing.T) {
	head := func(name string) []string {
		return []string{name + ".0.weight 4 2 3 3", name + ".0.bias 4", name + ".2.weight 4 4 3 3", name + ".2.bias 4", name + ".4.weight 5 4 1 1", name + ".4.bias 5"}
	}
	ours := func(i int) []string {
		b := fmt.Sprintf("branches.%d.", i)
		return []string{b + "conv1.weight 4 2 3 3", b + "conv1.bias 4", b + "conv2.weight 4 4 3 3", b + "conv2.bias 4", b + "classifier.weight 5 4 1 1", b + "classifier.bias 5"}
	}
	features := []string{"features.0.weight 2 3 3 3", "features.0.bias 2"}
	for _, c := range []struct {
		scheme, prefix string
		in, want       []string
	}{
		{"authors", "module.", slices.Concat(features, head("cls"), head("cls_erase")), slices.Concat(features, ours(0), ours(1))},
		{"authors", "", slices.Concat(features, head("cls")), slices.Concat(features, ours(0))},
		{"wsol", "", slices.Concat(features, head("classifier_A"), head("classifier_B")), slices.Concat(features, ours(0), ours(1))},
		{"wsol-cam-vgg", "", append(features[:2:2], "conv6.weight 4 2 3 3", "conv6.bias 4", "fc.weight 5 4", "fc.bias 5"),
			append(features[:2:2], "branches.0.conv1.weight 4 2 3 3", "branches.0.conv1.bias 4", "branches.0.classifier.weight 5 4 1 1", "branches.0.classifier.bias 5")},
		{"wsol-cam-inception", "", []string{"Conv2d_1a_3x3.conv.weight 2 3 3 3", "SPG_A3_1b.0.weight 4 2 3 3", "SPG_A3_2b.0.weight 4 4 3 3", "SPG_A4.weight 5 4 1 1"},
			[]string{"Conv2d_1a_3x3.conv.weight 2 3 3 3", "branches.0.conv1.weight 4 2 3 3", "branches.0.conv2.weight 4 4 3 3", "branches.0.classifier.weight 5 4 1 1"}},
		{"wsol-spg-vgg", "module.", []string{"features.0.weight 2 3 3 3", "SPG_A_1.0.weight 2 2 3 3", "SPG_A_2.4.bias 2", "SPG_A_3.0.weight 4 2 3 3", "SPG_A_4.weight 5 4 1 1", "SPG_B_1a.0.weight 4 2 3 3", "SPG_B_shared.2.weight 1 4 1 1"},
			[]string{"features.0.weight 2 3 3 3", "features.17.weight 2 2 3 3", "features.28.bias 2", "branches.0.conv1.weight 4 2 3 3", "branches.0.classifier.weight 5 4 1 1", "spg.b1.conv.weight 4 2 3 3", "spg.shared.out.weight 1 4 1 1"}},
		{"wsol-spg-resnet", "", []string{"conv1.weight 2 3 7 7", "SPG_A1.0.conv1.weight 2 2 1 1", "SPG_A2.4.bn3.running_var 2", "layer4.0.conv1.weight 2 2 1 1", "SPG_A4.weight 5 2 1 1", "SPG_B_1a.0.weight 4 2 3 3", "SPG_C.0.bias 4"},
			[]string{"conv1.weight 2 3 7 7", "layer3.0.conv1.weight 2 2 1 1", "layer3.5.bn3.running_var 2", "layer4.0.conv1.weight 2 2 1 1", "branches.0.classifier.weight 5 2 1 1", "spg.b1.conv.weight 4 2 3 3", "spg.c.conv.bias 4"}},
		{"wsol-spg-inception", "", []string{"Conv2d_1a_3x3.conv.weight 2 3 3 3", "SPG_A3_1b.0.weight 4 2 3 3", "SPG_A4.weight 5 4 1 1", "SPG_B_1a.0.weight 4 2 3 3"},
			[]string{"Conv2d_1a_3x3.conv.weight 2 3 3 3", "branches.0.conv1.weight 4 2 3 3", "branches.0.classifier.weight 5 4 1 1", "spg.b1.conv.weight 4 2 3 3"}},
		{"junkwhinger", "module.model.", []string{"backbone.0.weight 2 3 7 7", "backbone.1.running_mean 2", "backbone.4.0.conv1.weight 2 2 1 1", "backbone.7.2.bn3.weight 2", "classifiers.0p.0.weight 5 2 1 1", "classifiers.1n.0.bias 5"},
			[]string{"conv1.weight 2 3 7 7", "bn1.running_mean 2", "layer1.0.conv1.weight 2 2 1 1", "layer4.2.bn3.weight 2", "branches.0.classifier.weight 5 2 1 1", "branches.1.classifier.bias 5"}},
		{"acol", "", slices.Concat(features, ours(0)), slices.Concat(features, ours(0))},
		{"torchvision", "", []string{"conv1.weight 2 3 7 7", "fc.weight 5 2", "fc.bias 5"}, []string{"conv1.weight 2 3 7 7", "branches.0.classifier.weight 5 2 1 1", "branches.0.classifier.bias 5"}},
		{"torchvision", "", append(features[:2:2], "classifier.1.weight 5 2 1 1"), append(features[:2:2], "branches.0.classifier.weight 5 2 1 1")},
		{"torchvision", "", append(features[:2:2], "classifier.0.weight 4 2", "classifier.6.weight 5 4"), append(features[:2:2], "classifier.0.weight 4 2", "classifier.6.weight 5 4")},
	} {
		in := named(t, c.in...)
		if c.prefix != "" {
			in = weights.NewStateDict()
			for _, n := range named(t, c.in...).Names() {
				x, _ := named(t, c.in...).Get(n)
				in.Set(c.prefix+n, x)
			}
		}
		got, names, err := canonical(in)
		if err != nil {
			t.Errorf("%s: %v", c.scheme, err)
			continue
		}
		if names.Scheme != c.scheme || names.Prefix != c.prefix || !slices.Equal(list(got), c.want) {
			t.Errorf("%s behind %q: got %s behind %q: %q, want %q", c.scheme, c.prefix, names.Scheme, names.Prefix, list(got), c.want)
		}
	}
}

// The pairs come from both libraries' own modules.
func TestTimmsNamesBecomeTorchvisions(t *testing.T) {
	raw, err := os.ReadFile("testdata/schemes.json")
	if err != nil {
		t.Fatal(err)
	}
	var nets map[string][][4]any
	if err := json.Unmarshal(raw, &nets); err != nil {
		t.Fatal(err)
	}
	for net, rows := range nets {
		var timm, torch []string
		for _, r := range rows {
			timm = append(timm, fmt.Sprint(r[0])+" "+strings.Trim(fmt.Sprint(r[1]), "[]"))
			torch = append(torch, fmt.Sprint(r[2])+" "+strings.Trim(fmt.Sprint(r[3]), "[]"))
		}
		if net == "vgg16_bn" { // timm's is a convolution of 7x7; nothing of the classifier is used
			timm, torch = timm[:65], torch[:65]
			timm, torch = append(timm, "head.fc.weight 5 4"), append(torch, "classifier.6.weight 5 4")
		}
		got, names, err := canonical(named(t, timm...))
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := canonical(named(t, torch...))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(names.Scheme, "timm-") || !slices.Equal(list(got), list(want)) {
			t.Errorf("%s (%s):\n%q\nwant\n%q", net, names.Scheme, list(got), list(want))
		}
	}
}

func TestNamesThatAreWrittenAreReadAgain(t *testing.T) {
	conv := []string{"branches.0.conv1.weight 4 2 3 3", "branches.0.conv1.bias 4", "branches.0.conv2.weight 4 4 3 3", "branches.0.classifier.weight 5 4 1 1",
		"branches.1.conv1.weight 4 2 3 3", "branches.1.conv2.weight 4 4 3 3", "branches.1.classifier.weight 5 4 1 1"}
	flat := []string{"branches.0.classifier.weight 5 2 1 1", "branches.0.classifier.bias 5"}
	for _, c := range []struct {
		scheme string
		arch   Arch
		kinds  string
		head   Head
		in     []string
		first  string // of the head outside
	}{
		{"acol", "convnext", "p", "linear", append([]string{"features.0.0.weight 2 3 4 4"}, flat...), "branches.0.classifier.weight 5 2 1 1"},
		{"authors", "vgg", "pp", "conv", append([]string{"features.0.weight 2 3 3 3"}, conv...), "cls.0.weight 4 2 3 3"},
		{"wsol", "resnet", "pp", "conv", append([]string{"conv1.weight 2 3 7 7"}, conv...), "classifier_A.0.weight 4 2 3 3"},
		{"torchvision", "resnet", "p", "linear", append([]string{"conv1.weight 2 3 7 7"}, flat...), "fc.weight 5 2"},
		{"torchvision", "squeezenet", "p", "linear", append([]string{"features.0.weight 2 3 3 3"}, flat...), "classifier.1.weight 5 2 1 1"},
		{"torchvision", "mobilenet", "p", "linear", append([]string{"features.0.0.weight 2 3 3 3"}, flat...), "classifier.1.weight 5 2"},
		{"junkwhinger", "resnet", "pn", "linear", []string{"conv1.weight 2 3 7 7", "branches.0.classifier.weight 5 2 1 1", "branches.1.classifier.weight 5 2 1 1"}, "classifiers.0p.0.weight 5 2 1 1"},
		{"wsol-spg-vgg", "vgg", "p", "conv", []string{"spg.b1.conv.weight 4 2 3 3", "features.17.weight 2 2 3 3", "branches.0.conv1.weight 4 2 3 3"}, "SPG_A_1.0.weight 2 2 3 3"},
		{"wsol-cam-vgg", "vgg", "p", "conv6", []string{"features.0.weight 2 3 3 3", "branches.0.conv1.weight 4 2 3 3", "branches.0.classifier.weight 5 4 1 1"}, "conv6.weight 4 2 3 3"},
	} {
		var cfg Config
		cfg.Backbone.Arch, cfg.Branches.Kinds, cfg.Branches.Head = c.arch, c.kinds, c.head
		all := schemes()
		at := slices.IndexFunc(all, func(s scheme) bool { return s.name == c.scheme })
		out, left := weights.Foreign(named(t, c.in...), all[at].pairs(cfg))
		if len(left) > 0 {
			t.Fatalf("%s: left %q", c.scheme, left)
		}
		if got := list(out); got[1] != c.first {
			t.Errorf("%s: %q, want %q second", c.scheme, got, c.first)
		}
		back, names, err := canonical(out)
		if err != nil || names.Scheme != c.scheme || !slices.Equal(list(back), c.in) {
			t.Errorf("%s came back as %s: %q, want %q, error %v", c.scheme, names.Scheme, list(back), c.in, err)
		}
	}
}
