package tensorboard

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of the fields of TensorBoard's messages that this package writes and reads, as
// tensorboard/compat/proto and tensorboard/plugins/hparams have them.
const (
	// Event
	eventWallTime    protowire.Number = 1
	eventStep        protowire.Number = 2
	eventFileVersion protowire.Number = 3
	eventSummary     protowire.Number = 5
	// Summary
	summaryValue protowire.Number = 1
	// Summary.Value
	valueTag      protowire.Number = 1
	valueSimple   protowire.Number = 2
	valueImage    protowire.Number = 4
	valueTensor   protowire.Number = 8
	valueMetadata protowire.Number = 9
	// Summary.Image
	imageHeight     protowire.Number = 1
	imageWidth      protowire.Number = 2
	imageColorspace protowire.Number = 3
	imageEncoded    protowire.Number = 4
	// SummaryMetadata, and its PluginData
	metadataPlugin protowire.Number = 1
	pluginName     protowire.Number = 1
	pluginContent  protowire.Number = 2
	// TensorProto, its TensorShapeProto and that one's Dim
	tensorType    protowire.Number = 1
	tensorShape   protowire.Number = 2
	tensorStrings protowire.Number = 8
	shapeDim      protowire.Number = 2
	dimSize       protowire.Number = 1
	// HParamsPluginData and its SessionStartInfo
	hparamsStart     protowire.Number = 3
	startHParams     protowire.Number = 1
	startTimeSeconds protowire.Number = 5
	// google.protobuf.Value, and an entry of a map
	numberValue protowire.Number = 2
	textValue   protowire.Number = 3
	boolValue   protowire.Number = 4
	mapKey      protowire.Number = 1
	mapValue    protowire.Number = 2
)

// Of messages: the version of the file, the types of tensors, the colour space of an image.
const (
	fileVersion = "brain.Event:2"
	floatType   = 1
	stringType  = 7
	colourRGB   = 3
)

// message is a protobuf message that is being written.
type message []byte

func (m message) varint(field protowire.Number, v uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), v)
}

func (m message) float(field protowire.Number, v float32) message {
	return protowire.AppendFixed32(
		protowire.AppendTag(m, field, protowire.Fixed32Type), math.Float32bits(v))
}

func (m message) double(field protowire.Number, v float64) message {
	return protowire.AppendFixed64(
		protowire.AppendTag(m, field, protowire.Fixed64Type), math.Float64bits(v))
}

func (m message) bytes(field protowire.Number, b []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), b)
}

func (m message) text(field protowire.Number, s string) message { return m.bytes(field, []byte(s)) }

// event begins an Event.
func event(at time.Time, step int) message {
	m := message(nil).double(eventWallTime, seconds(at))
	if step != 0 {
		m = m.varint(eventStep, uint64(step))
	}
	return m
}

func seconds(at time.Time) float64 { return float64(at.UnixNano()) / float64(time.Second) }

// value begins a Summary.Value.
func value(tag string) message { return message(nil).text(valueTag, tag) }

// metadata is the SummaryMetadata of a plugin's value.
func metadata(plugin string, content []byte) message {
	data := message(nil).text(pluginName, plugin)
	if content != nil {
		data = data.bytes(pluginContent, content)
	}
	return message(nil).bytes(metadataPlugin, data)
}

// eventOf returns what Trim asks for: the tag of the first value, empty where an event has none,
// and the step. ok is false where the data are no event.
func eventOf(data []byte) (tag string, step int, ok bool) {
	ok = fields(data, func(field protowire.Number, n uint64, b []byte) bool {
		switch field {
		case eventStep:
			step = int(n)
		case eventSummary:
			return fields(b, func(field protowire.Number, _ uint64, v []byte) bool {
				return field != summaryValue || tag != "" ||
					fields(v, func(field protowire.Number, _ uint64, text []byte) bool {
						if field == valueTag {
							tag = string(text)
						}
						return true
					})
			})
		}
		return true
	})
	return tag, step, ok
}

// fields calls do for the fields of a message until it returns false: with the number of a varint,
// and with the bytes of a field that has bytes. It is false where do was, or the message is none.
func fields(b []byte, do func(field protowire.Number, n uint64, data []byte) bool) bool {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		var number uint64
		var data []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			data, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 || !do(field, number, data) {
			return false
		}
		b = b[n:]
	}
	return true
}
