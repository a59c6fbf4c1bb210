package run

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"

	"acol/internal/atomicfile"
	"acol/internal/train"
)

// appendResults adds the row of a record to the table, with the names of its columns before the
// first one.
func (w *Writer) appendResults(rec train.EpochRecord) error {
	path := w.folder.path(resultsName)
	isNew := !exists(path)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(table(isNew, rec))
	return errors.Join(err, f.Close())
}

// writeResults replaces the table by that of records, or removes it where there are none.
func (w *Writer) writeResults(records []train.EpochRecord) error {
	path := w.folder.path(resultsName)
	if len(records) == 0 {
		if exists(path) {
			return os.Remove(path)
		}
		return nil
	}
	return atomicfile.Write(path, func(out io.Writer) error {
		_, err := out.Write(table(true, records...))
		return err
	})
}

// table encodes records of one training as CSV, with the names of the columns or without.
func table(names bool, records ...train.EpochRecord) []byte {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	for i := range records {
		columns := records[i].Columns()
		row := make([]string, len(columns))
		if names && i == 0 {
			for k, c := range columns {
				row[k] = c.Name
			}
			_ = out.Write(row) // of a buffer no write fails
		}
		for k, c := range columns {
			if row[k] = ""; c.Value != nil {
				row[k] = fmt.Sprint(c.Value)
			}
		}
		_ = out.Write(row)
	}
	out.Flush()
	return b.Bytes()
}
