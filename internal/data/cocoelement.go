package data

import (
	"errors"
	"fmt"
	"math"

	"acol/internal/box"
)

// cocoImage is an element of a file's images.
type cocoImage struct {
	id            int64 // see cocoIDs
	name          string
	width, height int32 // in pixels; both are 0 where the file does not say
	line          int32 // of the file, at which the element ends
}

// cocoCategory is an element of a file's categories.
type cocoCategory struct {
	id   int64
	name string
}

// cocoObject is an element of a file's annotations. bbox is x, y, width, height in pixels.
type cocoObject struct {
	image, category int64 // see cocoIDs
	bbox            [4]float64
	hasBox          bool
	line            int32
}

// cocoIDs turns the ids of a file into int64. A whole number is its own id, and each text gets one
// far below all numbers: the number 1 and the text "1" are different ids, as pycocotools has it.
type cocoIDs struct {
	texts []string
	known map[string]int64
}

// absent stands for the id of an element that has none, or null.
const absent = math.MinInt64

// of gives the id of a JSON value.
func (c *cocoIDs) of(value []byte) (int64, error) {
	if isNull(value) {
		return absent, nil
	}
	if isNumber(value) {
		return parseWhole(string(value), math.MaxInt64>>1)
	}
	text, err := jsonText(value)
	if err != nil {
		return absent, fmt.Errorf("is %s, neither a whole number nor a text", jsonKind(value))
	}
	id, known := c.known[text]
	if !known {
		if c.known == nil {
			c.known = map[string]int64{}
		}
		id = absent + 1 + int64(len(c.texts))
		c.texts = append(c.texts, text)
		c.known[text] = id
	}
	return id, nil
}

// text gives the text of an id that is no number.
func (c *cocoIDs) text(id int64) (text string, isText bool) {
	if i := id - absent - 1; i >= 0 && i < int64(len(c.texts)) {
		return c.texts[i], true
	}
	return "", false
}

// image reads an element of images.
func (p *cocoParser) image() error {
	im := cocoImage{id: absent}
	wanted := []string{"id", "file_name", "width", "height"}
	err := p.members(wanted, func(name string, value []byte) (err error) {
		switch {
		case name == "id":
			im.id, err = p.set.ids.of(value)
		case isNull(value):
		case name == "file_name":
			im.name, err = jsonText(value)
		case name == "width":
			im.width, err = cocoSide(value)
		case name == "height":
			im.height, err = cocoSide(value)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case im.id == absent:
		return errors.New("image has no id")
	case im.name == "":
		return fmt.Errorf("image %s has no file_name", p.set.describeID(im.id))
	case im.width == 0 || im.height == 0:
		im.width, im.height = 0, 0
	}
	im.line = int32(p.line())
	p.set.images = append(p.set.images, im)
	return nil
}

// cocoSide reads the width or height of an image.
func cocoSide(value []byte) (int32, error) {
	if !isNumber(value) {
		return 0, fmt.Errorf("is %s, not a number", jsonKind(value))
	}
	v, err := parseSide(string(value))
	return int32(v), err
}

// annotation reads an element of annotations. A crowd gives no box, and neither does an empty bbox.
func (p *cocoParser) annotation() error {
	o := cocoObject{image: absent, category: absent}
	crowd := false
	wanted := []string{"image_id", "category_id", "bbox", "iscrowd"}
	err := p.members(wanted, func(name string, value []byte) (err error) {
		switch {
		case name == "image_id":
			o.image, err = p.set.ids.of(value)
		case name == "category_id":
			o.category, err = p.set.ids.of(value)
		case isNull(value):
		case name == "bbox":
			o.bbox, o.hasBox, err = cocoNumbers(value)
		case name == "iscrowd":
			crowd, err = cocoFlag(value)
		}
		return err
	})
	if err != nil {
		return err
	}
	if o.image == absent || o.category == absent {
		return errors.New("annotation lacks image_id or category_id")
	}
	o.hasBox = o.hasBox && !crowd
	o.line = int32(p.line())
	p.set.objects = append(p.set.objects, o)
	return nil
}

// cocoNumbers reads the four numbers of a bbox. An empty array is no box. Anything but a number
// within ±maxSide is an error, null too.
func cocoNumbers(value []byte) (bbox [4]float64, has bool, err error) {
	n := 0
	err = eachValue(value, func(v []byte) (err error) {
		switch {
		case !isNumber(v):
			err = fmt.Errorf("has %s where a number belongs", jsonKind(v))
		case n < len(bbox):
			bbox[n], err = parseNumber(string(v), maxSide)
		}
		n++
		return err
	})
	if err == nil && n != 0 && n != len(bbox) {
		err = fmt.Errorf("has %d numbers, want x, y, width, height", n)
	}
	return bbox, n > 0, err
}

// cocoFlag reads iscrowd: 0, 1, false or true.
func cocoFlag(value []byte) (bool, error) {
	switch string(value) {
	case "false":
		return false, nil
	case "true":
		return true, nil
	}
	if isNumber(value) {
		if v, err := parseWhole(string(value), 1); err == nil && v >= 0 {
			return v == 1, nil
		}
	}
	return false, fmt.Errorf("is %s, neither 0 nor 1", jsonKind(value))
}

// category reads an element of categories.
func (p *cocoParser) category() error {
	c := cocoCategory{id: absent}
	err := p.members([]string{"id", "name"}, func(name string, value []byte) (err error) {
		if name == "id" {
			c.id, err = p.set.ids.of(value)
		} else if !isNull(value) {
			c.name, err = jsonText(value)
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.id == absent || c.name == "" {
		return errors.New("category has no id or no name")
	}
	if len(p.set.categories) == maxClasses {
		return fmt.Errorf("more than %d categories", maxClasses)
	}
	p.set.categories = append(p.set.categories, c)
	return nil
}

// cocoBox turns x, y, width and height into the box of the pixels that they touch. A box of no
// width or height touches none.
func cocoBox(v [4]float64) (box.Box, error) {
	const rounding = 1e-6 // of files that keep a few decimals
	switch {
	case v[2] < 0 || v[3] < 0:
		return box.Box{}, ErrBoxOrder
	case v[2] <= rounding || v[3] <= rounding:
		return box.Box{}, ErrBoxEmpty
	}
	pixels := func(from, length float64) (int, int) {
		first := int(math.Floor(from + rounding))
		return first, max(first, int(math.Ceil(from+length-rounding))-1)
	}
	var b box.Box
	b.X0, b.X1 = pixels(v[0], v[2])
	b.Y0, b.Y1 = pixels(v[1], v[3])
	return b, nil
}
