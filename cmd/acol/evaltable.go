package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"acol/internal/eval"
	"acol/internal/run"
)

// printReport writes the figures as text, all accuracies in percent.
func printReport(o *evalOptions, t *run.Trained, r *eval.Report) error {
	w := o.streams.Out
	fmt.Fprintf(w, "%s, %s, epoch %d: %s split, %d images, %d classes", t.Dir, t.Checkpoint, t.Epoch, r.Split, r.Images, r.Classes)
	if r.Skipped > 0 {
		fmt.Fprintf(w, ", %d skipped", r.Skipped)
	}
	if r.Inputs > 1 {
		fmt.Fprintf(w, ", %d inputs each", r.Inputs)
	}
	fmt.Fprint(w, "\n\n")
	if err := printClassification(w, r); err != nil {
		return err
	}
	if len(r.Maps) == 0 {
		_, err := fmt.Fprintln(w, "\nno boxes: nothing to localize against")
		return err
	}
	fmt.Fprintf(w, "\nscore maps of %s, %dx%d\n", classWord(r.MapClass), r.MapSize, r.MapSize)
	if err := printMaps(w, r); err != nil {
		return err
	}
	if r.Intervals != nil {
		fmt.Fprintln(w, "\nfused map with intervals")
		if err := printScores(w, &r.Scores, r.Intervals); err != nil {
			return err
		}
	}
	if err := printGroups(w, "size of object, share of the image", r.BySize); err != nil {
		return err
	}
	if o.ByClass {
		if err := printGroups(w, "class", r.ByClass); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\ncoverage is the share of the true box that the map covers, precision that of the map inside it, at the stated threshold")
	return printNote(w, r.Intervals)
}

// printClassification writes classification and localization, one line a threshold.
func printClassification(w io.Writer, r *eval.Report) error {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	cell := func(name, key string, v float64) string {
		return strings.TrimSpace(fmt.Sprintf("%s %6.2f %s", name, v, interval(r.Intervals, key)))
	}
	line := func(what, at string, cells ...string) {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", what, strings.Join(cells, "\t"), at)
	}
	line("classification", "", cell("top-1", "top1", r.Top1), cell("top-5", "top5", r.Top5), "")
	if l := r.Localization; l != nil {
		loc := func(at, path string, top1, top5, known float64) {
			path = "localization." + path
			line("localization", at, cell("top-1", path+"top1", top1), cell("top-5", path+"top5", top5), cell("GT-known", path+"gt_known", known))
		}
		loc(fmt.Sprintf("at %g of the maximum", l.Threshold), "", l.Top1, l.Top5, l.GTKnown)
		if v := l.AtVal; v != nil {
			loc(fmt.Sprintf("at %g, from val", v.Threshold), "at_val_threshold.", v.Top1, v.Top5, v.GTKnown)
		}
		best := l.Oracle.Thresholds
		loc(fmt.Sprintf("at %g, %g, %g, best on this split", best["top1"], best["top5"], best["gt_known"]), "oracle.",
			l.Oracle.Top1, l.Oracle.Top5, l.Oracle.GTKnown)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if r.NaNLogits > 0 {
		fmt.Fprintf(w, "%d images with logits that are not numbers\n", r.NaNLogits)
	}
	if l := r.Localization; l != nil {
		var ended []string
		for _, name := range eval.Outcomes() {
			ended = append(ended, fmt.Sprintf("%s %d", strings.ReplaceAll(name, "_", " "), l.Outcomes[name]))
		}
		fmt.Fprintf(w, "localization is right at IoU 0.5; top-1 at %g ended: %s\n", l.Threshold, strings.Join(ended, ", "))
	}
	return nil
}

// printMaps writes a row for each map, and one for it at the thresholds of val.
func printMaps(w io.Writer, r *eval.Report) error {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	boxes := r.MaxBoxAcc != nil
	fmt.Fprint(tw, "map\t")
	if boxes {
		fmt.Fprint(tw, "MaxBoxAcc\tat\tMaxBoxAccV2\tIoU 30\tIoU 50\tIoU 70\tcoverage\tprecision\t")
	}
	if r.PxAP != nil {
		fmt.Fprint(tw, "PxAP\t")
	}
	fmt.Fprintln(tw, "constant\tNaN\t")
	for _, m := range r.Maps {
		fmt.Fprintf(tw, "%s\t", m.Name)
		if boxes {
			fmt.Fprintf(tw, "%.2f\t%.3f\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t", m.MaxBoxAcc, m.Threshold, m.MaxBoxAccV2,
				m.MaxBoxAccV2IoU["30"], m.MaxBoxAccV2IoU["50"], m.MaxBoxAccV2IoU["70"], m.Coverage, m.Precision)
		}
		if m.PxAP != nil {
			fmt.Fprintf(tw, "%.2f\t", *m.PxAP)
		}
		fmt.Fprintf(tw, "%d\t%d\t\n", m.ConstantMaps, m.NaNMaps)
		if v := m.AtVal; v != nil {
			fmt.Fprintf(tw, "threshold from val\t%.2f\t%.3f\t%.2f\t%.2f\t%.2f\t%.2f\t\t\t\t\t\n", v.MaxBoxAcc, v.Thresholds.MaxBoxAcc, v.MaxBoxAccV2,
				v.MaxBoxAccV2IoU["30"], v.MaxBoxAccV2IoU["50"], v.MaxBoxAccV2IoU["70"])
		}
	}
	return tw.Flush()
}

func classWord(c string) string {
	switch c {
	case "gt":
		return "the true class (GT-known)"
	case "predicted":
		return "the predicted class"
	}
	return "class " + c
}
