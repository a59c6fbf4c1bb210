package recipe

import (
	"strings"
	"testing"
)

func TestEveryKeyIsExplained(t *testing.T) {
	known := map[string]bool{}
	for _, k := range Keys() {
		known[k.Name] = true
		if k.Doc == "" {
			t.Errorf("%s: no line in docs", k.Name)
		}
		if strings.Contains(k.Doc, "\n") || strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: want one line without a full stop: %q", k.Name, k.Doc)
		}
		if k.Type == "" {
			t.Errorf("%s: a type that recipes cannot say", k.Name)
		}
		if k.Default == "" {
			t.Errorf("%s: no default", k.Name)
		}
	}
	for name := range docs {
		if !known[name] {
			t.Errorf("docs explain %s, which is no key", name)
		}
	}
	for name := range numberIsText {
		if !known[name] {
			t.Errorf("numberIsText has %s, which is no key", name)
		}
	}
}

func TestKeysComeInOrderWithTheirVariables(t *testing.T) {
	list := Keys()
	if list[0].Name != "name" || list[1].Name != "model.backbone.arch" || list[len(list)-1].Name != "localize.panel" {
		t.Errorf("order: %s, %s … %s", list[0].Name, list[1].Name, list[len(list)-1].Name)
	}
	seen := map[string]string{}
	for _, k := range list {
		if other := seen[k.Env]; other != "" {
			t.Errorf("%s and %s share %s", k.Name, other, k.Env)
		}
		seen[k.Env] = k.Name
		if k.Name != strings.ToLower(k.Name) {
			t.Errorf("%s: viper wants lower case", k.Name)
		}
	}
	if seen["ACOL_TRAIN_OPTIMIZER_LR_HEADS"] != "train.optimizer.lr_heads" {
		t.Error("no ACOL_TRAIN_OPTIMIZER_LR_HEADS")
	}
}

func TestDefaultsAreShownAsYAML(t *testing.T) {
	want := map[string]string{
		"model.backbone.depth": `"18"`, "model.branches.deltas": "[0.6]", "data.root": `""`,
		"data.classes": "[]", "train.optimizer.nesterov": "true", "train.seed": "1",
	}
	for _, k := range Keys() {
		if w, ok := want[k.Name]; ok && k.Default != w {
			t.Errorf("%s: default %s, want %s", k.Name, k.Default, w)
		}
	}
}

func TestDefaultLacksOnlyThePlacesOfTheData(t *testing.T) {
	err := Default().Validate()
	if err == nil || strings.Count(err.Error(), "\n") != 1 ||
		!strings.HasPrefix(err.Error(), "data.root: is empty") || !strings.Contains(err.Error(), "\ndata.metadata: is empty") {
		t.Errorf("got %v", err)
	}
}
