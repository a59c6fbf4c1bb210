package data

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

// wsolSet makes a small data set in dir: four images of three classes in train, one in val.
func wsolSet(t testing.TB, dir string) Config {
	t.Helper()
	datatest.Put(t, dir, map[string]string{
		"meta/train/image_ids.txt":    "a.Ani/1.jpg\nb.Bunting/2.jpg\nc.Cardinal/3.jpg\na.Ani/4.jpg",
		"meta/train/class_labels.txt": "c.Cardinal/3.jpg,2\na.Ani/1.jpg,0\nb.Bunting/2.jpg,1\na.Ani/4.jpg,0",
		"meta/val/image_ids.txt":      "val/9.jpg\n",
		"meta/val/class_labels.txt":   "val/9.jpg,1\n",
		"meta/val/image_sizes.txt":    "val/9.jpg,50,40\n",
		"meta/val/localization.txt":   "val/9.jpg,1,2,30,39\nval/9.jpg,5,5,5,5\n",
		"images/a.Ani/1.jpg":          "", "images/val/9.jpg": "",
	})
	cfg := DefaultConfig()
	cfg.Root, cfg.Metadata = filepath.Join(dir, "images"), filepath.Join(dir, "meta")
	return cfg
}

func TestWSOLReadsListsAndNamesClassesByFolder(t *testing.T) {
	cfg := wsolSet(t, t.TempDir())
	train, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	classes := []string{"a.Ani", "b.Bunting", "c.Cardinal"}
	if !reflect.DeepEqual(train.Classes, classes) || train.HasBoxes || train.Name != "train" {
		t.Errorf("train: classes %v, boxes %v, name %q", train.Classes, train.HasBoxes, train.Name)
	}
	var labels []int
	for _, s := range train.Samples {
		labels = append(labels, s.Label)
	}
	if want := []int{0, 1, 2, 0}; !reflect.DeepEqual(labels, want) {
		t.Errorf("labels %v, want %v: in the order of the ids", labels, want)
	}
	val, err := Open(cfg, "val")
	if err != nil {
		t.Fatal(err)
	}
	want := Sample{
		ID: "val/9.jpg", Path: filepath.Join(cfg.Root, "val", "9.jpg"), Label: 1, Width: 50, Height: 40,
		Boxes: []box.Box{{X0: 1, Y0: 2, X1: 30, Y1: 39}, {X0: 5, Y0: 5, X1: 5, Y1: 5}},
	}
	if !reflect.DeepEqual(val.Samples, []Sample{want}) {
		t.Errorf("val: %+v, want %+v", val.Samples, want)
	}
	if !reflect.DeepEqual(val.Classes, classes) || !val.HasBoxes {
		t.Errorf("val: classes %v (want train's), boxes %v", val.Classes, val.HasBoxes)
	}
}

func TestWSOLNumbersClassesWithoutAFolderEach(t *testing.T) {
	dir := t.TempDir()
	cfg := wsolSet(t, dir)
	datatest.Put(t, dir, map[string]string{"meta/train/class_labels.txt": "a.Ani/1.jpg,0\nb.Bunting/2.jpg,1\nc.Cardinal/3.jpg,1\na.Ani/4.jpg,3"})
	datatest.Put(t, dir, map[string]string{"meta/val/class_labels.txt": "val/9.jpg,1\nval/8.jpg,2"})
	s, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"0", "1", "2", "3"}; !reflect.DeepEqual(s.Classes, want) {
		t.Errorf("classes %v, want %v", s.Classes, want)
	}
}

func TestWSOLErrorsNameFileLineAndReason(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"escape": {
			"train/image_ids.txt", "a.Ani/1.jpg\n../x.jpg",
			`image_ids.txt:2: image id "../x.jpg" leaves the data root`,
		},
		"hidden": {
			"train/image_ids.txt", "a/../../x.jpg",
			`image_ids.txt:1: image id "a/../../x.jpg" leaves`,
		},
		"absolute": {
			"train/image_ids.txt", "/etc/x.jpg", `image_ids.txt:1: image id "/etc/x.jpg" leaves`,
		},
		"comma": {"train/image_ids.txt", "a,b.jpg", "has a comma"},
		"twice": {
			"train/image_ids.txt", "a.jpg\n\nb.jpg\na.jpg",
			`image_ids.txt:4: image id "a.jpg" is there twice`,
		},
		"binary": {"train/image_ids.txt", "ab\x00.jpg", "image_ids.txt:1: is not UTF-8 text"},
		"long": {
			"train/image_ids.txt", "a\n" + strings.Repeat("x", maxLine+1),
			"image_ids.txt:2: line is longer",
		},
		"fields": {
			"train/class_labels.txt", "a.Ani/1.jpg",
			"class_labels.txt:1: \"a.Ani/1.jpg\" has 1 fields, want 2: id,label",
		},
		"word":     {"train/class_labels.txt", "a.Ani/1.jpg,ani", `"ani" is not a whole number`},
		"negative": {"train/class_labels.txt", "a.Ani/1.jpg,-1", "label -1 is not in 0 to"},
		"huge":     {"train/class_labels.txt", "a.Ani/1.jpg,9999999", "label 9999999 is not in 0 to"},
		"stranger": {
			"train/class_labels.txt", "z.jpg,0",
			`class_labels.txt:1: image id "z.jpg" is not in image_ids.txt`,
		},
		"relabelled": {
			"train/class_labels.txt", "a.Ani/1.jpg,0\na.Ani/1.jpg,0",
			"class_labels.txt:2: image id \"a.Ani/1.jpg\" has a label already",
		},
		"unlabelled": {
			"train/class_labels.txt", "a.Ani/1.jpg,0",
			"class_labels.txt: no label for image \"b.Bunting/2.jpg\"",
		},
		"size": {
			"train/image_sizes.txt", "a.Ani/1.jpg,0,5",
			"image_sizes.txt:1: size 0x5 is not positive",
		},
		"box order": {
			"train/localization.txt", "a.Ani/1.jpg,5,5,4,9",
			"localization.txt:1: box (5,5)-(4,9) has",
		},
		"box corner": {"train/localization.txt", "a.Ani/1.jpg,-5,5,4,9", "has a negative corner"},
		"box fraction": {
			"train/localization.txt", "a.Ani/1.jpg,1,1,4,9.5", `"9.5" is not a whole number`,
		},
		"box stranger": {
			"train/localization.txt", "z.jpg,1,1,4,9", `image id "z.jpg" is not in the split`,
		},
		"mask": {
			"train/localization.txt", "a.Ani/1.jpg,../m.png,i.png",
			`localization.txt:1: mask "../m.png" leaves the folder of the masks`,
		},
		"no mask": {
			"train/localization.txt", "a.Ani/1.jpg,,i.png", "localization.txt:1: mask is empty",
		},
		"two ignores": {
			"train/localization.txt", "a.Ani/1.jpg,m.png,i.png\na.Ani/1.jpg,n.png,j.png",
			`localization.txt:2: ignore mask "j.png" is the image's second`,
		},
		"mask of none": {
			"train/localization.txt", "x.jpg,m.png,",
			`localization.txt:1: image id "x.jpg" is not in the split`,
		},
		"no image": {"train/image_ids.txt", "\n\n", `data.train: "train" has no images`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := wsolSet(t, dir)
			datatest.Put(t, dir, map[string]string{"meta/" + tc.file: tc.text})
			if tc.text == "\n\n" {
				datatest.Put(t, dir, map[string]string{"meta/train/class_labels.txt": ""})
			}
			wantError(t, cfg, "train", tc.want)
		})
	}
}

func TestOpenNamesTheKeyOfAMissingPlace(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config, string)
		want   string
	}{
		"root":     {func(c *Config, _ string) { c.Root += "/no" }, "data.root: "},
		"metadata": {func(c *Config, _ string) { c.Metadata += "/no" }, "data.metadata: "},
		"train": {
			func(c *Config, _ string) { c.Train = "training" },
			"meta/training: no such folder; looked for image_ids.txt and class_labels.txt",
		},
		"empty": {func(c *Config, _ string) { c.Train = "" }, "data.train: is empty"},
		"file": {
			func(c *Config, dir string) { c.Root = filepath.Join(dir, "meta/train/image_ids.txt") },
			"is a file; looked for the folder of the images",
		},
		"format": {
			func(c *Config, _ string) { c.Format = "kitti" },
			`data.format: "kitti" is not one of wsol, cub, folder,`,
		},
		"images": {func(c *Config, dir string) { c.Root = dir }, "data.root: no image at "},
		"list": {
			func(_ *Config, dir string) { _ = os.Remove(filepath.Join(dir, "meta/train/image_ids.txt")) },
			"image_ids.txt: no such file",
		},
		"names": {
			func(c *Config, dir string) { c.ClassNames = filepath.Join(dir, "none.txt") },
			"none.txt: no such file or directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := wsolSet(t, dir)
			tc.change(&cfg, dir)
			wantError(t, cfg, "train", tc.want)
		})
	}
	wantError(t, DefaultConfig(), "dev", `"dev" is not one of train, val, test`)
}

func TestClassNamesFileAndFilter(t *testing.T) {
	dir := t.TempDir()
	cfg := wsolSet(t, dir)
	datatest.Put(t, dir, map[string]string{"names": "Ani\r\nBunting \nCardinal\n"})
	cfg.ClassNames = filepath.Join(dir, "names")
	cfg.Classes = []string{"2", "Ani"}
	s, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Ani", "Cardinal"}; !reflect.DeepEqual(s.Classes, want) {
		t.Errorf("classes %v, want %v", s.Classes, want)
	}
	got := map[string]int{}
	for _, sample := range s.Samples {
		got[sample.ID] = sample.Label
	}
	if want := map[string]int{"a.Ani/1.jpg": 0, "a.Ani/4.jpg": 0, "c.Cardinal/3.jpg": 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
	for want, classes := range map[string][]string{
		`data.classes: no class "cardnal" among 3; the nearest is "Cardinal"`: {"cardnal"},
		`data.classes: "3" is not a label in 0 to 2`:                          {"3"},
	} {
		cfg.Classes = classes
		wantError(t, cfg, "train", want)
	}
	datatest.Put(t, dir, map[string]string{"names": "Ani\nBunting\n"})
	wantError(t, cfg, "train", "has 2 names, want 3")
}

func FuzzWSOLLines(f *testing.F) {
	for _, line := range []string{"a.jpg,1,2,3,4", "a.jpg,1", "", ",,,,", "a,m.png,", "a,99999999999999999999", "\ufeffa.jpg", "../a"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_ = scanLines(strings.NewReader(text), "list", nil, func(_ int, line string) error {
			if id, label, err := parseLabel(line); err == nil && (label < 0 || label >= maxClasses || strings.Contains(id, ",")) {
				t.Errorf("%q gave label %d of %q", line, label, id)
			}
			if id, b, err := parseBox(line); err == nil && (!b.Valid() || strings.Contains(id, ",")) {
				t.Errorf("%q gave box %s of %q", line, b, id)
			}
			if s, err := newSample("/data", line); err == nil && s.Path != "/data" && !strings.HasPrefix(s.Path, "/data/") {
				t.Errorf("%q leads to %s", line, s.Path)
			}
			if b, err := cubBox(strings.Split(line+",,,", ",")[:4]); err == nil && !b.Valid() {
				t.Errorf("%q gave box %s", line, b)
			}
			return nil
		})
	})
}

func TestABoxOutsideOfItsImageIsNamed(t *testing.T) {
	dir := t.TempDir()
	cfg := wsolSet(t, dir)
	datatest.Put(t, dir, map[string]string{"meta/val/localization.txt": "val/9.jpg,50,1,60,9\n"})
	want := `box (50,1)-(60,9) of "val/9.jpg" is outside of the image of 50x40 pixels`
	wantError(t, cfg, "val", want)
}
