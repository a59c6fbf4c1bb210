package labels

import (
	"encoding/json"
	"io"
	"path/filepath"
)

// coco writes one JSON file of object annotations, annotations.json, beside the folder images. A
// box is [x, y, width, height] in pixels as the file stores them, of which x and y count from 0.
// The ids of images, annotations and categories count from 1. An annotation has the probability of
// its class as score, as COCO's results have it, and no segmentation.
type coco struct {
	dir     string
	classes []string
	set     cocoFile
}

// cocoFile is what annotations.json holds.
type cocoFile struct {
	Info        cocoInfo       `json:"info"`
	Licenses    []struct{}     `json:"licenses"`
	Images      []cocoImage    `json:"images"`
	Annotations []cocoObject   `json:"annotations"`
	Categories  []cocoCategory `json:"categories"`
}

type cocoInfo struct {
	Description string `json:"description"`
}

type cocoImage struct {
	ID     int    `json:"id"`
	File   string `json:"file_name"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type cocoObject struct {
	ID           int        `json:"id"`
	Image        int        `json:"image_id"`
	Category     int        `json:"category_id"`
	BBox         [4]int     `json:"bbox"` // x, y, width, height
	Area         int        `json:"area"`
	Crowd        int        `json:"iscrowd"`
	Segmentation []struct{} `json:"segmentation"`
	Score        float64    `json:"score"`
}

type cocoCategory struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Super string `json:"supercategory"`
}

func (c *coco) pictures() string { return "images" }

func (c *coco) bare() bool { return false }

func (c *coco) label(name string, p *Picture) error {
	set := &c.set
	image := cocoImage{len(set.Images) + 1, name, p.Info.Width, p.Info.Height}
	set.Images = append(set.Images, image)
	for _, o := range p.Objects {
		b := p.stored(o.Box)
		set.Annotations = append(set.Annotations, cocoObject{
			ID: len(set.Annotations) + 1, Image: image.ID, Category: o.Class + 1,
			BBox: [4]int{b.X0, b.Y0, b.Width(), b.Height()}, Area: b.Area(),
			Segmentation: []struct{}{}, Score: o.Probability,
		})
	}
	return nil
}

func (c *coco) finish() error {
	set := c.set
	set.Info.Description = "boxes that acol found"
	set.Licenses = []struct{}{}
	for i, name := range c.classes {
		set.Categories = append(set.Categories, cocoCategory{ID: i + 1, Name: name})
	}
	return writeFile(filepath.Join(c.dir, "annotations.json"), func(w io.Writer) error {
		return encodeJSON(w, set, "")
	})
}

// encodeJSON writes a value as JSON, with the letters of names as they are.
func encodeJSON(w io.Writer, v any, indent string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}
