package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"acol/scripts/rows"
)

// shown are the measures in the printed table, each with its heading.
var shown = []rows.Measure{
	{"val_max_box_acc_v2", "V2 on val"},
	{"top1", "top-1"},
	{"max_box_acc", "MaxBoxAcc"},
	{"max_box_acc_v2", "MaxBoxAccV2"},
	{"gt_known", "GT-known at `auto`"},
	{"top1_loc", "top-1 loc at `auto`"},
	{"v2_over_cam", "V2 over CAM"},
}

// printTables writes the figures of what was chosen as a Markdown table of means over seeds, and
// those of all candidates on val as another.
func printTables(out io.Writer, all []row) error {
	var b strings.Builder
	b.WriteString("| method | seeds |")
	b.WriteString(rows.Headings(shown))
	b.WriteString(" p < 0.05 |\n|---|--:|" + strings.Repeat("--:|", len(shown)+1) + "\n")
	var candidates strings.Builder
	candidates.WriteString("| method | keys | V2 on val |\n|---|---|--:|\n")
	for _, m := range methods {
		for _, g := range rows.Group(of(all, m), what...) {
			if one := of(g[:1], m); one[0]["seed"] == "1" && len(m.grid) > 1 {
				fmt.Fprintf(&candidates, "| %s | `%s` | %s |\n",
					m.name, g[0]["settings"], rows.Spread(one, "val_max_box_acc_v2"))
			}
			tested := slices.DeleteFunc(slices.Clone(g), func(r row) bool {
				return r[doneBy["test"]] == ""
			})
			if len(tested) == 0 {
				continue
			}
			fmt.Fprintf(&b, "| %s | %d |", m.name, len(tested))
			b.WriteString(rows.Spreads(tested, shown) + " " + sure(tested) + " |\n")
		}
	}
	_, err := io.WriteString(out, b.String()+"\n"+candidates.String())
	return err
}

// of returns the rows of a method.
func of(all []row, m method) []row {
	return slices.DeleteFunc(slices.Clone(all), func(r row) bool { return r["method"] != m.name })
}

// sure says with how many seeds the difference to plain CAM has a p-value below 0.05.
func sure(group []row) string {
	some, n := 0, 0
	for _, r := range group {
		p, err := strconv.ParseFloat(r["v2_p"], 64)
		if err != nil {
			continue
		}
		if n++; p < 0.05 {
			some++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d", some, n)
}
