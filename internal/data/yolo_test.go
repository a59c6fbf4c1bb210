package data

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/data/datatest"
)

// yoloSet is a data set in a folder, with pictures of 40x20 pixels of the names that end in .jpg.
func yoloSet(t testing.TB, train string, files map[string]string) Config {
	t.Helper()
	dir := t.TempDir()
	picture := string(datatest.PNG(t, image.NewGray(image.Rect(0, 0, 40, 20))))
	for name := range files {
		if strings.HasSuffix(name, ".jpg") {
			files[name] = picture
		}
	}
	datatest.Put(t, dir, files)
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Train, cfg.Val, cfg.Test = "yolo", dir, train, "", ""
	return cfg
}

func TestYOLOLayouts(t *testing.T) {
	const label, want = "1 0.5 0.5 0.25 0.5\n0 0.1 0.1 0.3 0.1 0.3 0.5\n",
		"cat+cat+dog (15,5)-(24,14) (4,2)-(11,9)\n"
	for name, tc := range map[string]struct {
		train, id string
		files     map[string]string
	}{
		"ultralytics": {"images/train", "images/train/1.jpg", map[string]string{
			"data.yaml": "path: .\nnames:\n  0: cat\n  1: dog\n", "images/train/1.jpg": "",
			"images/train/2.jpg": "", "labels/train/1.txt": label, "labels/train/2.txt": "\n",
		}},
		"roboflow": {"train/images", "train/images/1.jpg", map[string]string{
			"data.yaml": "names: ['cat', 'dog']\nnc: 2\n", "train/images/1.jpg": "",
			"train/labels/1.txt": label, "train/images/3.jpg": "",
		}},
		"beside": {".", "1.jpg", map[string]string{
			"classes.txt": "cat\ndog\n", "1.jpg": "", "1.txt": label, "2.jpg": "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(yoloSet(t, tc.train, tc.files), "train")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.id+" "+want, said(s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestYOLOThatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"0 0.5 0.5 0.25\n":           "has 4 values, want a class and 4, or 6 and more of a polygon",
		"0 0.5 0.5 0.25 0.1 0.7\n":   "has 6 values, want a class and 4",
		"2 0.5 0.5 0.25 0.5\n":       "1.txt:1: class 2 is not in the 2 names",
		"-1 0.5 0.5 0.25 0.5\n":      `1.txt:1: class "-1" is not in 0 to`,
		"0 20 10 4 4\n":              `1.txt:1: "20" is not a number within 4: coordinates are fractions`,
		"0 0.5 0.5 NaN 0.5\n":        `1.txt:1: "NaN" is not a number`,
		"0 0.5 0.5 0.5 0.5\nx 1 1\n": "1.txt:2: \"x 1 1\" has 3 values",
	} {
		cfg := yoloSet(t, ".", map[string]string{"classes.txt": "cat\ndog\n", "1.jpg": "", "1.txt": text})
		if _, err := Open(cfg, "train"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                     "found no YAML file with names, and no classes.txt",
		"names: {0: a, 2: b}":  `names: key "2" where 1 is expected`,
		"names: [[a], b]":      "names: line 1 has no name",
		"names: [a":            "data.yaml: is not YAML",
		"nc: 2\nnames: [a, b]": "",
	} {
		cfg := yoloSet(t, ".", map[string]string{"data.yaml": text, "1.jpg": "", "1.txt": "0 .5 .5 1 1"})
		_, err := Open(cfg, "train")
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzYOLO(f *testing.F) {
	f.Add("0 0.5 0.5 0.25 0.5", "names: [a, b]")
	f.Add("1 0 0 1 1 0 1\n7 9 9 9 9", "names: {0: a, 1: *x}")
	f.Fuzz(func(t *testing.T, line, text string) {
		names, _ := parseYOLOYAML([]byte(text))
		s := &Split{report: func(*Problem) {}, Classes: names}
		o, err := parseYOLO(line)
		x := Sample{ID: "1.jpg", Path: "1.jpg", Label: -1, Width: 40, Height: 20}
		if err == nil && s.describeYOLO(&x, []yoloObject{o}, nil) == nil {
			checkSamples(t, []Sample{x}, len(names))
		}
	})
}
