// Package tensorboard writes event files, which TensorBoard shows: scalars, images, texts and the
// settings of a run. A file is a row of records of TFRecord, each of which is a message of
// protobuf.
package tensorboard

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Event files are called by fileFormat, with the second in which they were begun, since TensorBoard
// reads the files of a folder in the order of their names. They are found by filePattern.
const (
	fileFormat  = "events.out.tfevents.%010d.acol"
	filePattern = "events.out.tfevents.*.acol"
)

// Writer writes an event file. A method that fails leaves a record that is cut off at most, with
// which the file ends for readers; nothing is to be written after that.
type Writer struct {
	file *os.File
	now  func() time.Time
}

// Create begins an event file in a folder, behind those that are there.
func Create(dir string, now func() time.Time) (*Writer, error) {
	for second := now().Unix(); ; second++ {
		path := filepath.Join(dir, fmt.Sprintf(fileFormat, second))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("beginning an event file: %w", err)
		}
		w := &Writer{f, now}
		return w, w.write(event(now(), 0).text(eventFileVersion, fileVersion))
	}
}

// Close ends the file.
func (w *Writer) Close() error { return w.file.Close() }

func (w *Writer) write(event message) error {
	if _, err := w.file.Write(appendRecord(nil, event)); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	return nil
}

// values writes Summary.Values of a step.
func (w *Writer) values(step int, values ...message) error {
	var summary message
	for _, v := range values {
		summary = summary.bytes(summaryValue, v)
	}
	return w.write(event(w.now(), step).bytes(eventSummary, summary))
}

// Scalar is a value of a curve, whose name is its tag.
type Scalar struct {
	Tag   string
	Value float64
}

// Scalars writes values of curves at a step.
func (w *Writer) Scalars(step int, scalars ...Scalar) error {
	var values []message
	for _, s := range scalars {
		values = append(values, value(s.Tag).float(valueSimple, float32(s.Value)))
	}
	return w.values(step, values...)
}

// quality is that of the JPEG files in which images are kept.
const quality = 85

// Image writes an image at a step, as JPEG.
func (w *Writer) Image(step int, tag string, img image.Image) error {
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, img, &jpeg.Options{Quality: quality}); err != nil {
		return fmt.Errorf("encoding %s: %w", tag, err)
	}
	size := img.Bounds().Size()
	return w.values(step, value(tag).bytes(valueImage, message(nil).
		varint(imageHeight, uint64(size.Y)).varint(imageWidth, uint64(size.X)).
		varint(imageColorspace, colourRGB).bytes(imageEncoded, encoded.Bytes())))
}

// Text writes a text in Markdown at a step.
func (w *Writer) Text(step int, tag, markdown string) error {
	shape := message(nil).bytes(shapeDim, message(nil).varint(dimSize, 1))
	tensor := message(nil).varint(tensorType, stringType).
		bytes(tensorShape, shape).text(tensorStrings, markdown)
	return w.values(step, value(tag).bytes(valueMetadata, metadata("text", nil)).
		bytes(valueTensor, tensor))
}

// SettingsTag is the tag under which the settings of a run stand.
const SettingsTag = "_hparams_/session_start_info"

// Setting is a setting of a run, whose value is a float64, a bool or a string.
type Setting struct {
	Key   string
	Value any
}

// Settings writes the settings of the run, by which TensorBoard's page of hyperparameters compares
// runs.
func (w *Writer) Settings(settings []Setting) error {
	var start message
	for _, s := range settings {
		var v message
		switch x := s.Value.(type) {
		case float64:
			v = v.double(numberValue, x)
		case bool:
			n := uint64(0)
			if x {
				n = 1
			}
			v = v.varint(boolValue, n)
		default:
			v = v.text(textValue, fmt.Sprint(x))
		}
		start = start.bytes(startHParams, message(nil).text(mapKey, s.Key).bytes(mapValue, v))
	}
	start = start.double(startTimeSeconds, seconds(w.now()))
	data := message(nil).bytes(hparamsStart, start)
	empty := message(nil).varint(tensorType, floatType).bytes(tensorShape, nil)
	return w.values(0, value(SettingsTag).bytes(valueMetadata, metadata("hparams", data)).
		bytes(valueTensor, empty))
}
