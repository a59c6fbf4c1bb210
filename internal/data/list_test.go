package data

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"acol/internal/data/datatest"
)

// listSet is a data set of lists in dir, train and test.
func listSet(t testing.TB, dir, train, test string) Config {
	t.Helper()
	datatest.Put(t, dir, map[string]string{
		"lists/train_list.txt": train, "lists/test.txt": test,
		"images/a/1.jpg": "", "images/b/2.jpg": "", "images/3.jpg": "",
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Metadata, cfg.Val = "list", filepath.Join(dir, "images"), filepath.Join(dir, "lists"), ""
	return cfg
}

func TestListFormsOfTheAuthors(t *testing.T) {
	type sample struct {
		id     string
		label  int
		labels []int
	}
	for name, tc := range map[string]struct {
		train, test string
		want        []sample
		classes     []string
	}{
		"semicolon": {
			"a/1.jpg;0\nb/2 x.jpg;1\n", "a/3.jpg;0",
			[]sample{{"a/1.jpg", 0, nil}, {"b/2 x.jpg", 1, nil}}, []string{"a", "b"},
		},
		"space": {
			"a/1.jpg 0\n b/2 2\r\n", "z/3 1", []sample{{"a/1.jpg", 0, nil}, {"b/2.jpg", 2, nil}},
			[]string{"a", "1", "b"},
		},
		"no folders": {
			"3.jpg 0\n2.jpg 1\n", "1 3", []sample{{"3.jpg", 0, nil}, {"2.jpg", 1, nil}},
			[]string{"0", "1", "2", "3"},
		},
		"several": {
			"a/1.jpg 4 1 4\nb/2.jpg 2\n", "3 0",
			[]sample{{"a/1.jpg", 1, []int{1, 4}}, {"b/2.jpg", 2, []int{2}}},
			[]string{"0", "1", "2", "3", "4"},
		},
		"vectors": {
			"a/1.jpg 0 1 1\nb/2.jpg 0 0 0\n3.jpg 1 0 0\n", "3 0 0 1",
			[]sample{{"a/1.jpg", 1, []int{1, 2}}, {"3.jpg", 0, []int{0}}},
			[]string{"0", "1", "2"},
		},
		"zeros and ones only": {
			"a/1.jpg 0 1\nb/2.jpg 1 0\n", "3 0 1",
			[]sample{{"a/1.jpg", 0, []int{0, 1}}, {"b/2.jpg", 0, []int{0, 1}}},
			[]string{"0", "1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(listSet(t, t.TempDir(), tc.train, tc.test), "train")
			if err != nil {
				t.Fatal(err)
			}
			var got []sample
			for _, x := range s.Samples {
				got = append(got, sample{x.ID, x.Label, x.Labels})
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("samples %v, want %v", got, tc.want)
			}
			if !reflect.DeepEqual(s.Classes, tc.classes) {
				t.Errorf("classes %v, want %v", s.Classes, tc.classes)
			}
		})
	}
}

func TestListErrorsNameFileLineAndReason(t *testing.T) {
	for name, tc := range map[string]struct{ train, want string }{
		"no label":  {"a/1.jpg;0\nb/2.jpg", `train_list.txt:2: "b/2.jpg" has no label`},
		"no path":   {";3", `train_list.txt:1: ";3" has no path`},
		"word":      {"a/1.jpg cat", `train_list.txt:1: label "cat" of "a/1.jpg" is not a whole number`},
		"negative":  {"a/1.jpg;-1", "train_list.txt:1: label -1 is not in 0 to"},
		"huge":      {"a/1.jpg;99999999", "train_list.txt:1: label 99999999 is not in 0 to"},
		"twice":     {"a/1.jpg;0\na/1.jpg;1", `train_list.txt:2: image "a/1.jpg" is there twice`},
		"escape":    {"../1.jpg;0", `train_list.txt:1: image id "../1.jpg" leaves the data root`},
		"not text":  {"a/1.jpg;0\n\xff\xfe;0", "train_list.txt:2: is not UTF-8 text"},
		"no images": {"\n", `data.train: "train" has no images`},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, listSet(t, t.TempDir(), tc.train, "3 0"), "train", tc.want, "data.train")
		})
	}
	cfg := listSet(t, t.TempDir(), "a/1.jpg;0", "")
	cfg.Train = "training"
	wantError(t, cfg, "train", "looked for a file training, training.txt, training_list.txt")
}

func TestASurveyGoesOnPastBadLines(t *testing.T) {
	dir := t.TempDir()
	cfg := listSet(t, dir, "a/1.jpg;0\nb/2.jpg\n3.jpg;x\nb/2.jpg;1\n", "3 0")
	var got []string
	s, err := Survey(cfg, "train", func(p *Problem) { got = append(got, strings.TrimPrefix(p.Error(), dir)) })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`/lists/train_list.txt:2: "b/2.jpg" has no label: want path;label or path label`,
		`/lists/train_list.txt:3: label "x" of "3.jpg" is not a whole number`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
	if len(s.Samples) != 2 || s.Samples[1].ID != "b/2.jpg" {
		t.Errorf("samples %+v, want the two that can be read", s.Samples)
	}
}

func TestImageNetsOrdersAreNeverMixed(t *testing.T) {
	train := "train/n01751748/n01751748_1.JPEG 65\ntrain/n09193705/n09193705_2.JPEG 970\ntrain/n02105855/n02105855_3.JPEG 230\n"
	// The authors' list, which counts the devkit's ILSVRC2012_ID from 0.
	devkit := "ILSVRC2012_val_00000001.JPEG 489\nILSVRC2012_val_00000002.JPEG 360\nILSVRC2012_val_00000003.JPEG 170\n"
	sorted := "ILSVRC2012_val_00000001.JPEG 65\nILSVRC2012_val_00000002.JPEG 970\nILSVRC2012_val_00000003.JPEG 230\n"
	dir := t.TempDir()
	datatest.Put(t, dir, map[string]string{
		"images/ILSVRC2012_val_00000001.JPEG":     "",
		"images/train/n01751748/n01751748_1.JPEG": "",
	})
	wantError(t, listSet(t, dir, train, devkit), "test", "synset n01751748 is 65 in train and 489 in test")
	for list, want := range map[string]ClassOrder{sorted: "sorted", devkit: "devkit", strings.ReplaceAll(devkit, " 360", " 3"): "other", "3.jpg 1": ""} {
		cfg := listSet(t, dir, list, list)
		s, err := Open(cfg, "test")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := LabelOrder(s); got != want || err != nil {
			t.Errorf("order %q, %v, want %q of\n%s", got, err, want, list)
		}
	}
}

func FuzzListLine(f *testing.F) {
	for _, line := range []string{"a/1.jpg;0", "a/1 3", "a/1.jpg 1 0 1", ";", " ;1", "a;b;c", "x 99999999999999999999", "\ufeffa 1"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_ = scanLines(strings.NewReader(text), "list", nil, func(_ int, line string) error {
			id, labels, err := parseListLine(line)
			if err == nil && (id == "" || len(labels) == 0) {
				t.Errorf("%q gave image %q with labels %v", line, id, labels)
			}
			for _, i := range ones(labels) {
				if labels[i] != 1 {
					t.Errorf("ones of %v has %d", labels, i)
				}
			}
			return nil
		})
	})
}

func TestAFewWrongLabelsAreNoOtherOrder(t *testing.T) {
	train := "n01751748_1.JPEG 970\nn01751748_2.JPEG 65\nn01751748_3.JPEG 65\nn09193705_2.JPEG 970\nn02105855_3.JPEG 230\n"
	test := "ILSVRC2012_val_00000001.JPEG 65\nILSVRC2012_val_00000002.JPEG 970\nILSVRC2012_val_00000003.JPEG 231\n"
	dir := t.TempDir()
	datatest.Put(t, dir, map[string]string{"images/n01751748_1.JPEG": ""})
	s, err := Open(listSet(t, dir, train, test), "train")
	if err != nil {
		t.Fatal(err)
	}
	if order, err := LabelOrder(s); order != "sorted" || err != nil {
		t.Errorf("order %q, %v, want sorted: most images count", order, err)
	}
}
