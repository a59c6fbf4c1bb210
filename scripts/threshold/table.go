package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"acol/scripts/rows"
)

// row is a run on a split with one way to choose the threshold, by column. Cut is where the way
// cuts maps there, a fraction of the maximum or the word of a rule.
type row = rows.Row

// columns are those of the CSV file. Figures are in percent.
var columns = []string{
	"data", "network", "kinds", "delta", "epochs", "seed", "precision", "split", "images",
	"threshold", "cut", "top1", "gt_known", "top1_loc",
}

// ofRun are the columns that name a run.
var ofRun = columns[:7]

func sameRun(a, b row) bool {
	return !slices.ContainsFunc(ofRun, func(c string) bool { return a[c] != b[c] })
}

// without returns the rows that are of other runs than r.
func without(all []row, r row) []row {
	return slices.DeleteFunc(all, func(have row) bool { return sameRun(have, r) })
}

// printTable writes the figures of test as Markdown: a line for each network and method, the means
// over its seeds, GT-known before top-1 localization.
func printTable(out io.Writer, all []row) error {
	var b strings.Builder
	b.WriteString("| data | network | method | seeds | auto is |")
	for _, figure := range []string{"GT-known", "top-1 loc"} {
		for _, way := range ways {
			fmt.Fprintf(&b, " %s %s |", figure, way)
		}
	}
	b.WriteString("\n|---|---|---|--:|--:|" + strings.Repeat("--:|", 2*len(ways)) + "\n")
	for _, g := range grouped(all) {
		seeds := map[string]bool{}
		for _, r := range g {
			seeds[r["seed"]] = true
		}
		kept := column(g, "auto", "cut")
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
func grouped(all []row) [][]row {
	var groups [][]row
	for _, r := range all {
		if r["split"] != "test" {
			continue
		}
		i := slices.IndexFunc(groups, func(g []row) bool {
			one := maps.Clone(r)
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
func column(all []row, way, name string) []string {
	var out []string
	for _, r := range all {
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
