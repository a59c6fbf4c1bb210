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

	"acol/internal/regular"
)

// Row is a line of the CSV file of benchmarks.
type Row struct {
	Time    time.Time
	Commit  string // ends in "+changes" if the work tree had uncommitted changes
	Machine string
	// Kernels, ISA (the instruction set) and Threads say with what the row was computed.
	Kernels   string
	ISA       string
	Threads   int
	Precision string
	Model     string
	Size      int // side of the images in pixels
	Batch     int
	// Train and Infer are the images a second of the median step. What was not measured is 0 here
	// and empty in the file.
	Train, Infer float64
	// Peak is the peak memory of the process in bytes, or 0 where it is not known.
	Peak int64
}

// Columns are the columns of the CSV file, in its order.
var Columns = []string{
	"time", "commit", "machine", "kernels", "isa", "threads", "precision", "model", "size", "batch",
	"train_img_s", "infer_img_s", "peak_mib",
}

// fields are the values of r in the order of Columns.
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
		r.Time.UTC().Format(time.RFC3339), r.Commit, r.Machine,
		r.Kernels, r.ISA, strconv.Itoa(r.Threads), r.Precision,
		r.Model, strconv.Itoa(r.Size), strconv.Itoa(r.Batch), rate(r.Train), rate(r.Infer), peak,
	}
}

// AppendCSV adds rows to a CSV file. A new file begins with the names of the columns. A file with
// other columns is an error and stays as it is.
func AppendCSV(path string, rows ...Row) (err error) {
	if info, err := os.Stat(path); err == nil {
		if err := regular.Check(path, info); err != nil {
			return fmt.Errorf("adding to the benchmarks: %w", err)
		}
	}
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
		return fmt.Errorf(
			"adding to the benchmarks in %s: it has the columns %q, want %q: name another file",
			path, head, Columns)
	}
	for _, r := range rows {
		if err := w.Write(r.fields()); err != nil {
			return fmt.Errorf("adding to the benchmarks: %w", err)
		}
	}
	w.Flush()
	return w.Error()
}
