package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"acol/internal/eval"
)

// printReport writes the figures as text, all accuracies in percent.
func printReport(w io.Writer, t *trained, r *eval.Report) error {
	fmt.Fprintf(w, "%s, %s, epoch %d: %s split, %d images, %d classes", t.Dir, t.Checkpoint, t.Epoch, r.Split, r.Images, r.Classes)
	if r.Skipped > 0 {
		fmt.Fprintf(w, ", %d skipped", r.Skipped)
	}
	fmt.Fprintf(w, "\n\nclassification   top-1 %6.2f   top-5 %6.2f\n", r.Top1, r.Top5)
	if r.NaNLogits > 0 {
		fmt.Fprintf(w, "                 %d images with logits that are not numbers\n", r.NaNLogits)
	}
	if l := r.Localization; l != nil {
		fmt.Fprintf(w, "localization     top-1 %6.2f   top-5 %6.2f   GT-known %6.2f   at IoU 0.5, threshold %g of the maximum\n",
			l.Top1, l.Top5, l.GTKnown, l.Threshold)
	}
	if len(r.Maps) == 0 {
		_, err := fmt.Fprintln(w, "\nno boxes: nothing to localize against")
		return err
	}
	fmt.Fprintf(w, "\nscore maps of %s, %dx%d\n", classWord(r.MapClass), r.MapSize, r.MapSize)
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "map\tMaxBoxAcc\tat\tMaxBoxAccV2\tIoU 30\tIoU 50\tIoU 70\tcoverage\tprecision\tconstant\tNaN\t")
	for _, m := range r.Maps {
		fmt.Fprintf(tw, "%s\t%.2f\t%.3f\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t%d\t%d\t\n", m.Name, m.MaxBoxAcc, m.Threshold, m.MaxBoxAccV2,
			m.MaxBoxAccV2IoU["30"], m.MaxBoxAccV2IoU["50"], m.MaxBoxAccV2IoU["70"], m.Coverage, m.Precision, m.ConstantMaps, m.NaNMaps)
		if v := m.AtVal; v != nil {
			fmt.Fprintf(tw, "threshold from val\t%.2f\t%.3f\t%.2f\t%.2f\t%.2f\t%.2f\t\t\t\t\t\n", v.MaxBoxAcc, v.Thresholds.MaxBoxAcc, v.MaxBoxAccV2,
				v.MaxBoxAccV2IoU["30"], v.MaxBoxAccV2IoU["50"], v.MaxBoxAccV2IoU["70"])
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "\nMaxBoxAcc and V2 are at the thresholds that are best on this split, an oracle, unless they are from val;\ncoverage is the share of the true box that the map covers, precision that of the map inside it, at the stated threshold")
	return err
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
