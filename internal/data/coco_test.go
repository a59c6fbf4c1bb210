package data

import (
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

// cocoText has three images of 20x10 pixels, the annotations before them, and gaps in its ids.
const cocoText = `{"info": {"a": [1, {"b": []}]},
"annotations": [
{"id": 1, "image_id": 7, "category_id": 90, "bbox": [1.5, 2, 3, 4.25], "iscrowd": 0, "segmentation": [[1, 2, 3]]},
{"id": 2, "image_id": 3, "category_id": 18, "bbox": [0, 0, 20, 10]},
{"id": 3, "image_id": 7, "category_id": 18, "bbox": [4, 4, 2, 2], "iscrowd": 1, "segmentation": {"counts": [1]}},
{"id": 4, "image_id": 7, "category_id": 90, "bbox": [0, 0, 1, 1]},
{"id": 5, "image_id": 3, "category_id": 18}],
"images": [
{"id": 7, "file_name": "b.jpg", "width": 20, "height": 10},
{"id": 5, "file_name": "c.jpg", "width": 20, "height": 10},
{"id": 3, "file_name": "a.jpg", "width": 20, "height": 10}],
"categories": [{"id": 90, "name": "toothbrush"}, {"id": 18, "name": "dog"}]}`

func cocoSetup(t testing.TB, dir, text string) Config {
	t.Helper()
	datatest.Put(t, dir, map[string]string{
		"annotations/instances_train2017.json": text,
		"train2017/a.jpg":                      "",
		"train2017/b.jpg":                      "",
		"train2017/c.jpg":                      "",
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Metadata, cfg.Train = "coco", dir, filepath.Join(dir, "annotations"), "train2017"
	return cfg
}

func TestCOCOReadsInstances(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(cocoSetup(t, dir, cocoText), "train")
	if err != nil {
		t.Fatal(err)
	}
	want := []Sample{
		{
			ID: "train2017/b.jpg", Path: filepath.Join(dir, "train2017", "b.jpg"), Label: 0, Labels: []int{0, 1}, Width: 20, Height: 10,
			Boxes: []box.Box{
				{X0: 1, Y0: 2, X1: 4, Y1: 6}, {X0: 0, Y0: 0, X1: 0, Y1: 0}}, BoxLabels: []int{1,
				1,
			},
		},
		{
			ID: "train2017/a.jpg", Path: filepath.Join(dir, "train2017", "a.jpg"), Label: 0, Labels: []int{0}, Width: 20, Height: 10,
			Boxes: []box.Box{{X0: 0, Y0: 0, X1: 19, Y1: 9}},
		},
	}
	if !reflect.DeepEqual(s.Samples, want) {
		t.Errorf("samples %+v,\nwant %+v", s.Samples, want)
	}
	if !reflect.DeepEqual(s.Classes, []string{"dog", "toothbrush"}) {
		t.Errorf("classes %v, want those of the ids in order", s.Classes)
	}
	for _, name := range []string{"instances_train2017", "instances_train2017.json"} {
		cfg := cocoSetup(t, dir, cocoText)
		cfg.Train = name
		if again, err := Open(cfg, "train"); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%s: %v, or another split", name, err)
		}
	}
}

func TestCOCOErrorsNameFileLineAndReason(t *testing.T) {
	swap := func(old, new string) string { return strings.Replace(cocoText, old, new, 1) }
	for name, tc := range map[string]struct{ text, want string }{
		"no image": {swap(`"image_id": 3`, `"image_id": 4`), ":4: image id 4 is not in images"},
		"no category": {
			swap(`"category_id": 18`, `"category_id": 1`),
			":4: category id 1 is not in the 2 categories",
		},
		"twice":    {swap(`"id": 5, "file`, `"id": 7, "file`), ":10: image id 7 is there twice"},
		"category": {swap(`"id": 18, "name"`, `"id": 90, "name"`), "category id 90 is there twice"},
		"inverted": {
			swap(`2, 3, 4.25]`, `2, -3, 4]`), ":3: bbox [1.5 2 -3 4] has a negative corner",
		},
		"outside": {
			swap(`[1.5, 2,`, `[20, 2,`),
			":3: bbox [20 2 3 4.25] is outside of the image of 20x10 pixels",
		},
		"huge": {swap(`[1.5, 2,`, `[1e300, 2,`), `bbox "1e300" is not a number within 16777216`},
		"three": {
			swap(`[1.5, 2, 3, 4.25]`, `[1.5, 2, 3]`), ":3: annotations[0]: bbox has 3 numbers",
		},
		"text": {
			swap(`"category_id": 90`, `"category_id": "cat"`),
			`:3: category id "cat" is not in the 2 categories`,
		},
		"lacks": {
			swap(`"image_id": 7, `, ``),
			":3: annotations[0]: annotation lacks image_id or category_id",
		},
		"no name": {
			swap(`"file_name": "b.jpg"`, `"file": 1`), ":9: images[0]: image 7 has no file_name",
		},
		"size": {
			swap(`"width": 20`, `"width": -20`), ":9: images[0]: width -20 is negative",
		},
		"number": {
			swap(`{"id": 90, "name": "toothbrush"}`, `5`),
			":12: categories[0]: is the number 5, not an object",
		},
		"escape": {
			swap(`"b.jpg"`, `"../../b.jpg"`), `:9: image id "../b.jpg" leaves the data root`,
		},
		"cut": {cocoText[:len(cocoText)-30], ": unexpected EOF"},
		"syntax": {
			swap(`"id": 4, `, `"id": 4 `),
			":5: annotations[3], after this line: invalid character",
		},
		"no array":      {swap(`"images": [`, `"images": {"a": [`), `"images" is no array`},
		"no annotation": {`{"images": [], "categories": []}`, `has no "annotations"`},
		"array":         {`[1, 2]`, ":1: is no JSON object with images, annotations and categories"},
		"empty":         {``, ":1: unexpected EOF"},
		"no image left": {
			`{"images": [], "categories": [], "annotations": []}`,
			`data.train: "train2017" has no images`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, cocoSetup(t, t.TempDir(), tc.text), "train", tc.want, "data.train")
		})
	}
	cfg := cocoSetup(t, t.TempDir(), cocoText)
	cfg.Train = "training"
	wantError(t, cfg, "train", "looked for a file training, training.json, instances_training.json")
}

func TestCOCOSurveyNamesEveryBadElementWithItsLine(t *testing.T) {
	// Enough lines that their places lie in several blocks of the file.
	var b strings.Builder
	b.WriteString(`{"categories": [{"id": 1, "name": "dog"}], "images": [{"id": 1, "file_name": "a.jpg"}],` + "\n" + `"annotations": [` + "\n")
	const n = 4000
	for i := range n {
		x := "0"
		if i == 100 || i == 3900 {
			x = `"left"`
		}
		category := 1
		if i == 200 {
			category = 2
		}
		fmt.Fprintf(&b, `{"image_id": 1, "category_id": %d, "bbox": [%s, 0, 3, 3], "area": 123.5}`,
			category, x)
		if i < n-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	b.WriteString("]}")
	var lines []int
	s, err := Survey(cocoSetup(t, t.TempDir(), b.String()), "train", func(p *Problem) { lines = append(lines, p.Line) })
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{103, 3903, 203}; !reflect.DeepEqual(lines, want) {
		t.Errorf("lines %v, want %v", lines, want)
	}
	if len(s.Samples[0].Boxes) != n-3 {
		t.Errorf("%d boxes, want %d", len(s.Samples[0].Boxes), n-3)
	}
}

// endless reads as a string of JSON that does not end.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	e.read += len(b)
	return len(b), nil
}

func TestCOCOBoundsTheMemoryOfAnElement(t *testing.T) {
	for _, start := range []string{`{"`, `{"info": "`, `{"annotations": [{"segmentation": "`} {
		more := &endless{}
		_, err := parseCOCO(io.MultiReader(strings.NewReader(start), more), "set.json", nil)
		if err == nil ||
			!strings.Contains(err.Error(), "an element is longer than 16777216 bytes") ||
			more.read > maxElement+1<<17 {
			t.Errorf("%s…: %v after %d bytes", start, err, more.read)
		}
	}
}

func FuzzCOCO(f *testing.F) {
	for _, text := range []string{cocoText, "", "{", `{"images":[{}],"annotations":[{}],"categories":[{}]}`, `{"images":[1,"x",null]}`, `{"x":[[[[{"y":1}]]]]}`, `{"annotations":[{"bbox":[1e999,1,1,1]}]}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := parseCOCO(strings.NewReader(text), "set.json", func(*Problem) {})
		if (set == nil) == (err == nil) {
			t.Fatalf("gave %v and %v", set, err)
		}
		if set == nil {
			return
		}
		s := Split{report: func(*Problem) {}}
		if s.joinCOCO(set, "/data", "train") != nil {
			return
		}
		for _, sample := range s.Samples {
			if !strings.HasPrefix(sample.Path, "/data") && sample.Path != "" {
				t.Errorf("image at %s", sample.Path)
			}
			for _, b := range sample.Boxes {
				if !b.Valid() || sample.Width > 0 && (b.X1 >= sample.Width || b.Y1 >= sample.Height) {
					t.Errorf("box %v in an image of %dx%d", b, sample.Width, sample.Height)
				}
			}
		}
	})
}
