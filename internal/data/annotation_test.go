package data

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

// catXML is an annotation that declares an encoding, "" for none. Its class may have any letters.
func catXML(encoding, class string) string {
	declared := ""
	if encoding != "" {
		declared = fmt.Sprintf("<?xml version=\"1.0\" encoding=%q?>", encoding)
	}
	return declared + "<annotation><size><width>20</width><height>10</height></size>" +
		"<object><name>" + class + "</name><bndbox><xmin>2</xmin><ymin>3</ymin>" +
		"<xmax>4</xmax><ymax>5</ymax></bndbox></object></annotation>"
}

func TestAnnotationsAreReadInTheEncodingThatTheyDeclare(t *testing.T) {
	latin, err := charmap.ISO8859_1.NewEncoder().String(catXML("ISO-8859-1", "Käfer"))
	if err != nil {
		t.Fatal(err)
	}
	chinese, err := simplifiedchinese.GBK.NewEncoder().String(catXML("gb2312", "猫"))
	if err != nil {
		t.Fatal(err)
	}
	wide := func(order unicode.Endianness, mark unicode.BOMPolicy) string {
		text, err := unicode.UTF16(order, mark).NewEncoder().String(catXML("utf-16", "Käfer"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, tc := range map[string]struct{ text, class string }{
		"none":               {catXML("", "Käfer"), "Käfer"},
		"utf-8":              {catXML("utf-8", "Käfer"), "Käfer"},
		"mark":               {"\ufeff" + catXML("UTF-8", "Käfer"), "Käfer"},
		"mark alone":         {"\ufeff" + catXML("", "Käfer"), "Käfer"},
		"latin":              {latin, "Käfer"},
		"latin by Python":    {strings.Replace(latin, "ISO-8859-1", "latin-1", 1), "Käfer"},
		"chinese":            {chinese, "猫"},
		"little utf-16":      {wide(unicode.LittleEndian, unicode.UseBOM), "Käfer"},
		"big utf-16":         {wide(unicode.BigEndian, unicode.UseBOM), "Käfer"},
		"utf-16, no mark":    {wide(unicode.LittleEndian, unicode.IgnoreBOM), "Käfer"},
		"utf-8 that lies":    {catXML("utf-16", "Käfer"), "Käfer"},
		"ascii":              {catXML("us-ascii", "cat"), "cat"},
		"ascii of Java":      {catXML("Cp1252", "cat"), "cat"},
		"ascii of who knows": {catXML("ansi_x", "cat"), "cat"},
		"old ends of lines":  {strings.ReplaceAll(catXML("ascii", "cat"), "><", ">\r<"), "cat"},
	} {
		a, _, err := parseAnnotation(strings.NewReader(tc.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if a.width != 20 || len(a.objects) != 1 || a.objects[0].name != tc.class {
			t.Errorf("%s: %+v, want one %s", name, a, tc.class)
		}
	}
	for name, tc := range map[string]struct{ text, want string }{
		"unknown": {catXML("ansi_x", "Käfer"), `encoding "ansi_x" is not known: save the file`},
		"wrong":   {catXML("shift_jis", "\x80\xff"), "some bytes mean nothing in it"},
		"no utf":  {catXML("", "K\xe4fer"), "invalid UTF-8"},
	} {
		if _, _, err := parseAnnotation(strings.NewReader(tc.text)); err == nil ||
			!strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want …%s…", name, err, tc.want)
		}
	}
}

func TestAnnotationsSayEachThingOnce(t *testing.T) {
	for bad, want := range map[string]string{
		"<width>20</width><width>30</width>":          "<width> is there twice",
		"<width>20.5</width>":                         `<width> "20.5" is not a whole number`,
		"<width>1e999</width>":                        `<width> "1e999" is not a whole number`,
		"<width>0x20</width>":                         `<width> "0x20" is not a whole number`,
		"<width>NaN</width>":                          `<width> "NaN" is not a whole number`,
		"<width>-2</width>":                           "<width> -2 is negative",
		"</size></annotation><annotation><size>":      "has more than one <annotation>",
		"</size><object><name>a</name><name>b</name>": "<name> is there twice",
		"</size><object><difficult>2</difficult>":     `<difficult> "2" is neither 0 nor 1`,
		"</size><object><bndbox><xmin></xmin>":        `<xmin> "" is not a number`,
	} {
		text := strings.Replace(catXML("", "cat"), "<width>20</width>", bad, 1)
		if _, _, err := parseAnnotation(strings.NewReader(text)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want …%s…", bad, err, want)
		}
	}
	text := strings.Replace(catXML("", "cat"), "<ymin>", "<xmin>1</xmin><ymin>", 1)
	if _, _, err := parseAnnotation(strings.NewReader(text)); !errors.Is(err, ErrTwice) {
		t.Errorf("two xmin: %v", err)
	}
	for _, c := range []struct {
		width string
		want  int
	}{
		{"64.0", 64}, {" 64 ", 64}, {"6.4e1", 64}, {"-1", 0}, {"0", 0}, {"", 0}, {"\n", 0},
	} {
		width, want := c.width, c.want
		text := strings.Replace(catXML("", "cat"), ">20<", ">"+width+"<", 1)
		a, _, err := parseAnnotation(strings.NewReader(text))
		if err != nil || a.width != want {
			t.Errorf("width %q: %v, %+v, want %d", width, err, a, want)
		}
	}
}

func TestBoxesAreClippedOnAllSides(t *testing.T) {
	silent := strings.NewReplacer("<width>20<", "<width>0<", "<height>10<", "<height>-1<")
	for name, tc := range map[string]struct {
		object, found string
		want          box.Box
	}{
		"left":      {"dog -1.2 2 5 6", "(-1,2)-(5,6)", box.Box{X0: 0, Y0: 1, X1: 4, Y1: 5}},
		"above":     {"dog 2 -7 5 6", "(2,-7)-(5,6)", box.Box{X0: 1, Y0: 0, X1: 4, Y1: 5}},
		"one left":  {"dog 0 2 5 6", "", box.Box{X0: 0, Y0: 1, X1: 4, Y1: 5}},
		"all sides": {"dog -4 -4 99 99", "(-4,-4)-(99,99)", box.Box{X0: 0, Y0: 0, X1: 19, Y1: 9}},
	} {
		for _, known := range []bool{true, false} {
			dir := t.TempDir()
			cfg := vocSet(t, dir)
			text := vocXML(tc.object)
			if !known {
				text = silent.Replace(text)
			}
			datatest.Put(t, dir, map[string]string{
				"Annotations/a.xml": text, "Annotations/b.xml": vocXML(),
				"JPEGImages/a.jpg": grey20x10(t),
			})
			var found []string
			s, err := Survey(cfg, "train", func(p *Problem) {
				if p.Image == "JPEGImages/a.jpg" {
					found = append(found, p.Reason())
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Samples[0].Boxes; !reflect.DeepEqual(got, []box.Box{tc.want}) {
				t.Errorf("%s, size known %v: boxes %v, want %v", name, known, got, tc.want)
			}
			said := strings.Join(found, "\n")
			if (tc.found == "") != (said == "") || !strings.Contains(said, tc.found) {
				t.Errorf("%s, size known %v: found %q, want %q", name, known, said, tc.found)
			}
			if again, err := Open(cfg, "train"); err != nil || !reflect.DeepEqual(again, s) {
				t.Errorf("%s, size known %v: %v, or training reads another split", name, known, err)
			}
		}
	}
	dir := t.TempDir()
	cfg := vocSet(t, dir)
	for _, object := range []string{"dog -9 2 -3 6", "dog 2 -9 5 0"} {
		datatest.Put(t, dir, map[string]string{"Annotations/a.xml": vocXML(object)})
		wantError(t, cfg, "train", "is outside of the image of 20x10 pixels")
		datatest.Put(t, dir, map[string]string{"Annotations/a.xml": silent.Replace(vocXML(object))})
		wantError(t, cfg, "train", "is outside of the image")
	}
}

func TestVOCFindsImagesByTheirNamesWithoutEnding(t *testing.T) {
	dir := t.TempDir()
	cfg := vocSet(t, dir)
	datatest.Put(t, dir, map[string]string{
		"ImageSets/Main/train.txt": "my cat 1\r\ns/x \n\ts/v1.2\nd.jpg\nboth\n",
		"JPEGImages/my cat 1.JPG":  "", "Annotations/my cat 1.xml": vocXML("cat 1 1 2 2"),
		"JPEGImages/s/x.png": "", "Annotations/s/x.xml": vocXML("cat 1 1 2 2"),
		"JPEGImages/s/v1.2.tif": "", "Annotations/s/v1.2.xml": vocXML("cat 1 1 2 2"),
		"JPEGImages/both.bmp": "", "JPEGImages/both.jpg": "", "JPEGImages/both.png": "",
		"Annotations/both.xml": vocXML("cat 1 1 2 2"),
	})
	var found []string
	s, err := Survey(cfg, "train", func(p *Problem) { found = append(found, p.Reason()) })
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, x := range s.Samples {
		ids = append(ids, strings.TrimPrefix(x.ID, "JPEGImages/"))
	}
	wantIDs := []string{"my cat 1.JPG", "s/x.png", "s/v1.2.tif", "d.jpg", "both.jpg"}
	if !reflect.DeepEqual(ids, wantIDs) {
		t.Errorf("images %q, want %q", ids, wantIDs)
	}
	want := `image "both" fits several files, both.jpg and both.bmp and both.png; the first is read`
	if !reflect.DeepEqual(found, []string{want}) {
		t.Errorf("found %q, want %q", found, want)
	}
	datatest.Put(t, dir, map[string]string{"ImageSets/Main/train.txt": `s\x` + "\n"})
	wantError(t, cfg, "train", `train.txt:1: "s\\x" has back-slashes: write / between the folders`)
}

func TestOnErrorDecidesAboutImagesWithoutAnnotation(t *testing.T) {
	for _, layout := range []string{"lists", "folders"} {
		dir := t.TempDir()
		cfg := vocSet(t, dir)
		datatest.Put(t, dir, map[string]string{"ImageSets/Main/train.txt": "a\nlone\nb\n"})
		if layout == "folders" {
			cfg.Train = "own"
			datatest.Put(t, dir, map[string]string{
				"own/a.jpg": "", "own/a.xml": vocXML("cat 1 1 2 2"), "own/lone.jpg": "",
				"own/s/b.png": "", "own/s/b.xml": vocXML("cat 1 1 2 2"), "own/s/mask.png": "",
				"own/orphan.xml": vocXML("cat 1 1 2 2"),
			})
		}
		wantError(t, cfg, "train", "lone.jpg\" has no annotation; data.on_error: skip leaves it out")
		cfg.OnError = Skip
		var found []string
		s, err := Survey(cfg, "train", func(p *Problem) { found = append(found, p.Reason()) })
		if err != nil {
			t.Fatal(err)
		}
		again, err := Open(cfg, "train")
		if err != nil || len(again.Samples) != 2 || !reflect.DeepEqual(s, again) {
			t.Errorf("%s: %v, or training reads another split: %+v", layout, err, again)
		}
		if s.LeftOut != 1 || s.WhyLeftOut == nil || !strings.Contains(s.WhyLeftOut.Error(), "lone.jpg") {
			t.Errorf("%s: %d left out, as %v", layout, s.LeftOut, s.WhyLeftOut)
		}
		said := strings.Join(found, "\n")
		if !strings.Contains(said, `lone.jpg": it has no annotation`) ||
			strings.Contains(said, ErrNoImage.Error()) != (layout == "folders") {
			t.Errorf("%s: found %s", layout, said)
		}
	}
}
