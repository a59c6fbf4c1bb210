package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"acol/internal/eval"
	"acol/internal/model"
	"acol/internal/scoremap"
)

// printReport writes the figures of a model as text, in percent.
func printReport(w io.Writer, r *eval.Report, byClass bool) error {
	printf(w, "%s, %s", r.Origin.Run, r.Origin.Checkpoint)
	if r.Origin.Epoch > 0 {
		printf(w, ", epoch %d", r.Origin.Epoch)
	}
	printf(w, ": %s split, %d images, %d classes", r.Split, r.Images, r.Classes)
	if r.Skipped > 0 {
		printf(w, ", %d skipped", r.Skipped)
	}
	if r.Inputs > 1 {
		printf(w, ", %d inputs each", r.Inputs)
	}
	printf(w, "\n\n")
	if err := printClassification(w, r); err != nil {
		return err
	}
	if !r.Has(eval.Boxes) {
		printf(w, "\nno boxes in split %s: top-1 localization, GT-known and MaxBoxAcc need them\n",
			r.Split)
	}
	if len(r.Maps) == 0 {
		return printUnlocated(w, r, byClass)
	}
	printf(w, "\nscore maps of %s, %dx%d%s\n",
		classWord(r.MapClass), r.MapSize, r.MapSize, sourceWords(r.Source))
	if err := printMaps(w, r); err != nil {
		return err
	}
	if r.Intervals != nil {
		printf(w, "\nfused map with intervals\n")
		if err := printScores(w, r.Book, r.Intervals); err != nil {
			return err
		}
	}
	if err := printAllGroups(w, r.BySize, r.ByClass, byClass); err != nil {
		return err
	}
	if byClass {
		if err := printConfusion(w, r.Confusion); err != nil {
			return err
		}
	}
	printf(w, "\ncoverage is the share of the true box that the map covers, "+
		"precision that of the map inside it, at the stated threshold\n")
	return printNote(w, r.Intervals)
}

// sourceWords says how maps were made, where they are not those of the heads.
func sourceWords(s model.MapSource) string {
	if s.IsCAM() {
		return ""
	}
	return ", " + s.String()
}

// five is the number of classes up to which top-5 is right whatever is guessed.
const five = 5

// printClassification writes classification and localization, one line a threshold. Top-5 of so few
// classes that it says nothing is left out; JSON has it.
func printClassification(w io.Writer, r *eval.Report) error {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	ranks := eval.Figures(func(f *eval.Figure) bool { return f.Need == eval.Label })
	stated := guessesFirst(func(f *eval.Figure) bool { return f.InLocalization() && !f.InOracle() })
	best := guessesFirst((*eval.Figure).InOracle)
	if r.Classes <= five {
		for _, rows := range []*[]*eval.Figure{&ranks, &stated, &best} {
			*rows = slices.DeleteFunc(*rows, func(f *eval.Figure) bool { return f.Name == "top-5" })
		}
	}
	width := max(len(ranks), len(stated), len(best))
	line := func(what, at string, rows []*eval.Figure, key func(*eval.Figure) string) {
		printf(tw, "%s\t", what)
		for _, f := range rows {
			cell := fmt.Sprintf("%s %6.2f %s", f.Name, r.Values[key(f)], interval(r.Intervals, key(f)))
			printf(tw, "%s\t", strings.TrimSpace(cell))
		}
		printf(tw, strings.Repeat("\t", width-len(rows))+"%s\n", at)
	}
	own := func(f *eval.Figure) string { return f.Key }
	line("classification", "", ranks, own)
	located := r.Counted[eval.GTKnown] > 0
	if located {
		line("localization", "at "+statedWords(r.Stated), stated, own)
		ofVal := r.Stated.From == scoremap.Val && r.Stated.Rule == ""
		if tau, ok := r.AtVal[eval.GTKnown]; ok && !(ofVal && math.Abs(tau-r.Stated.Fraction) < 1e-6) {
			line("localization", fmt.Sprintf("at %.4g, best on val", tau), best, (*eval.Figure).AtVal)
		}
		var taus []string
		for _, f := range best {
			taus = append(taus, fmt.Sprintf("%.4g", r.Best[f.Key]))
		}
		at := fmt.Sprintf("at %s, best on this split", strings.Join(taus, ", "))
		line("localization", at, best, own)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if n := r.NaNLogits(); n > 0 {
		printf(w, "%d images with logits that are not numbers\n", n)
	}
	if located {
		var ended []string
		for _, name := range eval.Endings() {
			ended = append(ended, fmt.Sprintf("%s %d", strings.ReplaceAll(name, "_", " "), r.Ended(name)))
		}
		printf(w, "localization is right at IoU 0.5; top-1 at %s ended: %s\n",
			r.Stated, strings.Join(ended, ", "))
	}
	return nil
}

// statedWords says at what threshold localization is stated, and who chose it.
func statedWords(t scoremap.Threshold) string {
	switch t.From {
	case scoremap.Val:
		return t.String() + ", from val"
	case scoremap.NoVal:
		return t.String() + ", not from val"
	}
	return t.String()
}

// guessesFirst lists rows of localization, GT-known last: it needs no guess.
func guessesFirst(keep func(*eval.Figure) bool) []*eval.Figure {
	rows := eval.Figures(keep)
	return append(rows[1:len(rows):len(rows)], rows[0])
}

// printMaps writes a row for each map, and one for it at the thresholds of val.
func printMaps(w io.Writer, r *eval.Report) error {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	rows := mapRows(r.Book)
	printf(tw, "map\t")
	for _, f := range rows {
		printf(tw, "%s\t", f.Heading)
		if hasThreshold(f) {
			printf(tw, "at\t")
		}
	}
	printf(tw, "constant\tNaN\t\n")
	for _, m := range r.Maps {
		printf(tw, "%s\t", m.Name)
		printCells(tw, rows, m.Book, func(f *eval.Figure) string { return f.Key }, m.Best)
		printf(tw, "%d\t%d\t\n", m.MeasuredConstantMaps(), m.MeasuredNaNMaps())
		if len(m.AtVal) > 0 {
			printf(tw, "threshold from val\t")
			printCells(tw, rows, m.Book, (*eval.Figure).AtVal, m.AtVal)
			printf(tw, "\t\t\n")
		}
	}
	return tw.Flush()
}

// mapRows lists the figures of a map that a book has, those of masks last.
func mapRows(b *eval.Book) []*eval.Figure {
	rows := eval.Figures(func(f *eval.Figure) bool {
		_, ok := b.Values[f.Key]
		return f.OfMap && ok
	})
	slices.SortStableFunc(rows, func(f, g *eval.Figure) int { return int(f.Need) - int(g.Need) })
	return rows
}

// hasThreshold reports whether a map's table has a column for the threshold of a figure.
func hasThreshold(f *eval.Figure) bool { return f.Grid.N > 1 && !f.IsPart() }

// printCells writes the cells of some figures, empty where the book has none.
func printCells(
	w io.Writer, rows []*eval.Figure, b *eval.Book,
	key func(*eval.Figure) string, taus eval.Thresholds,
) {
	for _, f := range rows {
		v, ok := b.Values[key(f)]
		switch {
		case !ok:
			printf(w, "\t")
		case f.IsShare():
			printf(w, "%.1f\t", v)
		default:
			printf(w, "%.2f\t", v)
		}
		if hasThreshold(f) {
			printf(w, "%.3f\t", taus[f.Key])
		}
	}
}

// printScores writes the figures of a map, one a line, with thresholds and intervals.
func printScores(w io.Writer, b *eval.Book, ci *eval.Intervals) error {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	line := func(name, key string, taus eval.Thresholds, row string) {
		v, ok := b.Values[key]
		if !ok {
			return
		}
		at := ""
		if tau, ok := taus[row]; ok {
			at = fmt.Sprintf("at %.3f", tau)
		}
		printf(tw, "%s\t%6.2f\t%s\t%s\n", name, v, interval(ci, key), at)
	}
	boxes := eval.Figures(func(f *eval.Figure) bool {
		return f.OfMap && f.Need == eval.Boxes && !f.IsShare()
	})
	for _, f := range boxes {
		line(lineName(f, ""), f.Key, b.Best, f.Key)
	}
	for _, f := range boxes {
		from := ", threshold from val"
		if f.MeanOf != "" {
			from = ", thresholds from val"
		}
		line(lineName(f, from), f.AtVal(), b.AtVal, f.Key)
	}
	masks := eval.Figures(func(f *eval.Figure) bool { return f.OfMap && f.Need == eval.Masks })
	for _, f := range masks {
		line(f.Name, f.Key, nil, f.Key)
	}
	return tw.Flush()
}

// lineName names a figure in a list, where a part stands below its mean, with what is to be added
// to those that are no part.
func lineName(f *eval.Figure, add string) string {
	if f.IsPart() {
		return "  " + f.Name
	}
	return f.Name + add
}

// interval writes a figure's interval, or nothing where it has none.
func interval(ci *eval.Intervals, key string) string {
	if ci == nil {
		return ""
	}
	v, ok := ci.Figures[key]
	if !ok {
		return ""
	}
	return fmt.Sprintf("[%.2f, %.2f]", v[0], v[1])
}

// printAllGroups writes the groups by size and, where asked for, by class.
func printAllGroups(w io.Writer, bySize, byClass []eval.Group, classes bool) error {
	if err := printGroups(w, "size of object, share of the image", bySize); err != nil || !classes {
		return err
	}
	return printGroups(w, "class", byClass)
}

// printGroups writes a table with a group a row, of the figures that any of the groups has.
func printGroups(w io.Writer, what string, groups []eval.Group) error {
	rows := eval.Figures(func(f *eval.Figure) bool {
		return f.ByGroup && slices.ContainsFunc(groups, func(g eval.Group) bool {
			_, ok := g.Figures[f.Key]
			return ok
		})
	})
	if len(rows) == 0 {
		return nil
	}
	slices.SortStableFunc(rows, func(f, g *eval.Figure) int { return order(f) - order(g) })
	printf(w, "\n")
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	predicted := slices.ContainsFunc(groups, func(g eval.Group) bool { return g.Predicted != nil })
	printf(tw, "%s\timages", what)
	if predicted {
		printf(tw, "\tpredicted")
	}
	for _, f := range rows {
		printf(tw, "\t%s", f.Heading)
	}
	for _, g := range groups {
		printf(tw, "\n%s\t%d", g.Name, g.Images)
		if predicted {
			printf(tw, "\t%d", *g.Predicted)
		}
		for _, f := range rows {
			if v, ok := g.Figures[f.Key]; ok {
				printf(tw, "\t%.2f", v)
			} else {
				printf(tw, "\t")
			}
		}
	}
	printf(tw, "\n")
	return tw.Flush()
}

// order puts the figures of images before those of maps.
func order(f *eval.Figure) int {
	if f.OfMap {
		return 1
	}
	return 0
}

// printNote says what the numbers are.
func printNote(w io.Writer, ci *eval.Intervals) error {
	const note = "\nfigures in percent; at the thresholds that are best on this " +
		"very split, an oracle, unless they are from val\n"
	if ci == nil {
		return printLast(w, note)
	}
	return printLast(w, note+"[low, high]: %d %% intervals of %d resamples of the images\n",
		ci.Level, ci.Resamples)
}

// classWord says whose maps a report is of.
func classWord(c string) string {
	switch eval.ClassName(c) {
	case eval.TrueClass:
		return "the true class (GT-known)"
	case eval.TopClass:
		return "the predicted class"
	}
	return "class " + c
}
