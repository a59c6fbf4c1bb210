package data

import (
	"bufio"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"acol/internal/box"
)

// Elements of COCO's JSON, as they are written.
type (
	writtenImage struct {
		ID       int    `json:"id"`
		FileName string `json:"file_name"`
		Width    int    `json:"width"`
		Height   int    `json:"height"`
	}
	writtenObject struct {
		ID       int   `json:"id"`
		Image    int   `json:"image_id"`
		Category int   `json:"category_id"`
		BBox     []int `json:"bbox,omitempty"` // x, y, width, height
		Area     int   `json:"area"`
		Crowd    int   `json:"iscrowd"`
	}
	writtenCategory struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
)

// writeCOCO writes a JSON file for each split below dir, one element a line. The ids of categories
// are counted from 1. A label without a box becomes an annotation without bbox.
func writeCOCO(dir string, splits []*Split) error {
	for _, s := range splits {
		if s.HasMasks {
			return fmt.Errorf("split %s has masks in files, which COCO's JSON cannot name; "+
				"wsolevaluation's lists can", s.Name)
		}
		var failed error
		file := filepath.Join(dir, s.Name+".json")
		err := writeLines(file, func(w *bufio.Writer) { failed = encodeCOCO(w, s) })
		if failed != nil {
			return failed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// encodeCOCO writes the JSON of a split.
func encodeCOCO(w *bufio.Writer, s *Split) error {
	var failed error
	first := true
	element := func(v any) {
		raw, err := json.Marshal(v)
		if err != nil && failed == nil {
			failed = err
		}
		if !first {
			_ = w.WriteByte(',')
		}
		first = false
		_ = w.WriteByte('\n')
		_, _ = w.Write(raw) // Flush tells
	}
	fmt.Fprintf(w, `{"info": {"description": "written by acol"}, "images": [`)
	for i := range s.Samples {
		x := &s.Samples[i]
		element(writtenImage{i + 1, x.ID, x.Width, x.Height})
	}
	fmt.Fprintf(w, "],\n"+`"annotations": [`)
	first = true
	id := 0
	object := func(image, label int, b *box.Box) {
		id++
		o := writtenObject{ID: id, Image: image + 1, Category: label + 1}
		if b != nil {
			o.BBox, o.Area = []int{b.X0, b.Y0, b.Width(), b.Height()}, b.Area()
		}
		element(o)
	}
	for i := range s.Samples {
		x := &s.Samples[i]
		boxed := map[int]bool{}
		for j := range x.Boxes {
			label := x.Label
			if x.BoxLabels != nil {
				label = x.BoxLabels[j]
			}
			boxed[label] = true
			object(i, label, &x.Boxes[j])
		}
		for _, label := range slices.Concat([]int{x.Label}, x.Labels) {
			if !boxed[label] {
				boxed[label] = true
				object(i, label, nil)
			}
		}
	}
	fmt.Fprintf(w, "],\n"+`"categories": [`)
	first = true
	for label, name := range s.Classes {
		element(writtenCategory{label + 1, name})
	}
	fmt.Fprintf(w, "]}\n")
	return failed
}
