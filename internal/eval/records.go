package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"acol/internal/atomicfile"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/metric"
	"acol/internal/model"
	"acol/internal/regular"
)

// Records hold what each image of a split said, by the fused map: what resampling, groups and the
// comparison of two evaluations are computed from.
type Records struct {
	Title string `json:"title"`
	Split string `json:"split"`
	// Checkpoint is the file of the model that they are of, below the run's folder or absolute, and
	// Weights the checksum of its tensors. Both are empty where they are of score maps.
	Checkpoint string `json:"checkpoint,omitempty"`
	Weights    string `json:"weights,omitempty"`
	// Method and Layer say how the maps were made, as eval.method and eval.layer do. Both are empty
	// for model.CAM, and where the records are of score maps.
	Method model.MapMethod `json:"method,omitempty"`
	Layer  string          `json:"layer,omitempty"`
	// Curves say what the hits of each image are about, in their order.
	Curves []CurveInfo `json:"curves"`
	// Bins is the length of the histograms of PxAP; 0 without masks.
	Bins int `json:"bins,omitempty"`
	// Classes are the names of the labels, by label.
	Classes []string `json:"classes,omitempty"`
	Images  []Record `json:"-"`
}

// CurveInfo describes a row of the table with hits. A file may have rows that the table has not.
type CurveInfo struct {
	// Name is the row's key.
	Name string `json:"name"`
	// Thresholds is the length of the grid, in steps of Step.
	Thresholds int     `json:"thresholds"`
	Step       float64 `json:"step,omitempty"`
	// Chosen is the place on the grid of the threshold that val chose; nil where it chose none.
	Chosen *int `json:"chosen,omitempty"`
}

// Record is what one image said.
type Record struct {
	ID    string `json:"id"`
	Label int    `json:"label"`
	// Map is constant or nan where the fused map is.
	Map string `json:"map,omitempty"`
	// Hits are by curve the thresholds at which the image is right; null where the image does
	// not count for a figure.
	Hits []metric.Runs `json:"hits"`
	// Object and Other are histograms of the scores at pixels of objects and at others.
	Object metric.Histogram `json:"object,omitempty"`
	Other  metric.Histogram `json:"other,omitempty"`
	// Ending is how top-1 localization ended, one of Endings; empty where it was not measured.
	Ending string `json:"outcome,omitempty"`
	// Size is the share of the image in percent that its largest true box covers.
	Size float64 `json:"size,omitempty"`
}

// newRecord returns the record of a sample's outcome.
func newRecord(s *data.Sample, o *outcome) Record {
	r := Record{
		ID: s.ID, Label: s.Label, Hits: o.hits, Object: o.object, Other: o.other, Ending: o.ending,
	}
	if o.state != cam.OK {
		r.Map = o.state.String()
	}
	for _, b := range boxesFor(s, s.Label) {
		share := 100 * float64(b.Area()) / float64(s.Width*s.Height)
		r.Size = max(r.Size, math.Round(share*100)/100)
	}
	return r
}

// newRecords returns the records of the outcomes that were counted on a sheet.
func newRecords(title string, split *data.Split, s *sheet, masks bool, images []Record) *Records {
	r := &Records{
		Title: title, Split: split.Name, Curves: s.curves, Classes: split.Classes, Images: images,
	}
	if masks {
		r.Bins = s.layout.bins
	}
	return r
}

// recordsFormat is in the first line of a file of records.
const recordsFormat = "acol records 1"

type recordsHeader struct {
	Format string `json:"format"`
	*Records
	// Count is the number of images; nil in files of an older acol, whose lines have no checksums.
	Count *int `json:"count,omitempty"`
}

// Write writes the records to a file of JSON lines: what they are about, then an image a line.
func (r *Records) Write(path string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		count := len(r.Images)
		if err := writeLine(w, recordsHeader{recordsFormat, r, &count}); err != nil {
			return err
		}
		for i := range r.Images {
			if err := writeLine(w, &r.Images[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Bounds of what a file of records may claim.
const (
	maxRecordLine = 1 << 20
	maxCurves     = 1 << 8
	maxGrid       = 1 << 17
)

// ReadRecords reads a file that Write wrote. Errors name the file and the line.
func ReadRecords(path string) (*Records, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading records: %w", err)
	}
	defer f.Close()
	r, err := readRecords(f)
	if err != nil {
		return nil, fmt.Errorf("reading records: %s:%w", path, err)
	}
	return r, nil
}

func readRecords(in io.Reader) (*Records, error) {
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 0, 1<<16), maxRecordLine)
	r := &Records{}
	head := recordsHeader{Records: r}
	number, summed := 0, false
	for scan.Scan() {
		number++
		has, err := checkLine(scan.Bytes())
		if number == 1 {
			summed = has
		}
		if err == nil && has != summed {
			err = errLine
		}
		if err != nil {
			return nil, fmt.Errorf("%d: %w", number, err)
		}
		if number == 1 {
			if err := json.Unmarshal(scan.Bytes(), &head); err != nil || head.Format != recordsFormat {
				return nil, fmt.Errorf("1: not a file of acol eval's records")
			}
			if err := r.checkHead(); err != nil {
				return nil, fmt.Errorf("1: %w", err)
			}
			continue
		}
		var rec Record
		if err := json.Unmarshal(scan.Bytes(), &rec); err != nil {
			return nil, fmt.Errorf("%d: %w", number, err)
		}
		if err := r.check(&rec); err != nil {
			return nil, fmt.Errorf("%d: %q: %w", number, rec.ID, err)
		}
		r.Images = append(r.Images, rec)
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("%d: %w", number+1, err)
	}
	if number == 0 {
		return nil, errors.New("1: file is empty")
	}
	if head.Count != nil && *head.Count != len(r.Images) {
		return nil, fmt.Errorf("%d: the file ends after %d of %d images: truncated or damaged",
			number, len(r.Images), *head.Count)
	}
	return r, nil
}

func (r *Records) checkHead() error {
	if len(r.Curves) > maxCurves || r.Bins < 0 || r.Bins > maxGrid {
		return fmt.Errorf("%d curves and %d bins, want at most %d and %d",
			len(r.Curves), r.Bins, maxCurves, maxGrid)
	}
	for _, c := range r.Curves {
		chosen := c.Chosen == nil || *c.Chosen >= 0 && *c.Chosen < c.Thresholds
		if c.Thresholds < 1 || c.Thresholds > maxGrid || !chosen {
			return fmt.Errorf("curve %q: %d thresholds, want 1 to %d and the chosen one among them",
				c.Name, c.Thresholds, maxGrid)
		}
	}
	return nil
}

func (r *Records) check(rec *Record) error {
	if len(rec.Hits) != len(r.Curves) {
		return fmt.Errorf("hits of %d curves, want %d", len(rec.Hits), len(r.Curves))
	}
	for k, hits := range rec.Hits {
		if err := hits.Check(r.Curves[k].Thresholds); err != nil {
			return fmt.Errorf("%s: %w", r.Curves[k].Name, err)
		}
	}
	scratch := make([]int64, r.Bins)
	return errors.Join(rec.Object.AddTo(scratch, 1), rec.Other.AddTo(scratch, 1))
}
