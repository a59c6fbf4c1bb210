package data

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

// folderSet has train and test with one folder a class.
func folderSet(t testing.TB, dir string) Config {
	t.Helper()
	datatest.Put(t, dir, map[string]string{
		"train/wren/b.JPG": "", "train/wren/a.png": "", "train/wren/notes.txt": "", "train/wren/.c.jpg": "", "train/wren/.thumbs/a.jpg": "", "train/wren/more/z.webp": "",
		"train/auk/1.jpeg": "", "train/.git/x.jpg": "", "train/readme.jpg": "",
		"test/wren/9.jpg": "",
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root = "folder", dir
	return cfg
}

func TestFolderSortsClassesAndKeepsTrainsLabels(t *testing.T) {
	dir := t.TempDir()
	cfg := folderSet(t, dir)
	s, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"auk", "wren"}; !reflect.DeepEqual(s.Classes, want) {
		t.Errorf("classes %v, want %v", s.Classes, want)
	}
	got := ""
	for _, sample := range s.Samples {
		got += sample.ID + " "
	}
	if want := "auk/1.jpeg wren/a.png wren/b.JPG wren/more/z.webp "; got != want {
		t.Errorf("images %q, want %q", got, want)
	}
	test, err := Open(cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	if test.Samples[0].Label != 1 || len(test.Classes) != 2 {
		t.Errorf("test: label %d of %v, want train's 1 of 2", test.Samples[0].Label, test.Classes)
	}
	datatest.Put(t, dir, map[string]string{"test/crow/1.jpg": ""})
	wantError(t, cfg, "test", "class folder crow is not in those of data.train (train)")
}

func TestFolderReadsBoxesBesideTheClasses(t *testing.T) {
	dir := t.TempDir()
	cfg := folderSet(t, dir)
	datatest.Put(t, dir, map[string]string{
		"test/localization.txt": "wren/9.jpg,1,2,3,4\n",
		"test/image_sizes.txt":  "wren/9.jpg,9,8\n",
	})
	s, err := Open(cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	sample := s.Samples[0]
	if !s.HasBoxes || sample.Width != 9 || sample.Height != 8 ||
		!reflect.DeepEqual(sample.Boxes, []box.Box{{X0: 1, Y0: 2, X1: 3, Y1: 4}}) {
		t.Errorf("boxes %v, sample %+v", s.HasBoxes, sample)
	}
	datatest.Put(t, dir, map[string]string{"test/localization.txt": "crow/9.jpg,1,2,3,4\n"})
	wantError(t, cfg, "test", `localization.txt:1: image id "crow/9.jpg" is not in the split`)
}

func TestFolderFollowsLinksToClassFolders(t *testing.T) {
	dir := t.TempDir()
	cfg := folderSet(t, dir)
	if err := os.Symlink(filepath.Join(dir, "train", "auk"), filepath.Join(dir, "test", "auk")); err != nil {
		t.Skip(err)
	}
	s, err := Open(cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Samples) != 2 || s.Samples[0].ID != "auk/1.jpeg" {
		t.Errorf("samples %+v, want auk/1.jpeg and wren/9.jpg", s.Samples)
	}
}

func TestFoldersWithoutClassesOrImagesAreErrors(t *testing.T) {
	dir := t.TempDir()
	cfg := folderSet(t, dir)
	wantError(t, cfg, "val", "data.val: ", "looked for one folder a class")
	datatest.Put(t, dir, map[string]string{"val/x.jpg": ""})
	wantError(t, cfg, "val", "has no folders")
	datatest.Put(t, dir, map[string]string{"val/auk/x.txt": ""})
	wantError(t, cfg, "val", `data.val: "val" has no images`)
}
