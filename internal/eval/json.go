package eval

import (
	"bytes"
	"encoding/json"
	"strings"
)

// object is a JSON object whose keys keep the order in which they were set first.
type object struct {
	keys   []string
	fields map[string]any
}

// set sets the value at a path, whose steps are between dots. Objects on the way are made.
func (o *object) set(path string, v any) {
	key, rest, nested := strings.Cut(path, ".")
	if o.fields == nil {
		o.fields = map[string]any{}
	}
	if _, ok := o.fields[key]; !ok {
		o.keys = append(o.keys, key)
	}
	if !nested {
		o.fields[key] = v
		return
	}
	child, ok := o.fields[key].(*object)
	if !ok {
		child = &object{}
		o.fields[key] = child
	}
	child.set(rest, v)
}

// MarshalJSON writes the fields in their order. What is written has no HTML escapes: those are up
// to the encoder.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendJSON(&b, key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := appendJSON(&b, o.fields[key]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func appendJSON(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the newline
	return nil
}

// setScores sets the figures of a map, as they are at the top of a report. Those that the split
// has no truth for are null.
func (b *Book) setScores(o *object) {
	o.set("constant_maps", b.ConstantMaps())
	o.set("nan_maps", b.NaNMaps())
	b.setBoxes(o, "", b.Best)
	for _, f := range Figures(func(f *Figure) bool { return f.OfMap && f.Need == Masks }) {
		o.set(f.Key, b.orNil(f.Key))
	}
	b.setAtVal(o)
}

// setAtVal sets the figures of boxes at the thresholds that val chose, if it did.
func (b *Book) setAtVal(o *object) {
	if len(b.AtVal) == 0 || b.Counted[MaxBoxAcc] == 0 {
		return
	}
	b.setCounts(o, valSection)
	b.setBoxes(o, valSection, b.AtVal)
}

// setCounts sets the number of images with boxes and how many of them have no usable map.
func (b *Book) setCounts(o *object, section string) {
	o.set(section+"images", b.Counted[MaxBoxAcc])
	o.set(section+"constant_maps", b.count(constantBoxed))
	o.set(section+"nan_maps", b.count(nanBoxed))
}

// setBoxes sets the figures of boxes below a section, then their thresholds.
func (b *Book) setBoxes(o *object, section string, taus Thresholds) {
	rows := Figures(boxRows)
	for _, f := range rows {
		setOrNull(o, section, f.Key, b.orNil(section+f.Key))
	}
	for _, f := range rows {
		if f.hits != nil {
			var tau any
			if v, ok := taus[f.Key]; ok {
				tau = v
			}
			setOrNull(o, section, "thresholds."+f.Key, tau)
		}
	}
}

// setOrNull sets a value, or null for the whole object that it would be in.
func setOrNull(o *object, section, path string, v any) {
	if v == nil {
		path, _, _ = strings.Cut(path, ".")
	}
	o.set(section+path, v)
}

// orNil returns a figure, or nil where the split has no truth for it.
func (b *Book) orNil(key string) any {
	if v, ok := b.Values[key]; ok {
		return v
	}
	return nil
}

// setLocalization sets the section of the ILSVRC protocol, which a split without boxes has not.
func (b *Book) setLocalization(o *object) {
	n := b.Counted[GTKnown]
	if n == 0 {
		return
	}
	o.set(localization+"threshold", b.Stated)
	o.set(localization+"threshold_from", b.Stated.From)
	o.set(localization+"images", n)
	for _, f := range Figures(func(f *Figure) bool { return f.InLocalization() && !f.InOracle() }) {
		o.set(f.Key, b.Values[f.Key])
	}
	rows := Figures((*Figure).InOracle)
	for _, f := range rows {
		o.set(f.Key, b.Values[f.Key])
	}
	for _, f := range rows {
		o.set(oracle+"thresholds."+strings.TrimPrefix(f.Key, oracle), b.Best[f.Key])
	}
	if tau, ok := b.AtVal[GTKnown]; ok {
		o.set(localization+valSection+"threshold", tau)
		for _, f := range rows {
			o.set(f.AtVal(), b.Values[f.AtVal()])
		}
	}
	ended := map[string]int{}
	for _, name := range endings {
		ended[name] = b.Ended(name)
	}
	o.set(localization+"outcomes", ended)
}
