package data

import (
	"fmt"
	"path/filepath"
	"testing"

	"acol/internal/data/datatest"
)

func TestMaskLinesOfOpenImages(t *testing.T) {
	dir := t.TempDir()
	cfg := wsolSet(t, dir)
	datatest.Put(t, dir, map[string]string{
		"meta/val/localization.txt": "val/9.jpg,val/9_a.png,val/9_ignore.png\nval/9.jpg,val/9_b.png,\n",
	})
	for _, masks := range []string{"", filepath.Join(dir, "masks")} {
		cfg.Masks = masks
		s, err := Open(cfg, "val")
		if err != nil {
			t.Fatal(err)
		}
		root := masks
		if root == "" {
			root = cfg.Root
		}
		at := func(name string) string { return filepath.Join(root, "val", name) }
		got := s.Samples[0]
		if fmt.Sprint(got.Masks) != fmt.Sprint([]string{at("9_a.png"), at("9_b.png")}) ||
			got.Ignore != at("9_ignore.png") || !s.HasMasks || s.HasBoxes {
			t.Errorf("masks below %q: %+v, masks %v, boxes %v", masks, got, s.HasMasks, s.HasBoxes)
		}
	}
}
