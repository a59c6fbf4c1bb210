package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"acol/internal/eval"
	"acol/internal/run"
)

// runCompare compares two evaluations of the same split.
func runCompare(ctx context.Context, o *evalOptions) error {
	o.chooseEvaluations()
	a, err := openRecords(o.streams, o.Compare, o.Split)
	if err != nil {
		return err
	}
	b, err := openRecords(o.streams, o.With, o.Split)
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

// openRecords reads the records of a split from a run's folder, or those of a file. A run's have to
// be of the weights that it has now. Of a file that lies in a run's folder it warns where they are
// not.
func openRecords(s *streams, path, split string) (*eval.Records, error) {
	var stale *run.StaleError
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		r, err := eval.ReadRecords(path)
		folder := run.Folder(filepath.Dir(path))
		if err == nil && folder.RecordsPathOf(r) == filepath.Clean(path) &&
			errors.As(folder.Vouch(r, path), &stale) {
			s.say("warning: %v", stale)
		}
		return r, err
	}
	r, err := run.Folder(path).Evaluation(split)
	again := fmt.Sprintf("acol eval --run %s --split %s", shellWord(path), split)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint := again + " makes one"
		if rec, err := run.Folder(path).Recipe(nil, nil); err == nil && !rec.Data.Has(split) {
			hint = fmt.Sprintf("its recipe has no such split, but %s; --split names one",
				strings.Join(splitsOf(rec.Data), " and "))
		}
		if others := run.Folder(path).Evaluated(); len(others) > 0 {
			hint += "; what it has is compared with --split " + strings.Join(others, " or ")
		}
		err = hinted{fmt.Errorf("%s has no evaluation of split %s yet", path, split), hint}
	case errors.As(err, &stale):
		if r.Checkpoint == filepath.Base(run.Folder(path).BestPath()) {
			again += " --checkpoint best"
		}
		err = hinted{err, fmt.Sprintf("%s measures anew; to compare with what was measured then, name %s",
			again, run.Folder(path).RecordsPath(split))}
	}
	return r, err
}

// printComparison writes the differences as a table.
func printComparison(w io.Writer, c *eval.Comparison, split string) error {
	printf(w, "A: %s\nB: %s\n%s split, %d images in both", c.A, c.B, split, c.Images)
	if c.OnlyA+c.OnlyB > 0 {
		printf(w, "; left out are %d only in A and %d only in B", c.OnlyA, c.OnlyB)
	}
	printf(w, "\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	printf(tw, "figure\tA\tB\tB - A\t%d %% interval\tp\n", c.Level)
	for _, d := range c.Figures {
		printf(tw, "%s\t%.2f\t%.2f\t%+.2f\t[%+.2f, %+.2f]\t%.4f\n",
			d.Key, d.A, d.B, d.Diff, d.Low, d.High, d.P)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	located := func(d eval.Difference) bool {
		f := eval.FigureOf(d.Key)
		return f != nil && f.Need == eval.Boxes
	}
	if !slices.ContainsFunc(c.Figures, located) {
		printf(w, "not compared: localization, which needs boxes\n")
	}
	for _, key := range c.NotCompared {
		printf(w, "not compared: %s, which one of them lacks\n", key)
	}
	return printLast(w, "\nfigures in percent; intervals of a paired bootstrap, "+
		"p of a paired permutation test, two-sided, %d resamples each,\n"+
		"not corrected for the number of figures\n", c.Resamples)
}
