package data

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"acol/internal/box"
)

// cocoOf is a file with one image of 20x10 pixels, one annotation and two categories, with changes.
func cocoOf(changes ...string) string {
	text := `{"images": [{"id": 7, "file_name": "a.jpg", "width": 20, "height": 10}],
"annotations": [{"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "iscrowd": 0}],
"categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]}`
	return strings.NewReplacer(changes...).Replace(text)
}

// surveyed opens train of a file and gives its samples and the problems met, without the folder.
func surveyed(t *testing.T, cfg Config) (*Split, []string) {
	t.Helper()
	var problems []string
	s, err := Survey(cfg, "train", func(p *Problem) {
		_, reason, _ := strings.Cut(p.Error(), ".json:")
		problems = append(problems, reason)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, problems
}

func TestCOCOReadsEveryWayToWriteANumber(t *testing.T) {
	want := Sample{Label: 1, Width: 20, Height: 10, Boxes: []box.Box{{X0: 1, Y0: 2, X1: 3, Y1: 5}}}
	for name, changes := range map[string][]string{
		"plain":             {},
		"whole sizes":       {"20", "20.0", "10", "1e1"},
		"whole ids":         {`e_id": 7`, `e_id": 7.0`, `_id": 2`, `_id": 2.00`, `"id": 1`, `"id": 1.0`},
		"other case":        {`"width": 20`, `"width": 20, "Width": 5`, `"bbox"`, `"BBox": [], "bbox"`},
		"escaped keys":      {`"width"`, `"\u0077idth"`, `"bbox"`, `"b\u0062ox"`},
		"text ids":          {`"id": 7`, `"id": "x1"`, `"image_id": 7`, `"image_id": "x1"`},
		"text category ids": {`"id": 1`, `"id": "a"`, `"id": 2`, `"id": "b"`, `y_id": 2`, `y_id": "b"`},
		"brackets in texts": {`"cat"`, `"}]\"\\"`, `"iscrowd"`, `"x": "]]}}", "iscrowd"`},
		"no crowd":          {`"iscrowd": 0`, `"iscrowd": null`},
		"false":             {`"iscrowd": 0`, `"iscrowd": false`},
		"mark":              {`{"images"`, "\ufeff" + `{"images"`},
		"old ends of lines": {"\n", "\r"},
	} {
		t.Run(name, func(t *testing.T) {
			s, problems := surveyed(t, cocoSetup(t, t.TempDir(), cocoOf(changes...)))
			x := s.Samples[0]
			x.ID, x.Path = "", ""
			if !reflect.DeepEqual(x, want) || problems != nil {
				t.Errorf("sample %+v, problems %q", x, problems)
			}
			if _, err := Open(cocoSetup(t, t.TempDir(), cocoOf(changes...)), "train"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCOCOTakesAnUnknownSizeFromNowhere(t *testing.T) {
	for _, size := range []string{"-1", "0", "null", "-1.0"} {
		text := cocoOf(`"width": 20, "height": 10`, `"width": `+size+`, "height": `+size)
		s, err := Open(cocoSetup(t, t.TempDir(), text), "train")
		if err != nil {
			t.Errorf("%s: %v", size, err)
		} else if x := s.Samples[0]; x.Width != 0 || x.Height != 0 || len(x.Boxes) != 1 {
			t.Errorf("%s: sample %+v, want no size", size, x)
		}
	}
	s, err := Open(cocoSetup(t, t.TempDir(), cocoOf(`"width": 20, `, "")), "train")
	if err != nil || s.Samples[0].Height != 0 {
		t.Errorf("height alone: %v, or a size of one side", err)
	}
}

func TestCOCORefusesWhatIsNoNumber(t *testing.T) {
	for bad, want := range map[string]string{
		`"bbox": [null, null, null, null]`: "annotations[0]: bbox has null where a number belongs",
		`"bbox": [1, 2, null, 4]`:          "annotations[0]: bbox has null where a number belongs",
		`"bbox": ["1", 2, 3, 4]`:           `annotations[0]: bbox has the text "1" where a number`,
		`"bbox": [[1, 2, 3, 4]]`:           "annotations[0]: bbox has an array where",
		`"bbox": {"x": 1}`:                 "annotations[0]: bbox is an object, not an array",
		`"bbox": [1e999, 2, 3, 4]`:         `annotations[0]: bbox "1e999" is not a number within`,
		`"bbox": [1, 2, 3, 4, 5]`:          "annotations[0]: bbox has 5 numbers, want x, y, width",
		`"bbox": [NaN, 2, 3, 4]`:           "JSON has no NaN and no Infinity",
		`"bbox": [-Infinity, 2, 3, 4]`:     "JSON has no NaN and no Infinity",
		`"bbox": [1, 2, 3, 4], "bbox": []`: `annotations[0]: "bbox" is there twice`,
		`"bbox": [], "iscrowd": "1"`:       `iscrowd is the text "1", neither 0 nor 1`,
		`"bbox": [], "iscrowd": 2`:         "iscrowd is the number 2, neither 0 nor 1",
	} {
		text := cocoOf(`"bbox": [1, 2, 3, 4], "iscrowd": 0`, bad)
		wantError(t, cocoSetup(t, t.TempDir(), text), "train", ".json:2: ", want)
	}
	for change, want := range map[[2]string]string{
		{`"id": 7`, `"id": null`}:             "images[0]: image has no id",
		{`"id": 7`, `"id": 7.5`}:              `images[0]: id "7.5" is not a whole number`,
		{`"id": 7`, `"id": 1e999`}:            `images[0]: id "1e999" is not a whole number`,
		{`"id": 7`, `"id": true`}:             "images[0]: id is true, neither a whole number nor",
		{`"image_id": 7`, `"image_id": null`}: "annotations[0]: annotation lacks image_id",
		{`"image_id": 7`, `"image_id": "7"`}:  `image id "7" is not in images`,
		{`"width": 20`, `"width": 20.5`}:      `images[0]: width "20.5" is not a whole number`,
		{`"width": 20`, `"width": "20"`}:      `images[0]: width is the text "20", not a number`,
		{`"a.jpg"`, `null`}:                   "images[0]: image 7 has no file_name",
		{`"a.jpg"`, "\"\xff.jpg\""}:           "images[0]: file_name is not UTF-8 text",
		{`"dog"`, `null`}:                     "categories[1]: category has no id or no name",
		{`"id": 1`, `"id": "1"`}:              "some category ids are numbers and some are texts",
		{`"dog"}]}`, `"dog"}]}{}`}:            "goes on behind the closing brace",
		{`"categories"`, `"images"`}:          `"images" is there twice`,
		{`a.jpg`, strings.Repeat("a", 5000)}:  "is longer than 4096 bytes",
	} {
		text := cocoOf(change[0], change[1])
		wantError(t, cocoSetup(t, t.TempDir(), text), "train", want)
	}
	wide := "\xff\xfe" + strings.Join(strings.Split(cocoOf(), ""), "\x00") + "\x00"
	wantError(t, cocoSetup(t, t.TempDir(), wide), "train", "is UTF-16 text: save it as UTF-8")
	wantError(t, cocoSetup(t, t.TempDir(), wide[2:]), "train", "is UTF-16 text: save it as UTF-8")
}

func TestCOCOLeavesOutBoxesWithoutArea(t *testing.T) {
	for _, bbox := range []string{"[1, 2, 0, 4]", "[1, 2, 3, 0.0]", "[1.5, 2, 1e-9, 3]"} {
		cfg := cocoSetup(t, t.TempDir(), cocoOf("[1, 2, 3, 4]", bbox))
		s, problems := surveyed(t, cfg)
		if len(problems) != 1 || !strings.Contains(problems[0], "has no area and is left out") {
			t.Errorf("%s: problems %q", bbox, problems)
		}
		again, err := Open(cfg, "train")
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Errorf("%s: %v, or training reads another split", bbox, err)
		}
		if x := s.Samples[0]; len(x.Boxes) != 0 || x.Label != 1 {
			t.Errorf("%s: sample %+v, want the label alone", bbox, x)
		}
	}
}

func TestASurveySaysThatClassesHaveOneName(t *testing.T) {
	var found []string
	_, err := Survey(cocoSetup(t, t.TempDir(), cocoOf(`"cat"`, `"dog"`)), "train", func(p *Problem) {
		found = append(found, p.Error())
	})
	want := []string{`"dog" is the name of several labels, 0 and 1`}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("%v, found %q, want %q", err, found, want)
	}
}

// nested reads as an array of arrays that does not end.
type nested struct{ read int }

func (n *nested) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '['
	}
	n.read += len(b)
	return len(b), nil
}

func TestCOCOBoundsTheDepthOfWhatNobodyReads(t *testing.T) {
	for _, start := range []string{`{"info": `, `{"annotations": [{"segmentation": `} {
		more := &nested{}
		_, err := parseCOCO(io.MultiReader(strings.NewReader(start), more), "set.json", nil)
		if text := fmt.Sprint(err); !strings.Contains(text, "exceeded max depth") &&
			!strings.Contains(text, "nested deeper than 10000") {
			t.Errorf("%s…: %v", start, err)
		}
		if more.read > 1<<20 {
			t.Errorf("%s…: an error after %d bytes", start, more.read)
		}
	}
	arrays := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	deep := cocoOf(`{"images"`, `{"info": `+arrays+`, "images"`)
	if _, err := parseCOCO(strings.NewReader(deep), "set.json", nil); err != nil {
		t.Error(err)
	}
}

// manyImages reads as a file of n images without annotations, a line each.
func manyImages(n int) io.Reader {
	read, write := io.Pipe()
	go func() {
		fmt.Fprint(write, `{"categories": [{"id": 1, "name": "a"}], "annotations": [], "images": [`)
		for i := range n {
			sep := ",\n"
			if i == 0 {
				sep = "\n"
			}
			const form = `%s{"id": %d, "file_name": "%012d.jpg", "width": 640, "height": 480}`
			fmt.Fprintf(write, form, sep, i, i)
		}
		fmt.Fprint(write, "]}")
		write.Close()
	}()
	return read
}

func TestCOCOReadsImagesWithoutAnnotationsQuickly(t *testing.T) {
	const n = 20_000
	start := time.Now()
	set, err := parseCOCO(manyImages(n), "set.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	s := &Split{report: func(p *Problem) { lines += p.Line }}
	if err := s.joinCOCO(set, "/data", ""); err != nil {
		t.Fatal(err)
	}
	if len(s.Samples) != 0 || lines != n*(n+1)/2+n {
		t.Errorf("%d samples, lines that add up to %d", len(s.Samples), lines)
	}
	if d := time.Since(start); d > 5*time.Second { // 0.1 s on an idle machine
		t.Errorf("took %v", d)
	}
}

func FuzzJSONValues(f *testing.F) {
	for _, text := range []string{
		`{"a":1,"b":[1,{"c":"]}"}]}`, `{"":{}}`, `{ "a" : "\\\"" , "b" : null }`, `{}`, `{"a":[ 1 , 2 ]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		want, ok := decodedMembers(raw)
		if !ok {
			return
		}
		got := map[string]string{}
		err := eachMember(raw, func(name, value []byte) error {
			got[string(name)] = string(value)
			return nil
		})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q and %v, want %q", raw, got, err, want)
		}
	})
}

// decodedMembers gives the members of an object as encoding/json has them; ok says that raw is an
// object of unique names in UTF-8.
func decodedMembers(raw []byte) (members map[string]string, ok bool) {
	var all map[string]json.RawMessage
	if !utf8.Valid(raw) || json.Unmarshal(raw, &all) != nil || all == nil {
		return nil, false
	}
	members = map[string]string{}
	for name, value := range all {
		members[name] = string(value)
	}
	return members, true
}
