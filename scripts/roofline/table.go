package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"acol/scripts/rows"
)

// bandwidth and peaks are those of an H100 SXM with 80 GB, in bytes and FLOP a second, without
// sparsity. NVIDIA's data sheet (https://www.nvidia.com/en-us/data-center/h100) gives tensor cores
// with sparsity, which is twice as many.
const bandwidth = 3.35e12

var peaks = map[string]float64{"fp32": 67e12, "tf32": 495e12, "bf16": 989e12}

// printTable writes the rows as Markdown, a line for each network and batch. TF32 moves what
// float32 moves.
func printTable(out io.Writer, all []rows.Row) error {
	var b strings.Builder
	b.WriteString("| network | batch | memory, GB: fp32 | bf16 | convolutions, TFLOP " +
		"| moved, GB: fp32 | bf16 | images/s at most: fp32 | tf32 | bf16 |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, g := range rows.Group(all, "network", "batch", "size") {
		of := map[string]rows.Row{}
		for _, r := range g {
			of[r["precision"]] = r
		}
		cell := func(precision, column string) string {
			if of[precision] == nil {
				return ""
			}
			return fmt.Sprintf("%.1f", number(of[precision], column)/1e9)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %.2f | %s | %s | %s | %s | %s |\n",
			g[0]["network"], g[0]["batch"], cell("fp32", "peak"), cell("bf16", "peak"),
			number(g[0], "flops")/1e12, cell("fp32", "bytes"), cell("bf16", "bytes"),
			most(of["fp32"], "fp32"), most(of["fp32"], "tf32"), most(of["bf16"], "bf16"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// most is how many images a second the GPU can compute by the program of a row: where convolutions
// took no longer than their products at the peak, and memory no longer than its traffic. A letter
// says which of them bounds, p or m.
func most(r rows.Row, precision string) string {
	if r == nil {
		return ""
	}
	compute, move := number(r, "flops")/peaks[precision], number(r, "bytes")/bandwidth
	bound := "m"
	if compute > move {
		bound = "p"
	}
	return fmt.Sprintf("%.0f %s", number(r, "batch")/max(compute, move), bound)
}

// number is a figure of a row; 0 where there is none.
func number(r rows.Row, column string) float64 {
	v, _ := strconv.ParseFloat(r[column], 64)
	return v
}
