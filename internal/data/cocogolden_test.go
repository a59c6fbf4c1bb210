package data

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"acol/internal/box"
)

// TestCOCOAgreesWithPycocotools compares with what testdata/coco_pycocotools.py wrote.
func TestCOCOAgreesWithPycocotools(t *testing.T) {
	raw, err := os.ReadFile("testdata/coco_pycocotools.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		File string
		Want map[string][][2]any // label and box, which may be nil
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		set, err := parseCOCO(strings.NewReader(c.File), "set.json", nil)
		if err != nil {
			t.Fatalf("%s: %v", c.File, err)
		}
		var s Split
		if err := s.joinCOCO(set, "/", ""); err != nil {
			t.Fatalf("%s: %v", c.File, err)
		}
		if len(s.Samples) != len(c.Want) {
			t.Errorf("%s: %d images, want %d", c.File, len(s.Samples), len(c.Want))
		}
		for _, x := range s.Samples {
			var labels, boxLabels []int
			var boxes []box.Box
			for _, object := range c.Want[x.ID] {
				label := int(object[0].(float64))
				labels = append(labels, label)
				if v, has := object[1].([]any); has {
					at := func(i int) int { return int(v[i].(float64)) }
					boxes = append(boxes, box.Box{X0: at(0), Y0: at(1), X1: at(2), Y1: at(3)})
					boxLabels = append(boxLabels, label)
				}
			}
			slices.Sort(labels)
			labels = slices.Compact(labels)
			got := x.BoxLabels
			if got == nil {
				got = slices.Repeat([]int{x.Label}, len(x.Boxes))
			}
			if !reflect.DeepEqual(x.Labels, labels) || !slices.Equal(x.Boxes, boxes) ||
				!slices.Equal(got, boxLabels) {
				t.Errorf("%s\n%s: labels %v, boxes %v of %v, want %v, %v of %v",
					c.File, x.ID, x.Labels, x.Boxes, got, labels, boxes, boxLabels)
			}
		}
	}
}
