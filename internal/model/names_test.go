package model_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"testing"

	"acol/internal/model"
)

// TestBackbonesHaveTheNamesAndShapesOfTorchvision holds every network of every family to the state
// dict of torchvision's, or of the variant's reference, in testdata/generate.py.
func TestBackbonesHaveTheNamesAndShapesOfTorchvision(t *testing.T) {
	raw, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Tensors, Numbers int
		Hash             string
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for network, w := range want {
		name := append(strings.Fields(network), "")
		cfg := model.DefaultConfig()
		cfg.Backbone.Arch, cfg.Backbone.Depth, cfg.Backbone.Variant = model.Arch(name[0]), name[1], name[2]
		m, err := model.New(cfg, 2)
		if err != nil {
			t.Errorf("%s: %v", network, err)
			continue
		}
		var lines []string
		numbers := 0
		for _, p := range m.Params() {
			if p.Group == model.BackboneGroup {
				lines = append(lines, p.Name+" "+strings.Trim(strings.Join(strings.Fields(fmt.Sprint(p.Shape)), ","), "[]")+"\n")
				numbers += len(p.Data)
			}
		}
		slices.Sort(lines)
		h := fnv.New64a()
		h.Write([]byte(strings.Join(lines, "")))
		if got := fmt.Sprintf("%016x", h.Sum64()); len(lines) != w.Tensors || numbers != w.Numbers || got != w.Hash {
			t.Errorf("%s: %d tensors of %d numbers, hash %s, want %d of %d, %s", network, len(lines), numbers, got, w.Tensors, w.Numbers, w.Hash)
		}
	}
	for _, n := range model.Networks() {
		if _, ok := want[n]; !ok {
			t.Errorf("%s has no reference in names.json", n)
		}
	}
}
