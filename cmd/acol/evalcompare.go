package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"text/tabwriter"

	"acol/internal/eval"
	"acol/internal/run"
)

// runCompare compares two evaluations of the same split.
func runCompare(ctx context.Context, o *evalOptions) error {
	a, err := openRecords(o.Compare, o.Split)
	if err != nil {
		return err
	}
	b, err := openRecords(o.With, o.Split)
	if err != nil {
		return err
	}
	if a.Split != b.Split {
		return fmt.Errorf("comparing %s of split %s with %s of split %s: want the same",
			o.Compare, a.Split, o.With, b.Split)
	}
	if o.Bootstrap == 0 {
		return usagef("--compare needs resamples: --bootstrap 0")
	}
	p := newProgress(o.streams, "resampling", "resample")
	defer p.done()
	c, err := eval.Compare(ctx, a, b, o.resampling(p))
	if err != nil {
		return err
	}
	p.done()
	if o.JSON {
		return printJSON(o.streams.Out, c)
	}
	return printComparison(o.streams.Out, c, a.Split)
}

// openRecords reads the records of a split from a run's folder, or those of a file.
func openRecords(path, split string) (*eval.Records, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		r, err := run.Folder(path).Evaluation(split)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hinted{
				fmt.Errorf("%s has no evaluation of split %s yet", path, split),
				fmt.Sprintf("acol eval --run %s --split %s makes one", path, split),
			}
		}
		return r, err
	}
	return eval.ReadRecords(path)
}

// printComparison writes the differences as a table.
func printComparison(w io.Writer, c *eval.Comparison, split string) error {
	fmt.Fprintf(w, "A: %s\nB: %s\n%s split, %d images in both", c.A, c.B, split, c.Images)
	if c.OnlyA+c.OnlyB > 0 {
		fmt.Fprintf(w, "; left out are %d only in A and %d only in B", c.OnlyA, c.OnlyB)
	}
	fmt.Fprint(w, "\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(tw, "figure\tA\tB\tB - A\t%d %% interval\tp\n", c.Level)
	for _, d := range c.Figures {
		fmt.Fprintf(tw, "%s\t%.2f\t%.2f\t%+.2f\t[%+.2f, %+.2f]\t%.4f\n",
			d.Key, d.A, d.B, d.Diff, d.Low, d.High, d.P)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, key := range c.NotCompared {
		fmt.Fprintf(w, "not compared: %s, which one of them lacks\n", key)
	}
	_, err := fmt.Fprintf(w, "\nfigures in percent; intervals of a paired bootstrap, "+
		"p of a paired permutation test, two-sided, %d resamples each,\n"+
		"not corrected for the number of figures\n", c.Resamples)
	return err
}
