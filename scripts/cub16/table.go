package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// shown are the measures in the printed table, each with its heading.
var shown = [][2]string{
	{"val_max_box_acc_v2", "V2 on val"},
	{"top1", "top-1"},
	{"gt_known", "GT-known at 0.2"},
	{"top1_loc", "top-1 loc at 0.2"},
	{"max_box_acc", "MaxBoxAcc"},
	{"max_box_acc_v2", "MaxBoxAccV2"},
	{"max_box_acc_v2_at_val", "V2, threshold of val"},
}

// printTable writes the means over seeds as a Markdown table.
func printTable(out io.Writer, rows []row) error {
	var b strings.Builder
	b.WriteString("| program | network | kinds | head | delta | seeds |")
	for _, m := range shown {
		b.WriteString(" " + m[1] + " |")
	}
	b.WriteString("\n|---|---|---|---|--:|--:|" + strings.Repeat("--:|", len(shown)) + "\n")
	for _, group := range grouped(rows) {
		r := group[0]
		program := strings.Join(strings.Fields(r["program"]+" "+r["kernels"]+" "+r["precision"]), " ")
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s | %d |",
			program, r["network"], r["kinds"], r["head"], r["delta"], len(group))
		for _, m := range shown {
			b.WriteString(" " + spread(group, m[0]) + " |")
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// grouped puts the seeds of one experiment together, and the methods of one network side by side.
func grouped(rows []row) [][]row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		for _, c := range []string{
			"network", "head", "kinds", "delta", "program", "kernels", "precision",
		} {
			if o := strings.Compare(a[c], b[c]); o != 0 {
				return o
			}
		}
		return 0
	})
	var groups [][]row
	at := map[string]int{}
	for _, r := range rows {
		var key strings.Builder
		for _, c := range what {
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

// spread is the mean ± the standard deviation over the seeds that have the figure.
func spread(group []row, column string) string {
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
