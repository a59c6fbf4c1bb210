package data

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"acol/internal/box"
	"acol/internal/brief"
	"acol/internal/data/pixels"
)

// csvColumns are the names that columns may have, in any case. A table without such names has the
// path in its first column and the label in its second one.
var csvColumns = struct{ path, label, split []string }{
	path: []string{
		"path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path",
		"image_name", "img", "img_path", "image_id", "imageid", "id",
	},
	label: []string{
		"label", "labels", "class", "class_name", "classname", "category", "category_name", "species",
		"breed", "target", "label_name", "name", "tag", "class_id", "label_id",
	},
	split: []string{"split", "set", "subset", "partition", "data_set", "dataset"},
}

// csvCorners are the names that the columns of a box have, in pixels from 0, both corners
// inclusive.
var csvCorners = [][4]string{
	{"x0", "y0", "x1", "y1"}, {"xmin", "ymin", "xmax", "ymax"}, {"x_min", "y_min", "x_max", "y_max"},
	{"x1", "y1", "x2", "y2"},
}

// csvTable knows which column is which; -1 is one that is not there.
type csvTable struct {
	comma              string
	path, label, split int
	box                [4]int
}

// newCSVTable reads the first line. header says that it names the columns.
func newCSVTable(line string) (t *csvTable, header bool, err error) {
	t = &csvTable{comma: ","}
	for _, c := range []string{";", "\t"} {
		if strings.Count(line, c) > strings.Count(line, t.comma) {
			t.comma = c
		}
	}
	fields, err := t.fields(line)
	if err != nil {
		return nil, false, err
	}
	for i, f := range fields {
		fields[i] = strings.ToLower(f)
	}
	find := func(names ...string) int {
		for _, name := range names {
			if i := slices.Index(fields, name); i >= 0 {
				return i
			}
		}
		return -1
	}
	t.path, t.split = find(csvColumns.path...), find(csvColumns.split...)
	t.label = find(csvColumns.label...)
	for _, names := range csvCorners {
		for k, name := range names {
			t.box[k] = find(name)
		}
		if !slices.Contains(t.box[:], -1) {
			break
		}
	}
	if t.path >= 0 && t.label >= 0 {
		return t, true, nil
	}
	if len(fields) == 2 && pixels.IsImageName(fields[0]) {
		t.path, t.label, t.split, t.box = 0, 1, -1, [4]int{-1, -1, -1, -1}
		return t, false, nil
	}
	return nil, false, fmt.Errorf("the columns %s: none is the path of an image, such as %s, "+
		"or none its label, such as %s", brief.Quote(line), strings.Join(csvColumns.path[:3], ", "),
		strings.Join(csvColumns.label[:4], ", "))
}

// readCSV calls visit for every line of a table. Of a line that cannot be read, the error goes to
// report or, if that is nil, ends the reading.
func readCSV(file string, report func(*Problem), visit func(csvLine) error) error {
	var t *csvTable
	err := eachNumberedLine(file, nil, func(number int, line string) error {
		take := func() error {
			l, err := t.line(line)
			if err != nil {
				return err
			}
			l.number = number
			return visit(l)
		}
		if t == nil {
			table, header, err := newCSVTable(line)
			if err != nil {
				return err
			}
			if t = table; header {
				return nil
			}
		}
		err := take()
		if err != nil && report != nil {
			report(&Problem{File: file, Line: number, Err: err})
			return nil
		}
		return err
	})
	if err == nil && t == nil {
		return &Problem{File: file, Err: errors.New("is empty")}
	}
	return err
}

// line reads a line.
func (t *csvTable) line(text string) (csvLine, error) {
	fields, err := t.fields(text)
	if err != nil {
		return csvLine{}, err
	}
	if most := max(t.path, t.label, t.split); most >= len(fields) {
		return csvLine{}, fmt.Errorf("%s has %d fields, want at least %d",
			brief.Quote(text), len(fields), most+1)
	}
	l := csvLine{id: path.Clean(fields[t.path]), class: fields[t.label]}
	if fields[t.path] == "" {
		return l, errors.New("has no path of an image")
	}
	if len(l.class) > maxText {
		return l, fmt.Errorf("label %s is longer than %d bytes", brief.Quote(l.class), maxText)
	}
	if t.split >= 0 {
		if l.split, err = csvSplit(fields[t.split]); err != nil {
			return l, err
		}
	}
	return l, t.setBox(&l, fields)
}

// setBox reads the box of a line, if it has one.
func (t *csvTable) setBox(l *csvLine, fields []string) error {
	if slices.Contains(t.box[:], -1) || slices.Max(t.box[:]) >= len(fields) {
		return nil
	}
	var v [4]int
	for k, at := range t.box {
		if fields[at] == "" {
			return nil
		}
		x, err := parseNumber(fields[at], maxSide)
		if err != nil {
			return err
		}
		v[k] = int(x)
	}
	l.box, l.hasBox = box.Box{X0: v[0], Y0: v[1], X1: v[2], Y1: v[3]}, true
	if l.box.X1 < l.box.X0 || l.box.Y1 < l.box.Y0 {
		return fmt.Errorf("box %s %w", l.box, ErrBoxOrder)
	}
	return nil
}

// csvSplit reads the word for a split.
func csvSplit(word string) (string, error) {
	switch strings.ToLower(word) {
	case "train", "training":
		return "train", nil
	case "val", "valid", "validation", "dev":
		return "val", nil
	case "test", "testing", "eval":
		return "test", nil
	}
	return "", fmt.Errorf("split %s is not one of train, val, test", brief.Quote(word))
}

// fields splits a line at the table's commas. A field may stand in double quotes, of which two in a
// row are one, but not go on in the next line.
func (t *csvTable) fields(line string) ([]string, error) {
	if !strings.Contains(line, `"`) {
		fields := strings.Split(line, t.comma)
		for i, f := range fields {
			fields[i] = strings.TrimSpace(f)
		}
		return fields, nil
	}
	var fields []string
	for {
		line = strings.TrimLeft(line, " ")
		if !strings.HasPrefix(line, `"`) {
			f, rest, more := strings.Cut(line, t.comma)
			fields = append(fields, strings.TrimSpace(f))
			if !more {
				return fields, nil
			}
			line = rest
			continue
		}
		var f strings.Builder
		line = line[1:]
		for {
			part, rest, closed := strings.Cut(line, `"`)
			f.WriteString(part)
			if !closed {
				return nil, errors.New("a field in quotes does not end in its line")
			}
			line = rest
			if !strings.HasPrefix(line, `"`) {
				break
			}
			f.WriteByte('"')
			line = line[1:]
		}
		fields = append(fields, f.String())
		line = strings.TrimLeft(line, " ")
		switch {
		case line == "":
			return fields, nil
		case !strings.HasPrefix(line, t.comma):
			return nil, fmt.Errorf("behind a field in quotes is %s", brief.Quote(line))
		}
		line = line[len(t.comma):]
	}
}
