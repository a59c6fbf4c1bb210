package data

import (
	"encoding/binary"
	"fmt"
	"image"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

// vocXML is an annotation of an image of 20x10 pixels with objects like "dog 1 2 3 4".
func vocXML(objects ...string) string {
	var b strings.Builder
	b.WriteString("<annotation><folder>x</folder><size><width>20</width><height>10</height><depth>3</depth></size>\n")
	for _, o := range objects {
		f := append(strings.Fields(o), "0")
		fmt.Fprintf(&b, "<object><name>%s</name><difficult>%s</difficult><part><name>head</name><bndbox><xmin>9</xmin></bndbox></part>"+
			"<bndbox><xmax>%s</xmax><xmin>%s</xmin><ymin>%s</ymin><ymax>%s</ymax></bndbox></object>\n", f[0], f[5], f[3], f[1], f[2], f[4])
	}
	return b.String() + "</annotation>"
}

// vocSet is the devkit's layout with two classes and three images in train, one in test.
func vocSet(t testing.TB, dir string) Config {
	t.Helper()
	datatest.Put(t, dir, map[string]string{
		"ImageSets/Main/train.txt": "a\nb\nc\n", "ImageSets/Main/test.txt": "d\n",
		"ImageSets/Main/dog_train.txt": "a 1\n", "ImageSets/Main/cat_train.txt": "a -1\n",
		"JPEGImages/a.jpg": "", "JPEGImages/b.png": "", "JPEGImages/c.jpg": "", "JPEGImages/d.jpg": "",
		"Annotations/a.xml": vocXML("dog 2 3 20 10", "cat 1 1 1 1", "dog 5 5 6 6"),
		"Annotations/b.xml": vocXML("cat 4.9 4 8 8", "dog 1 1 2 2 1"),
		"Annotations/c.xml": vocXML(),
		"Annotations/d.xml": vocXML("cat 1 1 21 10"),
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Val = "voc", dir, ""
	return cfg
}

func TestVOCReadsObjectsOfSeveralClasses(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(vocSet(t, dir), "train")
	if err != nil {
		t.Fatal(err)
	}
	want := []Sample{
		{
			ID: "JPEGImages/a.jpg", Path: filepath.Join(dir, "JPEGImages", "a.jpg"), Label: 0, Labels: []int{0, 1}, Width: 20, Height: 10,
			Boxes: []box.Box{
				{X0: 1, Y0: 2, X1: 19, Y1: 9}, {X0: 0, Y0: 0, X1: 0, Y1: 0},
				{X0: 4, Y0: 4, X1: 5, Y1: 5},
			},
			BoxLabels: []int{1, 0, 1},
		},
		{
			ID: "JPEGImages/b.png", Path: filepath.Join(dir, "JPEGImages", "b.png"), Label: 0, Labels: []int{0}, Width: 20, Height: 10,
			Boxes: []box.Box{{X0: 3, Y0: 3, X1: 7, Y1: 7}},
		},
	}
	if !reflect.DeepEqual(s.Samples, want) {
		t.Errorf("samples %+v,\nwant %+v", s.Samples, want)
	}
	if !reflect.DeepEqual(s.Classes, []string{"cat", "dog"}) || !s.HasBoxes || !s.Stored {
		t.Errorf("classes %v, boxes %v, stored %v", s.Classes, s.HasBoxes, s.Stored)
	}
	if got := s.Samples[0].BoxesOf(1); len(got) != 2 || got[1].X0 != 4 {
		t.Errorf("boxes of dog: %v", got)
	}
	if got := s.Samples[1].BoxesOf(0); len(got) != 1 {
		t.Errorf("boxes of cat: %v", got)
	}
	if got := s.Samples[1].BoxesOf(1); got != nil {
		t.Errorf("boxes of a class that is not there: %v", got)
	}
	test, err := Open(vocSet(t, dir), "test")
	if err != nil {
		t.Fatal(err)
	}
	if b := test.Samples[0]; b.Labels != nil || b.Boxes[0].X1 != 19 {
		t.Errorf("single label: %+v, want no Labels and the box clipped", b)
	}
}

func TestVOCFilterKeepsTheBoxesOfTheClasses(t *testing.T) {
	cfg := vocSet(t, t.TempDir())
	cfg.Classes = []string{"dog"}
	s, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Samples) != 1 || s.Samples[0].Label != 0 || len(s.Samples[0].Boxes) != 2 ||
		s.Samples[0].BoxLabels != nil || s.Samples[0].Labels != nil {
		t.Errorf("samples %+v, want a.jpg with two boxes of dog", s.Samples)
	}
}

func TestVOCFoldersWithoutLists(t *testing.T) {
	for name, place := range map[string][2]string{"beside": {"train/%s.jpg", "train/%s.xml"}, "apart": {"train/JPEGImages/%s.jpg", "train/Annotations/%s.xml"}} {
		dir := t.TempDir()
		files := map[string]string{"test/z.jpg": "", "test/z.xml": vocXML("ant 1 1 2 2")}
		for id, xml := range map[string]string{"a": vocXML("dog 1 1 2 2"), "b": vocXML("cat 1 1 2 2")} {
			files[fmt.Sprintf(place[0], id)], files[fmt.Sprintf(place[1], id)] = "", xml
		}
		datatest.Put(t, dir, files)
		cfg := DefaultConfig()
		cfg.Format, cfg.Root = "voc", dir
		s, err := Open(cfg, "train")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s.Classes, []string{"ant", "cat", "dog"}) {
			t.Errorf("%s: classes %v, want those of all splits", name, s.Classes)
		}
		if len(s.Samples) != 2 || s.Samples[0].Label != 2 ||
			s.Samples[0].ID != fmt.Sprintf(place[0], "a") || s.Samples[0].Labels != nil {
			t.Errorf("%s: samples %+v", name, s.Samples)
		}
	}
}

func TestVOCErrorsNameFileLineAndReason(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"class": {
			"Annotations/a.xml", vocXML("dog 1 1 2 2", "cow 1 1 2 2"),
			`a.xml:3: class "cow" is not in the 2 classes`,
		},
		"inverted": {
			"Annotations/a.xml", vocXML("dog 5 1 2 2"),
			`a.xml:2: box (5,1)-(2,2) of "dog" has a negative corner, or its corners in the wrong order`,
		},
		"outside": {
			"Annotations/a.xml", vocXML("dog 21 1 22 2"),
			`a.xml:2: box (21,1)-(22,2) of "dog" is outside of the image of 20x10 pixels`,
		},
		"number": {"Annotations/a.xml", vocXML("dog x 1 22 2"), `a.xml:2: <xmin> "x" is not a number`},
		"nan": {
			"Annotations/a.xml", vocXML("dog NaN 1 22 2"),
			`a.xml:2: <xmin> "NaN" is not a number`,
		},
		"no corner": {
			"Annotations/a.xml", "<annotation><object><name>dog</name>\n</object></annotation>",
			`a.xml:2: object "dog" has no whole <bndbox>`,
		},
		"no name": {
			"Annotations/a.xml", "<annotation><object/></annotation>",
			"a.xml:1: object has no <name>",
		},
		"size": {
			"Annotations/a.xml", "<annotation><size><width>-3</width></size></annotation>",
			`a.xml:1: <width> -3 is negative`,
		},
		"no xml": {"Annotations/a.xml", "", "a.xml:1: has no <annotation>"},
		"syntax": {
			"Annotations/a.xml", "<annotation>\n<object></annotation>",
			"a.xml:2: XML syntax error",
		},
		"entity": {
			"Annotations/a.xml",
			"<!DOCTYPE a [<!ENTITY b \"x\">]><annotation><filename>&b;</filename></annotation>",
			"invalid character entity &b;",
		},
		"deep": {
			"Annotations/a.xml", strings.Repeat("<a>", 100), "elements are nested deeper than 16",
		},
		"long": {
			"Annotations/a.xml", "<annotation>" + strings.Repeat(" ", maxXML),
			"is longer than 4194304 bytes",
		},
		"twice":  {"ImageSets/Main/train.txt", "a\nb\na", `train.txt:3: image "a" is there twice`},
		"fields": {"ImageSets/Main/train.txt", "a 1", `train.txt:1: "a 1" is a line of a class's list`},
		"escape": {
			"ImageSets/Main/train.txt", "../a",
			`train.txt:1: image id "../a" leaves the data root`,
		},
		"missing": {"ImageSets/Main/train.txt", "e", `e.xml: file does not exist: image "JPEGImages/e.jpg" has no annotation`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := vocSet(t, dir)
			datatest.Put(t, dir, map[string]string{tc.file: tc.text})
			wantError(t, cfg, "train", tc.want, "data.train: ")
		})
	}
	cfg := vocSet(t, t.TempDir())
	cfg.Train = "training"
	wantError(t, cfg, "train", "found neither the list ImageSets/Main/training.txt nor the folder training")
}

func TestVOCSurveyTellsWhatItLeavesOut(t *testing.T) {
	dir := t.TempDir()
	cfg := vocSet(t, dir)
	datatest.Put(t, dir, map[string]string{"Annotations/a.xml": vocXML("dog 5 1 2 2", "cat 1 1 30 2")})
	var got []string
	s, err := Survey(cfg, "train", func(p *Problem) { got = append(got, strings.TrimPrefix(p.Error(), dir+"/Annotations/")) })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`a.xml:2: box (5,1)-(2,2) of "dog" has a negative corner, or its corners in the wrong order`,
		`a.xml:3: box (1,1)-(30,2) of "cat" is clipped to the image of 20x10 pixels`,
		`c.xml: no label for image "JPEGImages/c.jpg": it has no object`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("problems %q,\nwant %q", got, want)
	}
	if len(s.Samples) != 2 || len(s.Samples[0].Boxes) != 1 {
		t.Errorf("samples %+v", s.Samples)
	}
}

func FuzzAnnotation(f *testing.F) {
	for _, text := range []string{
		vocXML("dog 1 2 3 4", "cat 5 5 1 1"), "<annotation/>", "<a><b/></a>", "<!DOCTYPE x>", "<annotation><object><bndbox>",
		"<annotation><object><name>x</name><object></object></object></annotation>", "<annotation><size><width>1e9</width></size></annotation>",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, line, err := parseAnnotation(strings.NewReader(text))
		if (a == nil) == (err == nil) || err != nil && line < 1 {
			t.Fatalf("gave %v, line %d, %v", a, line, err)
		}
		if a == nil {
			return
		}
		s := Split{report: func(*Problem) {}}
		sample := Sample{Label: -1}
		if err := s.annotated(&sample, a, "x.xml", map[string]int{"dog": 0, "cat": 1}, vocCorners); err != nil {
			t.Fatal(err)
		}
		for _, b := range sample.Boxes {
			if !b.Valid() || sample.Width > 0 && (b.X1 >= sample.Width || b.Y1 >= sample.Height) {
				t.Errorf("box %v in an image of %dx%d", b, sample.Width, sample.Height)
			}
		}
	})
}

func TestBoxesAreComparedWithMeasuredImagesWhereTheListIsSilent(t *testing.T) {
	dir := t.TempDir()
	cfg := vocSet(t, dir)
	silent := strings.NewReplacer("<width>20", "<width>0", "<height>10", "<height>0")
	datatest.Put(t, dir, map[string]string{
		"JPEGImages/a.jpg":  grey20x10(t),
		"Annotations/a.xml": silent.Replace(vocXML("dog 2 3 30 10")),
	})
	s, err := Open(cfg, "train")
	if err != nil {
		t.Fatal(err)
	}
	if x := s.Samples[0]; x.Width != 20 || x.Height != 10 || x.Boxes[0].X1 != 19 {
		t.Errorf("sample %+v, want 20x10 pixels and the box clipped", x)
	}
	datatest.Put(t, dir, map[string]string{
		"Annotations/a.xml": silent.Replace(vocXML("dog 22 3 30 10")),
	})
	wantError(t, cfg, "train", "is outside of the image of 20x10 pixels")
}

// grey20x10 is a JPEG of 20x10 pixels.
func grey20x10(t *testing.T) string {
	t.Helper()
	return string(datatest.JPEG(t, image.NewGray(image.Rect(0, 0, 20, 10)), 0, binary.BigEndian))
}
