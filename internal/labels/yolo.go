package labels

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// yolo writes the form that Ultralytics reads: labels/bird.txt for images/bird.jpg, with a line
// "class x y width height" for each box. x and y are of its centre; all four are shares of the
// upright picture's sides.
type yolo struct {
	dir     string
	classes []string
}

func (y *yolo) pictures() string { return "images" }

func (y *yolo) bare() bool { return false }

func (y *yolo) label(name string, p *Picture) error {
	w, h := p.Info.Oriented()
	var text strings.Builder
	for _, o := range p.Objects {
		b := o.Box
		fmt.Fprintf(&text, "%d %.6f %.6f %.6f %.6f\n", o.Class,
			float64(b.X0+b.X1+1)/2/float64(w), float64(b.Y0+b.Y1+1)/2/float64(h),
			float64(b.Width())/float64(w), float64(b.Height())/float64(h))
	}
	file := strings.TrimSuffix(name, path.Ext(name)) + ".txt"
	return writeText(filepath.Join(y.dir, "labels", filepath.FromSlash(file)), text.String())
}

// finish writes data.yaml, which Ultralytics takes, and classes.txt, which annotation tools take.
// A path that data.yaml does not give is that of its own folder.
func (y *yolo) finish() error {
	var yaml, list strings.Builder
	yaml.WriteString("# Boxes that acol found. Both splits are the same pictures: for honest " +
		"figures, name\n# others as val, with boxes that somebody drew.\n" +
		"train: images\nval: images\nnames:\n")
	for i, name := range y.classes {
		quoted := strconv.Quote(strings.ToValidUTF8(name, "_")) // whose escapes are YAML's too
		fmt.Fprintf(&yaml, "  %d: %s\n", i, quoted)
		list.WriteString(oneLine(name) + "\n")
	}
	if err := writeText(filepath.Join(y.dir, "data.yaml"), yaml.String()); err != nil {
		return err
	}
	return writeText(filepath.Join(y.dir, "classes.txt"), list.String())
}
