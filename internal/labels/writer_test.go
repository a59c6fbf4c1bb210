package labels_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/box"
	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/labels"
)

var update = flag.Bool("update", false, "write the data sets of testdata; then run read.py")

// classes have what YAML, JSON and XML need to quote.
var classes = []string{"001.Black_cat", `Dog "big" & <small>`, "Größe: 1\t# x"}

// exifTurned is an EXIF segment that says: turn clockwise by 90 degrees to show.
const exifTurned = "\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03" +
	"\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"

// given is a picture of the tests, with the name that the data set gives it.
type given struct {
	name, becomes string
	size          image.Point // of the stored pixels
	turned        bool
	objects       []labels.Object
}

// pictures are a turned JPEG, a name that differs from another in case alone, a folder that readers
// of YOLO would take for their own, and a picture of nothing.
var pictures = []given{
	{"bird.jpg", "bird.jpg", image.Pt(40, 30), true, []labels.Object{
		{Class: 1, Box: box.Box{X0: 3, Y0: 5, X1: 20, Y1: 39}, Probability: 0.873},
	}},
	{"Bird.png", "Bird-2.png", image.Pt(31, 22), false, []labels.Object{
		{Class: 0, Box: box.Box{X0: 0, Y0: 0, X1: 30, Y1: 21}, Probability: 1},
	}},
	{"images/s p/x.png", "images_/s p/x.png", image.Pt(50, 20), false, []labels.Object{
		{Class: 2, Box: box.Box{X0: 7, Y0: 3, X1: 7, Y1: 3}, Probability: 0.5},
		{Class: 0, Box: box.Box{X0: 10, Y0: 2, X1: 49, Y1: 18}, Probability: 0.25},
	}},
	{"empty.png", "empty.png", image.Pt(12, 12), false, nil},
}

// write makes a data set of pictures in dir/FORMAT and gives its folder.
func write(t *testing.T, dir string, format labels.Format) (string, *labels.Writer) {
	t.Helper()
	dir = filepath.Join(dir, string(format))
	w, err := labels.Create(format, dir, classes)
	check(t, err)
	for _, g := range pictures {
		file := filepath.Join(t.TempDir(), filepath.Base(g.name))
		check(t, os.WriteFile(file, encode(t, g), 0o666))
		info, err := pixels.Header(file)
		check(t, err)
		check(t, w.Add(&labels.Picture{
			Name: g.name, Info: info, Objects: g.objects,
			Open: func() (io.ReadCloser, error) { return os.Open(file) },
		}))
	}
	check(t, w.Close())
	return dir, w
}

func encode(t *testing.T, g given) []byte {
	t.Helper()
	img := image.NewGray(image.Rectangle{Max: g.size})
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	img.SetGray(0, 0, color.Gray{Y: 255})
	var b bytes.Buffer
	if strings.HasSuffix(g.name, ".png") {
		check(t, png.Encode(&b, img))
		return b.Bytes()
	}
	check(t, jpeg.Encode(&b, img, nil))
	if !g.turned {
		return b.Bytes()
	}
	raw := b.Bytes()
	return append(append(append([]byte{}, raw[:2]...), exifTurned...), raw[2:]...)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// files are the contents of all files below a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(rel)] = string(raw)
		return err
	}))
	return all
}

// The data sets in testdata are those that testdata/read.py read.
func TestDataSetsAreThoseThatOtherProgramsRead(t *testing.T) {
	for _, format := range labels.Format("").Choices() {
		kept := filepath.Join("testdata", format)
		if *update {
			check(t, os.RemoveAll(kept))
			write(t, "testdata", labels.Format(format))
			continue
		}
		dir, w := write(t, t.TempDir(), labels.Format(format))
		if d := cmp.Diff(files(t, kept), files(t, dir)); d != "" {
			t.Errorf("%s (-want +got):\n%s", format, d)
		}
		pictures, out := 3, 1
		if format == string(labels.Labelme) {
			pictures, out = 4, 0
		}
		if w.Pictures != pictures || w.Objects != 4 || w.LeftOut != out {
			t.Errorf("%s: %d pictures, %d objects, %d left out", format, w.Pictures, w.Objects, w.LeftOut)
		}
	}
}

// seen is an object as a reader sees it.
type seen struct {
	Image string
	Class string
	Box   [4]int // of pixels in the frame of the format, both corners inclusive
}

// wanted are the objects, in the upright picture or in the stored pixels.
func wanted(stored bool) []seen {
	var all []seen
	for _, g := range pictures {
		for _, o := range g.objects {
			b := o.Box
			if g.turned && stored {
				b = pixels.Orientation(6).Stored(b, g.size.Y, g.size.X)
			}
			name := strings.Join(strings.Fields(classes[o.Class]), " ")
			all = append(all, seen{g.becomes, name, [4]int{b.X0, b.Y0, b.X1, b.Y1}})
		}
	}
	return all
}

// testdata/read.py reads YOLO by Ultralytics' rules with PIL, COCO with pycocotools, VOC with
// ElementTree and labelme by the rectangle that its own code draws.
func TestOtherProgramsReadTheBoxes(t *testing.T) {
	raw, err := os.ReadFile("testdata/read.json")
	check(t, err)
	var got map[string][]seen
	check(t, json.Unmarshal(raw, &got))
	if len(got) != len(labels.Format("").Choices()) {
		t.Errorf("%d formats were read", len(got))
	}
	for format, list := range got {
		for i := range list {
			list[i].Class = strings.Join(strings.Fields(list[i].Class), " ")
		}
		stored := format == string(labels.COCO) || format == string(labels.VOC)
		if d := cmp.Diff(wanted(stored), list); d != "" {
			t.Errorf("%s (-want +got):\n%s", format, d)
		}
	}
}

func TestTheReadersOfDataSetsReadTheBoxes(t *testing.T) {
	for format, cfg := range map[labels.Format]data.Config{
		labels.COCO: {Format: "coco", Root: "images", Train: "annotations"},
		labels.VOC:  {Format: "voc", Train: "train"},
	} {
		dir, _ := write(t, t.TempDir(), format)
		cfg.Metadata, cfg.Root = dir, filepath.Join(dir, cfg.Root)
		s, err := data.Open(cfg, "train")
		check(t, err)
		var got []seen
		for i := range s.Samples {
			x := &s.Samples[i]
			for j, b := range x.Boxes {
				label := x.Label
				if x.BoxLabels != nil {
					label = x.BoxLabels[j]
				}
				name := strings.Join(strings.Fields(s.Classes[label]), " ")
				id := strings.TrimPrefix(x.ID, "JPEGImages/")
				got = append(got, seen{id, name, [4]int{b.X0, b.Y0, b.X1, b.Y1}})
			}
		}
		if d := cmp.Diff(wanted(true), got); d != "" {
			t.Errorf("%s (-want +got):\n%s", format, d)
		}
	}
}

func TestLabelsThatAreThereAreNotOverwritten(t *testing.T) {
	dir, _ := write(t, t.TempDir(), labels.YOLO)
	before := files(t, dir)
	if _, err := labels.Create(labels.YOLO, dir, classes); !errors.Is(err, labels.ErrTaken) {
		t.Errorf("error %v", err)
	}
	if d := cmp.Diff(before, files(t, dir)); d != "" {
		t.Error(d)
	}
	if _, err := labels.Create("csv", t.TempDir(), classes); err == nil {
		t.Error("format csv: no error")
	}
}

func TestNamesStayInTheDataSet(t *testing.T) {
	for name, want := range map[string]string{
		"../../etc/passwd":      "etc/passwd.png",
		"/a/./b.JPG":            "a/b.JPG",
		"a\nb/ c\t.jpg":         "a_b/c_.jpg",
		".jpg":                  "image.jpg",
		".hidden.png":           "hidden.png",
		"...":                   "image.png",
		"images/images.jpg":     "images_/images.jpg",
		"bird.raw":              "bird.raw.png",
		"x|y:z\\w.webp":         "x_y_z_w.webp",
		"\xff\xfe.png":          "_.png",
		"":                      "image.png",
		"Größe/…/☂ \u2028.tiff": "Größe/…/☂ _.tiff",
	} {
		dir := t.TempDir()
		w, err := labels.Create(labels.Labelme, dir, classes)
		check(t, err)
		check(t, w.Add(&labels.Picture{
			Name: name, Info: &pixels.Info{Format: "png", Width: 1, Height: 1},
			Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil },
		}))
		for got := range files(t, dir) {
			if got != want {
				t.Errorf("%q is %q, want %q", name, got, want)
			}
		}
	}
}

// Whatever a picture is called, its files are in the data set, no two are one, and its line of a
// list is one line.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"a.jpg", "../a.png", "/", "a/../../b", "\x00.jpg", "..", "images/x", "A.JPG"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 200 {
			return // longer than names of files are
		}
		dir := filepath.Join(t.TempDir(), "set")
		w, err := labels.Create(labels.VOC, dir, classes)
		check(t, err)
		for range 2 {
			check(t, w.Add(&labels.Picture{
				Name: name, Info: &pixels.Info{Format: "png", Width: 9, Height: 9},
				Open:    func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil },
				Objects: []labels.Object{{Box: box.Box{X1: 8, Y1: 8}}},
			}))
		}
		check(t, w.Close())
		got := files(t, dir)
		list := strings.Split(strings.TrimSuffix(got["ImageSets/Main/train.txt"], "\n"), "\n")
		if len(got) != 5 || len(list) != 2 {
			t.Fatalf("%q: files %v", name, got)
		}
		s, err := data.Open(data.Config{Format: "voc", Root: dir, Train: "train"}, "train")
		if err != nil || len(s.Samples) != 2 {
			t.Fatalf("%q: %v", name, err)
		}
	})
}
