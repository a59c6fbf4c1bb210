package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"acol/scripts/rows"
)

// shown are the measures in the printed table, each with its heading.
var shown = []rows.Measure{
	{"val_max_box_acc_v2", "V2 on val"},
	{"top1", "top-1"},
	{"gt_known", "GT-known at 0.2"},
	{"top1_loc", "top-1 loc at 0.2"},
	{"max_box_acc", "MaxBoxAcc"},
	{"max_box_acc_v2", "MaxBoxAccV2"},
	{"max_box_acc_v2_at_val", "V2, threshold of val"},
}

// printTable writes the means over seeds as a Markdown table.
func printTable(out io.Writer, all []row) error {
	var b strings.Builder
	b.WriteString("| program | network | kinds | head | delta | seeds |")
	b.WriteString(rows.Headings(shown))
	b.WriteString("\n|---|---|---|---|--:|--:|" + strings.Repeat("--:|", len(shown)) + "\n")
	for _, group := range grouped(all) {
		r := group[0]
		program := strings.Join(strings.Fields(r["program"]+" "+r["kernels"]+" "+r["precision"]), " ")
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s | %d |",
			program, r["network"], r["kinds"], r["head"], r["delta"], len(group))
		b.WriteString(rows.Spreads(group, shown) + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// grouped puts the seeds of one experiment together, and the methods of one network side by side.
func grouped(all []row) [][]row {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b row) int {
		for _, c := range []string{
			"network", "head", "kinds", "delta", "program", "kernels", "precision",
		} {
			if o := strings.Compare(a[c], b[c]); o != 0 {
				return o
			}
		}
		return 0
	})
	return rows.Group(all, what...)
}
