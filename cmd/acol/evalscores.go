package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"acol/internal/eval"
)

// printScores writes the figures of score maps, one a line, with thresholds and intervals.
func printScores(w io.Writer, s *eval.Scores, ci *eval.Intervals) error {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	line := func(name, key string, v float64, at string) {
		fmt.Fprintf(tw, "%s\t%6.2f\t%s\t%s\n", name, v, interval(ci, key), at)
	}
	tau := func(v float64) string { return fmt.Sprintf("at %.3f", v) }
	if s.MaxBoxAcc != nil {
		line("MaxBoxAcc", "max_box_acc", *s.MaxBoxAcc, tau(s.Thresholds.MaxBoxAcc))
		line("MaxBoxAccV2", "max_box_acc_v2", *s.MaxBoxAccV2, "")
		for _, d := range []string{"30", "50", "70"} {
			line("  at IoU 0."+d[:1], "max_box_acc_v2_iou."+d, s.MaxBoxAccV2IoU[d], tau(s.Thresholds.MaxBoxAccV2[d]))
		}
	}
	if v := s.AtVal; v != nil {
		line("MaxBoxAcc, threshold from val", "at_val_threshold.max_box_acc", v.MaxBoxAcc, tau(v.Thresholds.MaxBoxAcc))
		line("MaxBoxAccV2, thresholds from val", "at_val_threshold.max_box_acc_v2", v.MaxBoxAccV2, "")
		for _, d := range []string{"30", "50", "70"} {
			line("  at IoU 0."+d[:1], "at_val_threshold.max_box_acc_v2_iou."+d, v.MaxBoxAccV2IoU[d], tau(v.Thresholds.MaxBoxAccV2[d]))
		}
	}
	if s.PxAP != nil {
		line("PxAP", "pxap", *s.PxAP, "")
	}
	return tw.Flush()
}

// interval is a figure's, or nothing.
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

// groupColumns are the figures of groups that are printed, where there are any.
var groupColumns = []struct{ key, head string }{
	{"top1", "top-1"},
	{"localization.gt_known", "GT-known"},
	{"localization.top1", "top-1 loc"},
	{"max_box_acc", "MaxBoxAcc"},
	{"max_box_acc_v2", "MaxBoxAccV2"},
	{"max_box_acc_v2_iou.30", "IoU 30"},
	{"max_box_acc_v2_iou.50", "IoU 50"},
	{"max_box_acc_v2_iou.70", "IoU 70"},
}

// printGroups writes a table with a group a row.
func printGroups(w io.Writer, what string, groups []eval.Group) error {
	has := func(key string) bool {
		return slices.ContainsFunc(groups, func(g eval.Group) bool { _, ok := g.Figures[key]; return ok })
	}
	if len(groups) == 0 || !slices.ContainsFunc(groupColumns, func(c struct{ key, head string }) bool { return has(c.key) }) {
		return nil
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(tw, "%s\timages", what)
	for _, c := range groupColumns {
		if has(c.key) {
			fmt.Fprintf(tw, "\t%s", c.head)
		}
	}
	for _, g := range groups {
		fmt.Fprintf(tw, "\n%s\t%d", g.Name, g.Images)
		for _, c := range groupColumns {
			if v, ok := g.Figures[c.key]; ok {
				fmt.Fprintf(tw, "\t%.2f", v)
			} else if has(c.key) {
				fmt.Fprint(tw, "\t")
			}
		}
	}
	fmt.Fprintln(tw)
	return tw.Flush()
}

// printNote says what the numbers are.
func printNote(w io.Writer, ci *eval.Intervals) error {
	_, err := fmt.Fprintln(w, "\nfigures in percent; at the thresholds that are best on this very split, an oracle, unless they are from val")
	if ci != nil && err == nil {
		_, err = fmt.Fprintf(w, "[low, high]: %d %% intervals of %d resamples of the images\n", ci.Level, ci.Resamples)
	}
	return err
}
