package data

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

// kaggleSet is ImageNet as Kaggle packs it, with three synsets: in torchvision's order
// they are English setter, kit fox, sea snake.
func kaggleSet(t testing.TB, dir string) Config {
	t.Helper()
	const base = "ILSVRC/Data/CLS-LOC/"
	datatest.Put(t, dir, map[string]string{
		base + "train/n01751748/n01751748_1.JPEG": "", base + "train/n02100735/n02100735_7.JPEG": "", base + "train/n02119789/n02119789_2.JPEG": "",
		base + "val/ILSVRC2012_val_00000001.JPEG": "", base + "val/ILSVRC2012_val_00000002.JPEG": "",
		base + "test/ILSVRC2012_test_00000001.JPEG": "",
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Val, cfg.Test = "imagenet", dir, "", "val"
	return cfg
}

// valXML is the annotation of a validation image of 500x375 pixels.
func valXML(synset string, corners ...int) string {
	b := "<annotation><filename>x</filename><size><width>500</width><height>375</height></size>"
	for ; len(corners) > 0; corners = corners[4:] {
		b += fmt.Sprintf("<object><name>%s</name><bndbox><xmin>%d</xmin><ymin>%d</ymin><xmax>%d</xmax><ymax>%d</ymax></bndbox></object>",
			synset, corners[0], corners[1], corners[2], corners[3])
	}
	return b + "</annotation>"
}

func TestImageNetTrainIsInTorchvisionsOrder(t *testing.T) {
	s, err := Open(kaggleSet(t, t.TempDir()), "train")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range s.Samples {
		got = append(got, fmt.Sprint(x.ID, " ", x.Label))
	}
	want := []string{"train/n01751748/n01751748_1.JPEG 0", "train/n02100735/n02100735_7.JPEG 1", "train/n02119789/n02119789_2.JPEG 2"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("samples %q, want %q: ids as wsolevaluation's", got, want)
	}
	if !reflect.DeepEqual(s.Classes, []string{"n01751748", "n02100735", "n02119789"}) {
		t.Errorf("classes %v", s.Classes)
	}
}

// TestImageNetValEqualsItself reads one validation set from every source of its labels.
func TestImageNetValEqualsItself(t *testing.T) {
	two := []box.Box{{X0: 111, Y0: 108, X1: 441, Y1: 193}, {X0: 1, Y0: 2, X1: 3, Y1: 4}}
	one := []box.Box{{X0: 5, Y0: 6, X1: 7, Y1: 374}}
	const gt = "ILSVRC2012_validation_ground_truth.txt"
	// The labels of sea snake and kit fox among the three classes, and among ILSVRC's thousand.
	three, thousand := [2]int{0, 2}, [2]int{65, 278}
	for name, tc := range map[string]struct {
		files  map[string]string
		boxes  bool
		labels [2]int
	}{
		"kaggle xml": {map[string]string{
			"ILSVRC/Annotations/CLS-LOC/val/ILSVRC2012_val_00000001.xml": valXML("n01751748", 111, 108, 441, 193, 1, 2, 3, 4),
			"ILSVRC/Annotations/CLS-LOC/val/ILSVRC2012_val_00000002.xml": valXML("n02119789", 5, 6, 7, 374),
		}, true, three},
		"kaggle csv": {map[string]string{
			"LOC_val_solution.csv":     "ImageId,PredictionString\nILSVRC2012_val_00000002,n02119789 5 6 7 374 \nILSVRC2012_val_00000001,n01751748 111 108 441 193 n01751748 1 2 3 4 \n",
			"LOC_synset_mapping.txt":   "n01751748 sea snake\nn02100735 English setter\nn02119789 kit fox, Vulpes macrotis\n",
			"ILSVRC/Annotations/x.txt": "",
		}, true, three},
		"devkit with its table": {map[string]string{
			"ILSVRC2012_devkit_t12/data/" + gt: "490\n1\n",
			"map_clsloc.txt":                   "n02119789 1 kit_fox\nn02100735 2 English_setter\nn01751748 490 sea_snake\n",
		}, false, three},
		"devkit with meta.mat": {map[string]string{
			"ILSVRC2012_devkit_t12/data/" + gt:    "490\n1\n",
			"ILSVRC2012_devkit_t12/data/meta.mat": "not read",
		}, false, thousand},
		"devkit's labels alone": {map[string]string{"devkit/data/" + gt: "490\n1"}, false, three},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := kaggleSet(t, dir)
			datatest.Put(t, dir, tc.files)
			s, err := Open(cfg, "test")
			if err != nil {
				t.Fatal(err)
			}
			at := func(n int) Sample {
				id := fmt.Sprintf("val/ILSVRC2012_val_%08d.JPEG", n)
				return Sample{ID: id, Path: filepath.Join(dir, "ILSVRC", "Data", "CLS-LOC", filepath.FromSlash(id))}
			}
			a, b := at(1), at(2)
			a.Label, b.Label = tc.labels[0], tc.labels[1]
			if tc.boxes {
				a.Boxes, b.Boxes = two, one
			}
			if strings.HasSuffix(name, "xml") {
				a.Width, a.Height, b.Width, b.Height = 500, 375, 500, 375
			}
			if want := []Sample{a, b}; !reflect.DeepEqual(s.Samples, want) {
				t.Errorf("samples %+v,\nwant %+v", s.Samples, want)
			}
		})
	}
}

func TestImageNetValInFoldersOfSynsets(t *testing.T) {
	dir := t.TempDir()
	datatest.Put(t, dir, map[string]string{
		"train/n01751748/n01751748_1.JPEG": "", "train/n02119789/n02119789_2.JPEG": "",
		"val/n02119789/ILSVRC2012_val_00000002.JPEG": "", "bbox/bbox_val/ILSVRC2012_val_00000002.xml": valXML("n02119789", 5, 6, 7, 8),
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Metadata, cfg.Val = "imagenet", dir, filepath.Join(dir, "bbox"), "val"
	s, err := Open(cfg, "val")
	if err != nil {
		t.Fatal(err)
	}
	if x := s.Samples[0]; len(s.Samples) != 1 || x.Label != 1 || len(x.Boxes) != 1 ||
		x.ID != "val/n02119789/ILSVRC2012_val_00000002.JPEG" || x.Labels != nil ||
		x.BoxLabels != nil {
		t.Errorf("samples %+v", s.Samples)
	}
	datatest.Put(t, dir, map[string]string{
		"bbox/bbox_val/ILSVRC2012_val_00000002.xml": valXML("n01751748", 5, 6, 7, 8),
	})
	wantError(t, cfg, "val", "are not of the synset of its folder, n02119789")
}

func TestImageNetWithoutATrainingSplitHasTheSynsetsOfVal(t *testing.T) {
	dir := t.TempDir()
	datatest.Put(t, dir, map[string]string{
		"val/n01751748/a.JPEG": "", "val/n02119789/b.JPEG": "", "other/x": "",
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Train, cfg.Val = "imagenet", dir, "", "val"
	s, err := Open(cfg, "val")
	if err != nil || !reflect.DeepEqual(s.Classes, []string{"n01751748", "n02119789"}) || len(s.Samples) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestImageNetValAloneHasTheLabelsOfTheDevkit(t *testing.T) {
	dir := t.TempDir()
	datatest.Put(t, dir, map[string]string{
		"val/ILSVRC2012_val_00000001.JPEG": "", "val/ILSVRC2012_val_00000002.JPEG": "",
		"ILSVRC2012_validation_ground_truth.txt": "490\n361\n",
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Val, cfg.Test = "imagenet", dir, "", "val"
	s, err := Open(cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Classes) != 1000 || s.Samples[0].Label != 65 || s.Samples[1].Label != 970 {
		t.Errorf("%d classes, samples %+v", len(s.Classes), s.Samples)
	}
}

func TestImageNetListsThatDisagreeAreErrors(t *testing.T) {
	const gt = "ILSVRC2012_validation_ground_truth.txt"
	const csv = "LOC_val_solution.csv"
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no labels": {nil, "no label for "},
		"number": {
			map[string]string{gt: "490\n7\n", "map_clsloc.txt": "n01751748 490 x\n"},
			gt + `:2: class "7" is not in the devkit's table map_clsloc.txt`,
		},
		"short": {map[string]string{gt: "490\n", "map_clsloc.txt": "n01751748 490 x\nn02119789 1 x\nn02100735 2 x"}, gt + `: no label for image "val/ILSVRC2012_val_00000002.JPEG"`},
		"table": {
			map[string]string{gt: "490\n", "map_clsloc.txt": "fox 490 x"},
			`map_clsloc.txt:1: "fox" is not a synset`,
		},
		"table number": {
			map[string]string{gt: "490\n", "map_clsloc.txt": "n01751748 x"},
			`map_clsloc.txt:1: number "x" is no number`,
		},
		"beyond": {
			map[string]string{gt: "490\n1001\n"},
			gt + `:2: class "1001" is not in the devkit's numbers, 1 to 1000`,
		},
		"zero": {
			map[string]string{gt: "0\n1\n"},
			gt + `:1: class "0" is not in the devkit's numbers, 1 to 1000`,
		},
		"csv twice": {
			map[string]string{csv: strings.Repeat("ILSVRC2012_val_00000001,n01751748 1 2 3 4\n", 2)},
			csv + `:2: image "ILSVRC2012_val_00000001" is there twice`,
		},
		"csv null": {
			map[string]string{csv: "ILSVRC2012_val_00000001,n01751748 1 2 null 4"},
			csv + `:1: "null" is not a whole number`,
		},
		"csv fields": {
			map[string]string{csv: "ImageId,PredictionString\nILSVRC2012_val_00000001,n01751748 1 2 3"},
			csv + `:2: "ILSVRC2012_val_00000001" has 4 fields after the image`,
		},
		"csv synset": {
			map[string]string{csv: "ILSVRC2012_val_00000001,n99999999 1 2 3 4"},
			csv + `:1: synset "n99999999" is not in the 3 of the data set`,
		},
		"csv box": {
			map[string]string{csv: "ILSVRC2012_val_00000001,n01751748 9 2 3 4"},
			csv + ":1: box (9,2)-(3,4) has a negative corner",
		},
		"stranger": {
			map[string]string{"ILSVRC/Data/CLS-LOC/train/x/1.jpg": ""},
			"folder ILSVRC/Data/CLS-LOC/train/x is not named by a synset",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := kaggleSet(t, dir)
			datatest.Put(t, dir, tc.files)
			_, err := Open(cfg, "test")
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir+"/", ""), tc.want) {
				t.Errorf("got %v, want …%s…", err, tc.want)
			}
		})
	}
	cfg := kaggleSet(t, t.TempDir())
	cfg.Test = "test"
	wantError(t, cfg, "test", "no label for ")
}

func TestImageNetBelowTheWorkingFolder(t *testing.T) {
	dir := t.TempDir()
	cfg := kaggleSet(t, dir)
	t.Chdir(filepath.Join(dir, "ILSVRC", "Data", "CLS-LOC"))
	cfg.Root = "."
	s, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Samples[0]; got.ID != "train/n01751748/n01751748_1.JPEG" ||
		got.Path != filepath.FromSlash(got.ID) {
		t.Errorf("%s at %s", got.ID, got.Path)
	}
}
