package eval

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"acol/internal/atomicfile"
	"acol/internal/metric"
)

// Records are the results of each image of a split: what resampling and the
// comparison of two evaluations need.
type Records struct {
	Title string `json:"title"`
	Split string `json:"split"`
	// Curves say what the hits of each image are about, in their order.
	Curves []CurveInfo `json:"curves"`
	// Bins is the length of the histograms of PxAP; 0 without masks.
	Bins int `json:"bins,omitempty"`
	// Classes are the names by label.
	Classes []string `json:"classes,omitempty"`
	Images  []Record `json:"-"`
}

// CurveInfo is a figure by thresholds, or by one alone.
type CurveInfo struct {
	// Name is the figure's path in a report: max_box_acc_v2_iou.30.
	Name string `json:"name"`
	// Thresholds is the length of the grid, in steps of Step.
	Thresholds int     `json:"thresholds"`
	Step       float64 `json:"step,omitempty"`
	// Chosen is the index of the threshold that val chose; nil where none did.
	Chosen *int `json:"chosen,omitempty"`
}

// Record is the result of one image.
type Record struct {
	ID    string `json:"id"`
	Label int    `json:"label"`
	// Map is constant or nan where the fused map is.
	Map string `json:"map,omitempty"`
	// Hits are by curve the thresholds at which the image is right; null where the image
	// does not count for a figure.
	Hits []metric.Runs `json:"hits"`
	// Object and Other are histograms of the scores at pixels of objects and at others.
	Object Histogram `json:"object,omitempty"`
	Other  Histogram `json:"other,omitempty"`
	// Outcome is how localization ended; see Outcomes.
	Outcome string `json:"outcome,omitempty"`
	// Size is the share of the image in percent that its largest true box covers.
	Size float64 `json:"size,omitempty"`
}

// Histogram is a sparse histogram: pairs of varints, the distance from the bin before
// and the count. In JSON it is base64.
type Histogram []byte

// newHistogram packs counts by bin.
func newHistogram(counts []uint32) Histogram {
	h := Histogram{}
	before := -1
	for bin, n := range counts {
		if n > 0 {
			h = binary.AppendUvarint(h, uint64(bin-before))
			h = binary.AppendUvarint(h, uint64(n))
			before = bin
		}
	}
	return h
}

// add adds the counts, weight times each. Bins beyond dst are an error.
func (h Histogram) add(dst []float64, weight float64) error {
	bin := -1
	for len(h) > 0 {
		step, a := binary.Uvarint(h)
		n, b := binary.Uvarint(h[max(a, 0):])
		if a <= 0 || b <= 0 || step < 1 || step > uint64(len(dst)) || bin+int(step) >= len(dst) {
			return errors.New("a histogram is damaged")
		}
		bin += int(step)
		dst[bin] += weight * float64(n)
		h = h[a+b:]
	}
	return nil
}

// recordsFormat is in the first line of a file of records.
const recordsFormat = "acol records 1"

type recordsHeader struct {
	Format string `json:"format"`
	*Records
}

// Write writes the records as JSON lines: what they are about, then an image a line.
func (r *Records) Write(path string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		if err := enc.Encode(recordsHeader{recordsFormat, r}); err != nil {
			return err
		}
		for i := range r.Images {
			if err := enc.Encode(&r.Images[i]); err != nil {
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

// ReadRecords reads what Write wrote. Errors name the file and the line.
func ReadRecords(path string) (*Records, error) {
	f, err := os.Open(path)
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
	number := 0
	for scan.Scan() {
		number++
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
	return r, nil
}

func (r *Records) checkHead() error {
	if len(r.Curves) > maxCurves || r.Bins < 0 || r.Bins > maxGrid {
		return fmt.Errorf("%d curves and %d bins, want at most %d and %d", len(r.Curves), r.Bins, maxCurves, maxGrid)
	}
	for _, c := range r.Curves {
		if c.Thresholds < 1 || c.Thresholds > maxGrid || c.Chosen != nil && (*c.Chosen < 0 || *c.Chosen >= c.Thresholds) {
			return fmt.Errorf("curve %q: %d thresholds, want 1 to %d and the chosen one among them", c.Name, c.Thresholds, maxGrid)
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
	scratch := make([]float64, r.Bins)
	return errors.Join(rec.Object.add(scratch, 1), rec.Other.add(scratch, 1))
}

// choose notes the threshold that val chose for a curve.
func (r *Records) choose(name string, tau float64) {
	k := slices.IndexFunc(r.Curves, func(c CurveInfo) bool { return c.Name == name })
	if k < 0 {
		return
	}
	for i := range r.Curves[k].Thresholds {
		if float64(i)*r.Curves[k].Step == tau {
			r.Curves[k].Chosen = &i
		}
	}
}
