package rows

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Same tells whether two rows are equal in some columns.
func (r Row) Same(other Row, columns ...string) bool {
	return !slices.ContainsFunc(columns, func(c string) bool { return r[c] != other[c] })
}

// Group puts rows together that are equal in some columns. The groups are in the order of their
// first rows.
func Group(all []Row, columns ...string) [][]Row {
	var groups [][]Row
	at := map[string]int{}
	for _, r := range all {
		var key strings.Builder
		for _, c := range columns {
			key.WriteString(r[c] + "\x00")
		}
		i, ok := at[key.String()]
		if !ok {
			i = len(groups)
			at[key.String()] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// Spread is the mean ± the standard deviation over the rows that have a figure, with one decimal.
func Spread(group []Row, column string) string {
	var n, sum, squares float64
	for _, r := range group {
		v, err := strconv.ParseFloat(r[column], 64)
		if err != nil {
			continue
		}
		n, sum, squares = n+1, sum+v, squares+v*v
	}
	if n == 0 {
		return ""
	}
	mean := sum / n
	if n == 1 {
		return fmt.Sprintf("%.1f", mean)
	}
	return fmt.Sprintf("%.1f ± %.1f", mean, math.Sqrt(max(squares-n*mean*mean, 0)/(n-1)))
}

// Measure is a column of figures, and its heading in a Markdown table.
type Measure [2]string

// Headings are the cells of measures in the first line of a table.
func Headings(measures []Measure) string {
	var b strings.Builder
	for _, m := range measures {
		b.WriteString(" " + m[1] + " |")
	}
	return b.String()
}

// Spreads are the cells of measures in the line of a group.
func Spreads(group []Row, measures []Measure) string {
	var b strings.Builder
	for _, m := range measures {
		b.WriteString(" " + Spread(group, m[0]) + " |")
	}
	return b.String()
}
