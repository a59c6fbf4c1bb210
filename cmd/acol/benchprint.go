package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"acol/internal/bench"
)

// print shows the figures for a person.
func (r *benchReport) print(w io.Writer) error {
	p := &printer{w: w}
	p.line("%s, %.1f M parameters, %d px, batch %d, %s",
		r.Model, float64(r.Parameters)/1e6, r.Size, r.Batch, r.Precision)
	threads := ""
	if r.Threads > 0 {
		threads = fmt.Sprintf(" %d threads,", r.Threads)
	}
	p.line("kernels %s %s,%s %s", r.Kernels, r.ISA, threads, r.Machine)
	p.line("")
	p.result("training", r.Train)
	p.result("inference", r.Infer)
	if r.PeakMemory > 0 {
		p.line("peak memory  %d MiB", r.PeakMemory>>20)
	}
	if d := r.Data; d != nil {
		p.line("")
		p.line("loader alone       %.1f img/s decoding", d.Decoded)
		if d.Cached > 0 {
			p.line("                   %.1f img/s from the cache", d.Cached)
		}
		p.line("training on them   %.2f img/s, %.1f %% of the time waiting for data",
			d.Training.Rate(), 100*d.WaitedShare())
	}
	for _, part := range []struct {
		name string
		res  *bench.Result
	}{{"training", r.Train}, {"inference", r.Infer}} {
		if part.res != nil && part.res.Profile != nil {
			p.kinds(part.name, part.res, r.PeakFLOPS)
			p.layers(part.name, part.res, r.PeakFLOPS)
		}
	}
	return p.err
}

// printer writes lines; its error sticks.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		p.err = printLast(p.w, format+"\n", args...)
	}
}

func (p *printer) result(name string, r *bench.Result) {
	if r == nil {
		return
	}
	ms := func(q float64) float64 { return 1000 * r.Step(q) }
	p.line("%-12s %.2f img/s, %.1f ms a step (%.1f to %.1f), arena %d MiB, %d instructions",
		name, r.Rate(), ms(0.5), ms(0.25), ms(0.75), r.ArenaBytes>>20, r.Instructions)
	if e := r.Exchange; e != nil {
		of := fmt.Sprintf("%d processes, each of which sends %.1f MB a step", e.Ranks,
			float64(e.Bytes)/1e6)
		if e.Machines > 1 {
			of = fmt.Sprintf("%d processes on %d machines, each of which sends the others %.1f MB a step",
				e.Ranks, e.Machines, float64(e.Away)/1e6)
		}
		p.line("of %s: %.1f ms of exchange, %.1f %% of the step,", of, 1000*e.Step(0.5),
			100*e.Step(0.5)/r.Step(0.5))
		p.line("and %.1f ms in which the first of them waits for the slowest", 1000*e.Wait(0.5))
	}
}

// table aligns columns: names to the left, numbers to the right.
func (p *printer) table(title string, rows [][]string) {
	p.line("")
	p.line("%s", title)
	if p.err != nil {
		return
	}
	widest := 0
	for _, row := range rows {
		widest = max(widest, len(row[0]))
	}
	t := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		printf(t, "%-*s\t", widest, row[0])
		for _, cell := range row[1:] {
			printf(t, "%s\t", cell)
		}
		printf(t, "\n")
	}
	p.err = t.Flush()
}

// kinds shows a step's time by computation, longest first.
func (p *printer) kinds(name string, r *bench.Result, peak float64) {
	entries := bench.Total(r.Profile, func(e bench.Entry) string { return e.Kind })
	slices.SortStableFunc(entries, func(a, b bench.Entry) int { return compareSeconds(b, a) })
	step := bench.Seconds(entries)
	rows := [][]string{{"computation", "ms", "share", "calls", "GFLOP", "GFLOP/s", "of peak", "GB/s"}}
	whole := bench.Total(entries, func(bench.Entry) string { return "step" })
	for _, e := range append(entries, whole...) {
		rows = append(rows, []string{
			e.Kind, millis(e), percentOf(e.Seconds, step), fmt.Sprint(e.Calls),
			orBlank(e.FLOP > 0, "%.2f", float64(e.FLOP)/1e9), rateOf(e),
			orBlank(e.FLOP > 0, "%.0f %%", 100*float64(e.FLOP)/e.Seconds/peak),
			orBlank(e.FLOP == 0 && e.Bytes > 0, "%.1f", float64(e.Bytes)/e.Seconds/1e9),
		})
	}
	title := "%s: the mean step by computation; one large matrix product reaches %.0f GFLOP/s"
	p.table(fmt.Sprintf(title, name, peak/1e9), rows)
}

func compareSeconds(a, b bench.Entry) int {
	switch {
	case a.Seconds < b.Seconds:
		return -1
	case a.Seconds > b.Seconds:
		return 1
	}
	return 0
}

// layers shows a step's time by layer, in the network's order.
func (p *printer) layers(name string, r *bench.Result, peak float64) {
	step := bench.Seconds(r.Profile)
	head := []string{"layer", "ms", "share", "GFLOP"}
	var passes []string
	for _, pass := range []string{"forward", "back data", "back weights"} {
		if slices.ContainsFunc(r.Profile, func(e bench.Entry) bool { return e.Pass() == pass }) {
			passes = append(passes, pass)
			head = append(head, pass+" ms", "GFLOP/s")
		}
	}
	rows := [][]string{append(head, "of peak", "other ms")}
	for _, layer := range bench.Total(r.Profile, func(e bench.Entry) string { return e.Layer }) {
		rows = append(rows, layerRow(layer, r.Profile, passes, step, peak))
	}
	p.table(name+": the mean step by layer", rows)
}

func layerRow(
	layer bench.Entry, profile []bench.Entry, passes []string, step, peak float64,
) []string {
	parts := map[string]bench.Entry{}
	foreign := func(e bench.Entry) bool { return e.Layer != layer.Kind }
	own := slices.DeleteFunc(slices.Clone(profile), foreign)
	for _, e := range bench.Total(own, bench.Entry.Pass) {
		parts[e.Kind] = e
	}
	name := layer.Kind
	if name == "" {
		name = "(no layer)"
	}
	row := []string{
		name, millis(layer), percentOf(layer.Seconds, step),
		orBlank(layer.FLOP > 0, "%.2f", float64(layer.FLOP)/1e9),
	}
	rest, busy := parts[""].Seconds, 0.0
	for _, pass := range passes {
		e, ok := parts[pass]
		row = append(row, orBlank(ok, "%.2f", 1000*e.Seconds), rateOf(e))
		busy += e.Seconds
	}
	return append(row,
		orBlank(busy > 0, "%.0f %%", 100*float64(layer.FLOP)/busy/peak), orBlank(rest > 0, "%.2f", 1000*rest))
}

func millis(e bench.Entry) string { return fmt.Sprintf("%.2f", 1000*e.Seconds) }

func percentOf(part, whole float64) string { return fmt.Sprintf("%.1f %%", 100*part/whole) }

func rateOf(e bench.Entry) string {
	return orBlank(e.FLOP > 0, "%.0f", float64(e.FLOP)/e.Seconds/1e9)
}

func orBlank(show bool, format string, v float64) string {
	if !show {
		return ""
	}
	return fmt.Sprintf(format, v)
}
