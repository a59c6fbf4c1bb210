package labels

import (
	"encoding/xml"
	"io"
	"path"
	"path/filepath"
	"strings"
)

// voc writes the form of Pascal VOC: Annotations/bird.xml for JPEGImages/bird.jpg, and the list of
// the pictures in ImageSets/Main/train.txt. Boxes are in pixels as the file stores them, counted
// from 1, both corners inclusive (VOC2012 devkit, section 5.2).
type voc struct {
	dir     string
	classes []string
	list    strings.Builder
}

type vocAnnotation struct {
	XMLName   xml.Name    `xml:"annotation"`
	Folder    string      `xml:"folder"`
	Filename  string      `xml:"filename"`
	Database  string      `xml:"source>database"`
	Width     int         `xml:"size>width"`
	Height    int         `xml:"size>height"`
	Depth     int         `xml:"size>depth"`
	Segmented int         `xml:"segmented"`
	Objects   []vocObject `xml:"object"`
}

type vocObject struct {
	Name      string `xml:"name"`
	Pose      string `xml:"pose"`
	Truncated int    `xml:"truncated"`
	Difficult int    `xml:"difficult"`
	X0        int    `xml:"bndbox>xmin"`
	Y0        int    `xml:"bndbox>ymin"`
	X1        int    `xml:"bndbox>xmax"`
	Y1        int    `xml:"bndbox>ymax"`
}

func (v *voc) pictures() string { return "JPEGImages" }

func (v *voc) bare() bool { return false }

func (v *voc) label(name string, p *Picture) error {
	const channels, origin = 3, 1
	a := vocAnnotation{
		Folder: path.Join(v.pictures(), path.Dir(name)), Filename: path.Base(name),
		Database: "boxes that acol found", Width: p.Info.Width, Height: p.Info.Height,
		Depth: channels,
	}
	for _, o := range p.Objects {
		b := p.stored(o.Box)
		a.Objects = append(a.Objects, vocObject{
			Name: oneLine(v.classes[o.Class]), Pose: "Unspecified",
			X0: b.X0 + origin, Y0: b.Y0 + origin, X1: b.X1 + origin, Y1: b.Y1 + origin,
		})
	}
	stem := strings.TrimSuffix(name, path.Ext(name))
	v.list.WriteString(stem + "\n")
	file := filepath.Join(v.dir, "Annotations", filepath.FromSlash(stem+".xml"))
	return writeFile(file, func(w io.Writer) error {
		enc := xml.NewEncoder(w)
		enc.Indent("", "\t")
		if err := enc.Encode(a); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	})
}

func (v *voc) finish() error {
	return writeText(filepath.Join(v.dir, "ImageSets", "Main", "train.txt"), v.list.String())
}
