package labels

import (
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
)

// labelme writes what labelme opens as a folder: bird.json beside bird.jpg, with a rectangle for
// each box, whose corners are pixels of the upright picture, both inclusive.
type labelme struct {
	dir     string
	classes []string
}

type labelmeFile struct {
	Version string         `json:"version"`
	Flags   struct{}       `json:"flags"`
	Shapes  []labelmeShape `json:"shapes"`
	Image   string         `json:"imagePath"`
	Data    *string        `json:"imageData"` // null: the picture is in its file
	Height  int            `json:"imageHeight"`
	Width   int            `json:"imageWidth"`
}

type labelmeShape struct {
	Label       string    `json:"label"`
	Points      [2][2]int `json:"points"`
	Group       *int      `json:"group_id"`
	Description string    `json:"description"`
	Type        string    `json:"shape_type"`
	Flags       struct{}  `json:"flags"`
	Mask        *string   `json:"mask"`
}

func (l *labelme) pictures() string { return "" }

func (l *labelme) bare() bool { return true }

func (l *labelme) label(name string, p *Picture) error {
	if len(p.Objects) == 0 {
		return nil
	}
	const version = "5.5.0" // the first whose shapes have all of these keys
	w, h := p.Info.Oriented()
	file := labelmeFile{Version: version, Image: path.Base(name), Height: h, Width: w}
	for _, o := range p.Objects {
		file.Shapes = append(file.Shapes, labelmeShape{
			Label: l.classes[o.Class], Type: "rectangle",
			Points:      [2][2]int{{o.Box.X0, o.Box.Y0}, {o.Box.X1, o.Box.Y1}},
			Description: fmt.Sprintf("found by acol, %.0f %%", 100*o.Probability),
		})
	}
	to := strings.TrimSuffix(name, path.Ext(name)) + ".json"
	return writeFile(filepath.Join(l.dir, filepath.FromSlash(to)), func(w io.Writer) error {
		return encodeJSON(w, file, "  ")
	})
}

func (l *labelme) finish() error { return nil }
