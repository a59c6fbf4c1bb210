package data

import (
	"path/filepath"
	"testing"

	"acol/internal/data/datatest"
)

func TestNearMissesTellWhatTheFolderHas(t *testing.T) {
	dir := t.TempDir()
	const nfc, nfd = "K\u00e4fer.jpg", "Ka\u0308fer.jpg"
	datatest.Put(t, dir, map[string]string{
		"a.JPG": "", nfd: "", "z/" + nfc: "", "z/B.jpg": "",
	})
	var near NearMisses
	for path, want := range map[string]string{
		"a.jpg":    `; the folder has "a.JPG"`,
		nfc:        "; the folder has the name in another Unicode form, NFD",
		"z/" + nfd: "; the folder has the name in another Unicode form, NFC",
		"z/b.JPG":  `; the folder has "B.jpg"`,
		"z/a.jpg":  "",
		"a.JPG":    "", // it is there, but something else is wrong
		"y/a.jpg":  "",
	} {
		if got := near.Of(filepath.Join(dir, path)); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Val, cfg.Test = "list", dir, "", ""
	datatest.Put(t, dir, map[string]string{"train.txt": "a.jpg;0\n"})
	wantError(t, cfg, "train", `a.jpg, nor at the next ones of the list; the folder has "a.JPG"`)
}

func TestABlankLineShiftsNoClassName(t *testing.T) {
	dir := t.TempDir()
	cfg := wsolSet(t, dir)
	cfg.ClassNames = filepath.Join(dir, "names")
	datatest.Put(t, dir, map[string]string{"names": "Ani\n\nBunting\nCardinal\nDove\n"})
	wantError(t, cfg, "train", "names:3: a blank line before it would shift the names")
	datatest.Put(t, dir, map[string]string{"names": "Ani\nBunting\nCardinal\n\n\n"})
	if _, err := Open(cfg, "train"); err != nil {
		t.Error(err)
	}
}
