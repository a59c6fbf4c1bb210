package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"acol/internal/box"
	"acol/internal/brief"
	"acol/internal/data/pixels"
	"acol/internal/parallel"
	"acol/internal/regular"
)

// Bounds of the files of a YOLO data set: the bytes of its YAML file, and the objects of an image.
const (
	maxYOLOYAML    = 1 << 20
	maxYOLOObjects = 1 << 16
)

// openYOLO reads image folders with a text file for each image, as YOLO's programs have them. The
// split is a folder of images below the root. The text file of an image is in the folder labels
// that stands where the path has images, or beside the image. A line is a class and then the
// centre, width and height of the box, or the corners of a polygon, all as fractions of the
// picture's sides. Names of classes come from the names of a YAML file of the root, or from
// classes.txt or obj.names. An image without an object is left out.
func (s *Split) openYOLO(cfg Config, key, folder string) error {
	s.Stored = false
	dir := filepath.Join(cfg.Root, filepath.FromSlash(folder))
	if err := wantFolder(key, dir, "the images of the split"); err != nil {
		return err
	}
	names, err := yoloNames(cfg.Root)
	if err != nil {
		return err
	}
	s.Classes = names
	if err := s.addFolder(filepath.Dir(dir), filepath.Base(dir), -1, map[string]int{}); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	for i := range s.Samples {
		s.Samples[i].ID = below(filepath.Clean(cfg.Root), s.Samples[i].Path)
	}
	objects, errs := make([][]yoloObject, len(s.Samples)), make([]error, len(s.Samples))
	parallel.Each(runtime.GOMAXPROCS(0), len(s.Samples), func(i int) {
		x := &s.Samples[i]
		objects[i], errs[i] = readYOLO(yoloFile(x.Path))
		if len(objects[i]) > 0 {
			if w, h, err := pixels.Size(x.Path, !s.Stored); err == nil {
				x.Width, x.Height = w, h
			}
		}
	})
	for i := range s.Samples {
		if err := s.describeYOLO(&s.Samples[i], objects[i], errs[i]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// yoloObject is a line of a label file. The box is in fractions of the picture's sides: the left
// and the upper edge, width and height.
type yoloObject struct {
	line  int
	class int
	box   [4]float64
}

// yoloFile gives the label file of an image: in the folder labels where the last folder of the path
// that is called images is, else beside the image.
func yoloFile(image string) string {
	text := strings.TrimSuffix(image, filepath.Ext(image)) + ".txt"
	parts := strings.Split(filepath.ToSlash(text), "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if parts[i] == "images" {
			parts[i] = "labels"
			return filepath.FromSlash(strings.Join(parts, "/"))
		}
	}
	return text
}

// readYOLO reads a label file. A file that is not there has no objects.
func readYOLO(file string) ([]yoloObject, error) {
	var list []yoloObject
	err := eachNumberedLine(file, nil, func(number int, line string) error {
		if len(list) >= maxYOLOObjects {
			return fmt.Errorf("more than %d objects", maxYOLOObjects)
		}
		o, err := parseYOLO(line)
		o.line = number
		list = append(list, o)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return list, err
}

// parseYOLO reads a line `class x y width height` or `class x y x y x y …`.
func parseYOLO(line string) (yoloObject, error) {
	fields := strings.Fields(line)
	n := len(fields) - 1
	if n != 4 && (n < 6 || n%2 != 0) {
		return yoloObject{}, fmt.Errorf("%s has %d values, "+
			"want a class and 4, or 6 and more of a polygon", brief.Quote(line), n+1)
	}
	class, err := parseWhole(fields[0], maxClasses-1)
	if err != nil || class < 0 {
		return yoloObject{}, fmt.Errorf("class %s %w 0 to %d", brief.Quote(fields[0]), ErrLabel,
			maxClasses-1)
	}
	o := yoloObject{class: int(class)}
	v := make([]float64, n)
	for i, f := range fields[1:] {
		const beyond = 4 // pictures' sides
		if v[i], err = parseNumber(f, beyond); err != nil {
			return o, fmt.Errorf("%w: coordinates are fractions of the picture's sides", err)
		}
	}
	if n == 4 {
		o.box = [4]float64{v[0] - v[2]/2, v[1] - v[3]/2, v[2], v[3]}
		return o, nil
	}
	x0, y0, x1, y1 := v[0], v[1], v[0], v[1]
	for i := 2; i < n; i += 2 {
		x0, x1 = min(x0, v[i]), max(x1, v[i])
		y0, y1 = min(y0, v[i+1]), max(y1, v[i+1])
	}
	o.box = [4]float64{x0, y0, x1 - x0, y1 - y0}
	return o, nil
}

// describeYOLO gives a sample the labels and boxes of its objects. The boxes of a picture whose
// size cannot be read are left out: decoding it fails later.
func (s *Split) describeYOLO(sample *Sample, objects []yoloObject, err error) error {
	file := yoloFile(sample.Path)
	if err != nil {
		var p *Problem
		if !errors.As(err, &p) {
			p = &Problem{File: file, Err: err}
		}
		p.Image = sample.ID
		return s.problem(p)
	}
	var labels, boxLabels []int
	var boxes []box.Box
	for _, o := range objects {
		p := &Problem{File: file, Line: o.line, Image: sample.ID}
		if o.class >= len(s.Classes) {
			p.Err = fmt.Errorf("class %d %w the %d names", o.class, ErrLabel, len(s.Classes))
			if err := s.problem(p); err != nil {
				return err
			}
			continue
		}
		labels = append(labels, o.class)
		if sample.Width == 0 {
			continue
		}
		w, h := float64(sample.Width), float64(sample.Height)
		b, reason := cocoBox([4]float64{o.box[0] * w, o.box[1] * h, o.box[2] * w, o.box[3] * h})
		if reason == nil {
			b, reason = sample.fit(b, true)
		}
		if p.Err = reason; reason != nil && !errors.Is(reason, ErrBoxClipped) {
			s.remark(p)
			continue
		}
		boxes, boxLabels = append(boxes, b), append(boxLabels, o.class)
	}
	sample.setTruth(labels, boxes, boxLabels)
	if sample.Label < 0 {
		s.remark(&Problem{File: file, Image: sample.ID, Err: noObject(sample.ID, "object")})
	}
	return nil
}

// yoloNames reads the names of the classes.
func yoloNames(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("data.root: %w", err)
	}
	for _, e := range entries {
		ending := strings.ToLower(path.Ext(e.Name()))
		if e.IsDir() || ending != ".yaml" && ending != ".yml" {
			continue
		}
		file := filepath.Join(root, e.Name())
		if names, err := readYOLOYAML(file); err != nil {
			return nil, fmt.Errorf("data.root: %s: %w", file, err)
		} else if len(names) > 0 {
			return names, nil
		}
	}
	for _, name := range []string{"classes.txt", "obj.names", "labels/classes.txt"} {
		var names []string
		err := eachLine(filepath.Join(root, name), nil, func(line string) error {
			names = append(names, strings.TrimSpace(line))
			return nil
		})
		if err == nil && len(names) > 0 {
			return names, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("data.root: %w", err)
		}
	}
	return nil, fmt.Errorf("data.root: %s: found no YAML file with names, and no classes.txt", root)
}

// readYOLOYAML reads the key names of a YAML file: a list, or a mapping from numbers. There are
// none in a file that has no such key.
func readYOLOYAML(file string) ([]string, error) {
	f, err := regular.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxYOLOYAML+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxYOLOYAML {
		return nil, fmt.Errorf("has more than %d bytes", maxYOLOYAML)
	}
	return parseYOLOYAML(raw)
}

// parseYOLOYAML is readYOLOYAML for the text of a file.
func parseYOLOYAML(raw []byte) ([]string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, errors.New("is not YAML: " + brief.Text(err.Error(), 200))
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, nil
	}
	top := doc.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if top[i].Value != "names" {
			continue
		}
		return yoloNamesOf(top[i+1])
	}
	return nil, nil
}

// yoloNamesOf reads the names of a YAML value.
func yoloNamesOf(n *yaml.Node) ([]string, error) {
	var names []string
	for i, e := range n.Content {
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				if e.Value != strconv.Itoa(i/2) {
					return nil, fmt.Errorf("names: key %s where %d is expected", brief.Quote(e.Value), i/2)
				}
				continue
			}
		}
		if e.Kind != yaml.ScalarNode || e.Value == "" || len(e.Value) > maxText {
			return nil, fmt.Errorf("names: line %d has no name", e.Line)
		}
		names = append(names, e.Value)
	}
	return names, nil
}
