package data

import (
	"bytes"
	"image"
	"image/png"
	"path/filepath"
	"reflect"
	"testing"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

func TestCUBNativeEqualsItsWSOLMetadata(t *testing.T) {
	root := filepath.Join(datatest.Shared(t), "data", "cub16")
	native, meta := DefaultConfig(), DefaultConfig()
	native.Format, native.Root, native.ValEvery = "cub", filepath.Join(root, "CUB_200_2011"), 6
	meta.Root, meta.Metadata = filepath.Join(root, "CUB_200_2011", "images"), filepath.Join(root, "metadata", "CUB16")
	for split, count := range map[string]int{"train": 400, "val": 80, "test": 467} {
		got, err := Open(native, split)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Open(meta, split)
		if err != nil {
			t.Fatal(err)
		}
		if len(want.Samples) != count || !want.HasBoxes || len(want.Classes) != 16 {
			t.Errorf("%s: %d images, want %d; %d classes, boxes %v",
				split, len(want.Samples), count, len(want.Classes), want.HasBoxes)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: native files and metadata differ", split)
			for i := range min(len(got.Samples), len(want.Samples)) {
				if !reflect.DeepEqual(got.Samples[i], want.Samples[i]) {
					t.Fatalf("first: %+v, want %+v", got.Samples[i], want.Samples[i])
				}
			}
		}
	}
}

// cubSet is CUB's layout with gaps in its ids: images of 20x10 pixels, classes 7 and 30.
func cubSet(t testing.TB, dir string) Config {
	t.Helper()
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 20, 10))); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"classes.txt":            "30 030.Wren\n7 007.Auklet\n",
		"images.txt":             "3 w/1.jpg\n5 a/2.jpg\n8 w/3.jpg\n9 a/4.jpg\n10 w/5.jpg\n12 w/6.jpg\n",
		"image_class_labels.txt": "3 30\n5 7\n8 30\n9 7\n10 30\n12 30\n",
		"train_test_split.txt":   "3 1\n5 1\n8 1\n9 1\n10 0\n12 1\n",
		"bounding_boxes.txt":     "3 1.0 2.0 3.0 4.0\n5 0 0 20 10\n8 2.7 1 30 3.5\n9 0 0 1 1\n10 0 0 1 1\n12 0 0 1 1\n",
	}
	for _, name := range []string{"w/1", "a/2", "w/3", "a/4", "w/5", "w/6"} {
		files["images/"+name+".jpg"] = raw.String()
	}
	datatest.Put(t, dir, files)
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.ValEvery = "cub", dir, 2
	return cfg
}

func TestCUBSplitsLabelsAndBoxes(t *testing.T) {
	cfg := cubSet(t, t.TempDir())
	type part struct {
		ids    string
		labels []int
	}
	check := func(cfg Config, want map[string]part) {
		t.Helper()
		for split, w := range want {
			s, err := Open(cfg, split)
			if err != nil {
				t.Fatal(err)
			}
			got := part{}
			for _, sample := range s.Samples {
				got.ids += sample.ID + " "
				got.labels = append(got.labels, sample.Label)
			}
			if !reflect.DeepEqual(got, w) {
				t.Errorf("%s: %+v, want %+v", split, got, w)
			}
			if classes := []string{"007.Auklet", "030.Wren"}; !reflect.DeepEqual(s.Classes, classes) {
				t.Errorf("%s: classes %v, want %v: by class id", split, s.Classes, classes)
			}
		}
	}
	check(cfg, map[string]part{
		"train": {"w/1.jpg a/2.jpg w/6.jpg ", []int{1, 0, 1}},
		"val":   {"w/3.jpg a/4.jpg ", []int{1, 0}},
		"test":  {"w/5.jpg ", []int{1}},
	})
	val, err := Open(cfg, "val")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := val.Samples[0].Boxes[0], (box.Box{X0: 2, Y0: 1, X1: 19, Y1: 4}); got != want {
		t.Errorf("box %v, want %v: truncated, clipped to 20x10", got, want)
	}
	train, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := train.Samples[1].Boxes[0], (box.Box{X0: 0, Y0: 0, X1: 19, Y1: 9}); got != want {
		t.Errorf("box %v, want %v: one pixel too far, clipped", got, want)
	}
	cfg.ValEvery = 0
	check(cfg, map[string]part{"train": {"w/1.jpg a/2.jpg w/3.jpg a/4.jpg w/6.jpg ", []int{1, 0, 1, 0, 1}}})
	wantError(t, cfg, "val", "data.val_every: is 0")
}

func TestCUBErrorsNameFileLineAndReason(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"escape": {
			"images.txt", "3 ../../x.jpg",
			"images.txt:1: image id \"../../x.jpg\" leaves the data root",
		},
		"twice": {"images.txt", "3 a.jpg\n3 b.jpg", "images.txt:2: image id 3 is there twice"},
		"two classes": {
			"image_class_labels.txt", "3 30\n5 7\n3 7",
			`image_class_labels.txt:3: the class of image "w/1.jpg" is there twice`,
		},
		"two splits": {
			"train_test_split.txt", "3 1\n3 0",
			`train_test_split.txt:2: the split of image "w/1.jpg" is there twice`,
		},
		"two boxes": {
			"bounding_boxes.txt", "3 1 2 3 4\n3 1 2 3 5",
			`bounding_boxes.txt:2: the box of image "w/1.jpg" is there twice`,
		},
		"no area":   {"bounding_boxes.txt", "3 1 2 0.0 4", "width 0 height 4 has no area"},
		"thin":      {"bounding_boxes.txt", "3 1 2 -0.5 4", "has a negative corner"},
		"hex":       {"bounding_boxes.txt", "3 0x1p1 2 3 4", `"0x1p1" is not a number`},
		"no number": {"bounding_boxes.txt", "3 1 2 null 4", `"null" is not a number`},
		"fields":    {"images.txt", "3 a b", "images.txt:1: \"3 a b\" has 3 fields, want 2"},
		"class": {
			"image_class_labels.txt", "3 31",
			"image_class_labels.txt:1: class id \"31\" is not in classes.txt",
		},
		"missing": {
			"image_class_labels.txt", "3 30",
			`image_class_labels.txt: no label for image "a/2.jpg"`,
		},
		"part": {
			"train_test_split.txt", "3 2",
			"train_test_split.txt:1: \"2\" is neither 1 (train) nor 0 (test)",
		},
		"unplaced": {
			"train_test_split.txt", "3 1",
			`train_test_split.txt: image "a/2.jpg" is neither in train nor in test`,
		},
		"stranger": {"train_test_split.txt", "4 1", "image id 4 is not in images.txt"},
		"box": {
			"bounding_boxes.txt", "3 1 1 -4 5",
			"bounding_boxes.txt:1: box x 1 y 1 width -4 height 5 has a negative corner",
		},
		"box NaN":   {"bounding_boxes.txt", "3 1 NaN 4 5", "\"NaN\" is not a number within"},
		"class id":  {"classes.txt", "x Wren", "class id \"x\" is not a whole number"},
		"class dup": {"classes.txt", "7 Wren\n7 Auk", "classes.txt:2: class id 7 is there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := cubSet(t, dir)
			datatest.Put(t, dir, map[string]string{tc.file: tc.text})
			wantError(t, cfg, "train", tc.want, "data.root")
		})
	}
	cfg := cubSet(t, t.TempDir())
	cfg.Train = "training"
	wantError(t, cfg, "train", `data.train: "training" is not one of`)
}
