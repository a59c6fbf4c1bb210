package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"acol/internal/atomicfile"
)

// row is a run on a split with one way to choose the threshold, by column.
type row map[string]string

// columns are those of the CSV file. Figures are in percent; fraction is that of a map's maximum
// where the way is one for all maps.
var columns = []string{
	"data", "network", "kinds", "delta", "epochs", "seed", "precision", "split", "images",
	"threshold", "fraction", "top1", "gt_known", "top1_loc",
}

// ofRun are the columns that name a run.
var ofRun = columns[:7]

func sameRun(a, b row) bool {
	return !slices.ContainsFunc(ofRun, func(c string) bool { return a[c] != b[c] })
}

// without returns the rows that are of other runs than r.
func without(rows []row, r row) []row {
	return slices.DeleteFunc(rows, func(have row) bool { return sameRun(have, r) })
}

// readRows reads a CSV file. A file that is not there has no rows.
func readRows(name string) ([]row, error) {
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
	var rows []row
	for _, line := range lines[1:] {
		r := row{}
		for i, v := range line {
			r[columns[i]] = v
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// writeRows writes a CSV file, whole or not at all.
func writeRows(name string, rows []row) error {
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

// printTable writes the figures of test as Markdown: a line for each network and method, the means
// over its seeds, GT-known before top-1 localization.
func printTable(out io.Writer, rows []row) error {
	var b strings.Builder
	b.WriteString("| data | network | method | seeds | from val |")
	for _, figure := range []string{"GT-known", "top-1 loc"} {
		for _, way := range ways {
			fmt.Fprintf(&b, " %s %s |", figure, way)
		}
	}
	b.WriteString("\n|---|---|---|--:|--:|" + strings.Repeat("--:|", 2*len(ways)) + "\n")
	for _, g := range grouped(rows) {
		seeds := map[string]bool{}
		for _, r := range g {
			seeds[r["seed"]] = true
		}
		kept := column(g, "auto", "fraction")
		fmt.Fprintf(&b, "| %s | %s | `%s` | %d | %s |",
			g[0]["data"], g[0]["network"], g[0]["kinds"], len(seeds), strings.Join(kept, ", "))
		for _, figure := range []string{"gt_known", "top1_loc"} {
			for _, way := range ways {
				fmt.Fprintf(&b, " %.1f |", mean(column(g, string(way), figure)))
			}
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// grouped puts the rows of test together that differ in seed and threshold alone.
func grouped(rows []row) [][]row {
	var groups [][]row
	for _, r := range rows {
		if r["split"] != "test" {
			continue
		}
		i := slices.IndexFunc(groups, func(g []row) bool {
			one := row{}
			for c, v := range r {
				one[c] = v
			}
			one["seed"] = g[0]["seed"]
			return sameRun(g[0], one)
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// column lists a column of the rows of one way.
func column(rows []row, way, name string) []string {
	var out []string
	for _, r := range rows {
		if r["threshold"] == way {
			out = append(out, r[name])
		}
	}
	return out
}

// mean is that of numbers as text.
func mean(texts []string) float64 {
	sum := 0.0
	for _, s := range texts {
		v, _ := strconv.ParseFloat(s, 64)
		sum += v
	}
	return sum / float64(len(texts))
}
