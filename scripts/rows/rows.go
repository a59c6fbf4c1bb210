// Package rows reads and writes the CSV files of docs/results, in which each line is one
// measurement.
package rows

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"acol/internal/atomicfile"
)

// Row is one measurement: its values by column.
type Row map[string]string

// Read reads a file whose first line lists the columns. A file that is not there has no rows; one
// of other columns is an error.
func Read(name string, columns []string) ([]Row, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], columns) {
		return nil, fmt.Errorf("%s: its first line must be %s", name, strings.Join(columns, ","))
	}
	var rows []Row
	for _, line := range lines[1:] {
		r := Row{}
		for i, v := range line {
			r[columns[i]] = v
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// Write writes a file, whole or not at all. A column that a row lacks is empty.
func Write(name string, columns []string, rows []Row) error {
	lines := [][]string{columns}
	for _, r := range rows {
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = r[c]
		}
		lines = append(lines, line)
	}
	return atomicfile.Write(name, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(lines) })
}
