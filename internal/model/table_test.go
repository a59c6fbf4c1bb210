package model

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestTheTableOfBackbonesIsRight builds every network of docs/backbones.md at 224 pixels.
func TestTheTableOfBackbonesIsRight(t *testing.T) {
	raw, err := os.ReadFile("../../docs/backbones.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	for _, a := range architectures {
		for _, d := range a.depths() {
			for _, v := range a.variants {
				row := tableRow(t, a, d, v)
				if !strings.Contains(page, row+"\n") {
					t.Errorf("docs/backbones.md has no row\n%s", row)
				}
			}
		}
	}
}

func tableRow(t *testing.T, a architecture, depth string, v variant) string {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Backbone = Backbone{Arch: a.name, Depth: depth, Variant: v.name, Width: 1}
	var sizes []string
	var parameters, channels int
	store := newStore() // the parameters are the same for all strides
	for _, s := range v.strides {
		cfg.Backbone.OutputStride = s
		b := (&Model{cfg: cfg, store: store}).builder(false)
		x := backbone(b, leafNode(b.g, "image", []int{1, 3, 224, 224}, make([]float32, 3*224*224)))
		if b.err != nil {
			t.Fatal(b.err)
		}
		parameters, channels = 0, x.Shape()[1]
		for _, p := range b.store.params {
			if p.Kind.Trained() {
				parameters += len(p.Data)
			}
		}
		sizes = append(sizes, fmt.Sprintf("%d: %dx%d", s, x.Shape()[2], x.Shape()[3]))
	}
	return fmt.Sprintf("| %s | %s | %s | %.1f | %d | %s |",
		a.name, depth, v.name, float64(parameters)/1e6, channels, strings.Join(sizes, ", "))
}
