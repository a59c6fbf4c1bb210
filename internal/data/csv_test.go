package data

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

// csvSet is a data set of tables in a folder: the files, with those of train, val and test.
func csvSet(t testing.TB, files map[string]string, splits ...string) Config {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{"a/1.jpg": "x", "a/2.jpg": "x", "b/3.jpg": "x", "4.png": "x"}
	for name, text := range files {
		all[name] = text
	}
	datatest.Put(t, dir, all)
	cfg := DefaultConfig()
	cfg.Format, cfg.Root = "csv", dir
	splits = append(splits, "", "")
	cfg.Train, cfg.Val, cfg.Test = splits[0], splits[1], splits[2]
	return cfg
}

// said writes what a split says, an image a line.
func said(s *Split) string {
	var b strings.Builder
	for i := range s.Samples {
		x := &s.Samples[i]
		b.WriteString(x.ID + " " + s.Classes[x.Label])
		for _, l := range x.Labels {
			b.WriteString("+" + s.Classes[l])
		}
		for _, r := range x.Boxes {
			b.WriteString(" " + r.String())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestTablesOfImagesAndLabels(t *testing.T) {
	for name, tc := range map[string]struct{ text, want, classes string }{
		"columns by name": {
			"Label,more,File\ncat,1,a/1.jpg\n dog ,2,b/3.jpg\n", "a/1.jpg cat\nb/3.jpg dog\n", "cat dog",
		},
		"without a header": {"a/1.jpg,cat\n4.png,dog\n", "a/1.jpg cat\n4.png dog\n", "cat dog"},
		"semicolons": {"image;class\na/1.jpg;cat, black\n",
			"a/1.jpg cat, black\n", "cat, black"},
		"tabs": {"path\tspecies\na/1.jpg\tcat\n", "a/1.jpg cat\n", "cat"},
		"quotes": {"id,label\n\"a/1.jpg\", \"the \"\"cat\"\", black\"\n",
			"a/1.jpg the \"cat\", black\n", `the "cat", black`},
		"ids without endings": {"id,breed\na/1,cat\na/2,dog\n", "a/1.jpg cat\na/2.jpg dog\n", "cat dog"},
		"numbers": {
			"file,label\na/1.jpg,10\na/2.jpg,9\n", "a/1.jpg 10\na/2.jpg 9\n", "9 10",
		},
		"several labels": {
			"file,label\na/1.jpg,dog\na/1.jpg,cat\na/2.jpg,cat\n",
			"a/1.jpg cat+cat+dog\na/2.jpg cat+cat\n", "cat dog",
		},
		"no label": {"file,label\na/1.jpg,\na/2.jpg,cat\n", "a/2.jpg cat\n", "cat"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(csvSet(t, map[string]string{"labels.csv": tc.text}, "labels"), "train")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, said(s)); diff != "" {
				t.Error(diff)
			}
			if got := strings.Join(s.Classes, " "); got != tc.classes {
				t.Errorf("classes %s, want %s", got, tc.classes)
			}
		})
	}
}

func TestATableWithBoxes(t *testing.T) {
	cfg := csvSet(t, map[string]string{
		"labels.csv": "filename,width,height,class,xmin,ymin,xmax,ymax\n" +
			"p.jpg,40,30,cat,1,2,10.0,12\np.jpg,40,30,dog,0,0,60,29\nq.jpg,40,30,cat,,,,\n",
	}, "labels.csv")
	picture := datatest.PNG(t, image.NewGray(image.Rect(0, 0, 40, 30)))
	for _, name := range []string{"p.jpg", "q.jpg"} {
		if err := os.WriteFile(filepath.Join(cfg.Root, name), picture, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	want := []box.Box{{X0: 1, Y0: 2, X1: 10, Y1: 12}, {X0: 0, Y0: 0, X1: 39, Y1: 29}}
	if diff := cmp.Diff(want, s.Samples[0].Boxes); diff != "" || len(s.Samples[1].Boxes) != 0 {
		t.Errorf("%s; q.jpg has %v", diff, s.Samples[1].Boxes)
	}
	if diff := cmp.Diff([]int{0, 1}, s.Samples[0].BoxLabels); diff != "" || s.Stored {
		t.Errorf("labels of boxes: %s; stored %v", diff, s.Stored)
	}
}

func TestTablesShareTheirClasses(t *testing.T) {
	one := csvSet(t, map[string]string{
		"all.csv": "path,label,split\na/1.jpg,cat,train\na/2.jpg,dog,valid\nb/3.jpg,emu,test\n",
	}, "all", "all", "all")
	two := csvSet(t, map[string]string{
		"train.csv": "path,label\na/1.jpg,cat\n", "test.csv": "path,label\na/2.jpg,dog\nb/3.jpg,emu\n",
	}, "train", "", "test")
	for _, tc := range []struct {
		cfg   Config
		split string
		want  string
	}{
		{one, "train", "a/1.jpg cat\n"}, {one, "val", "a/2.jpg dog\n"}, {one, "test", "b/3.jpg emu\n"},
		{two, "train", "a/1.jpg cat\n"}, {two, "test", "a/2.jpg dog\nb/3.jpg emu\n"},
	} {
		s, err := Open(tc.cfg, tc.split)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, said(s)); diff != "" || len(s.Classes) != 3 {
			t.Errorf("%s has the classes %v: %s", tc.split, s.Classes, diff)
		}
	}
}

func TestTablesThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "labels.csv: is empty",
		"a,b,c\n1,2,3\n":                    "labels.csv:1: the columns \"a,b,c\": none is the path",
		"path,label\n../x.jpg,cat\n":        "labels.csv:2: image id \"../x.jpg\" leaves the data root",
		"path,label\na/1.jpg\n":             "labels.csv:2: \"a/1.jpg\" has 1 fields, want at least 2",
		"path,label\n,cat\n":                "labels.csv:2: has no path of an image",
		"path,label\n\"a/1.jpg,cat\n":       "labels.csv:2: a field in quotes does not end in its line",
		"path,label\n\"a\"b,cat\n":          "labels.csv:2: behind a field in quotes is \"b,cat\"",
		"path,label,split\na/1.jpg,cat,x\n": "labels.csv:2: split \"x\" is not one of train, val, test",
		"path,label,x0,y0,x1,y1\na/1.jpg,cat,9,1,2,3\n": "labels.csv:2: box (9,1)-(2,3) " +
			"has a negative corner, or its corners in the wrong order",
		"path,label,x0,y0,x1,y1\na/1.jpg,cat,x,1,2,3\n": "labels.csv:2: \"x\" is not a number",
	} {
		cfg := csvSet(t, map[string]string{"labels.csv": text}, "labels")
		if _, err := Open(cfg, "train"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		n := 0
		_, _ = Survey(cfg, "train", func(*Problem) { n++ })
		if strings.Count(text, "\n") == 2 && !strings.HasPrefix(text, "a,b") && n != 1 {
			t.Errorf("%q: a survey reports %d problems", text, n)
		}
	}
}

func TestATableOfSeveralSplitsTellsThemApart(t *testing.T) {
	cfg := csvSet(t, map[string]string{
		"all.csv": "path,label\na/1.jpg,cat\nb/3.jpg,dog\n",
	}, "all", "all")
	_, err := Open(cfg, "train")
	if err == nil || !strings.Contains(err.Error(), "data.val: ") ||
		!strings.Contains(err.Error(), "all.csv is the table of train too, and has no column split") {
		t.Error(err)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("path,label\na/1.jpg,cat\n")
	f.Add("filename;class;xmin;ymin;xmax;ymax;split\n\"a\"\"/1\";x;1;2;3;4;train\n")
	f.Add("a/1.jpg\t7\n../x.jpg\t1e9\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		datatest.Put(t, dir, map[string]string{"t.csv": text})
		cfg := DefaultConfig()
		cfg.Format, cfg.Root, cfg.Train = "csv", dir, "t"
		s := &Split{Name: "train", report: func(*Problem) {}}
		if s.openCSV(cfg, "data.train", "t") == nil {
			checkSamples(t, s.Samples, len(s.Classes))
		}
	})
}
