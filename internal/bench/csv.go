package bench

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"
)

// Row is a line of a benchmark's CSV file.
type Row struct {
	Time    time.Time
	Commit  string // with "+changes" where the tree had some
	Machine string
	// Kernels, ISA and Threads say what computed.
	Kernels   string
	ISA       string
	Threads   int
	Precision string
	Model     string
	Size      int // side of the images in pixels
	Batch     int
	// Train and Infer are images a second by the median step; 0 was not measured, and is empty in the file.
	Train, Infer float64
	// Peak is the process's peak memory in bytes, 0 where unknown.
	Peak int64
}

// Columns are the names of a CSV file's fields.
var Columns = []string{
	"time", "commit", "machine", "kernels", "isa", "threads", "precision", "model", "size", "batch",
	"train_img_s", "infer_img_s", "peak_mib",
}

func (r Row) fields() []string {
	rate := func(v float64) string {
		if v == 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	peak := ""
	if r.Peak > 0 {
		peak = strconv.FormatInt(r.Peak>>20, 10)
	}
	return []string{
		r.Time.UTC().Format(time.RFC3339), r.Commit, r.Machine, r.Kernels, r.ISA, strconv.Itoa(r.Threads), r.Precision,
		r.Model, strconv.Itoa(r.Size), strconv.Itoa(r.Batch), rate(r.Train), rate(r.Infer), peak,
	}
}

// AppendCSV adds rows to a CSV file, which it begins with the columns' names where it is
// new. A file of other columns is an error and stays as it is.
func AppendCSV(path string, rows ...Row) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return fmt.Errorf("adding to the benchmarks: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(f)
	switch head, err := csv.NewReader(f).Read(); {
	case errors.Is(err, io.EOF):
		if err := w.Write(Columns); err != nil {
			return fmt.Errorf("adding to the benchmarks: %w", err)
		}
	case err != nil:
		return fmt.Errorf("adding to the benchmarks in %s: %w", path, err)
	case !slices.Equal(head, Columns):
		return fmt.Errorf("adding to the benchmarks in %s: it has the columns %q, want %q: name another file", path, head, Columns)
	}
	for _, r := range rows {
		if err := w.Write(r.fields()); err != nil {
			return fmt.Errorf("adding to the benchmarks: %w", err)
		}
	}
	w.Flush()
	return w.Error()
}
