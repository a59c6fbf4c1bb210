package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"acol/internal/data"
	"acol/internal/eval"
)

// runScoreMaps measures score maps in files.
func runScoreMaps(ctx context.Context, o *evalOptions) error {
	o.Split = cmp.Or(o.Split, "test")
	maps, err := o.scoreMaps(o.ScoreMaps, o.Split)
	if err != nil {
		return err
	}
	if o.ValScoreMaps != "" {
		if _, err := os.Stat(filepath.Join(o.Metadata, "val")); err != nil {
			return usagef("--val-scoremaps: %s has no folder val: "+
				"name the folder with a folder for each split", o.Metadata)
		}
		val, err := o.scoreMaps(o.ValScoreMaps, "val")
		if err != nil {
			return err
		}
		rep, err := measureMaps(ctx, o, val)
		if err != nil {
			return hintMaps(err)
		}
		tellLost(o.streams, rep)
		maps.At = rep.Best
	}
	maps.Keep = true
	rep, err := measureMaps(ctx, o, maps)
	if err != nil {
		return hintMaps(err)
	}
	tellLost(o.streams, rep)
	if o.Bootstrap > 0 {
		if rep.Intervals, err = bootstrap(ctx, o, rep.Records); err != nil {
			return err
		}
	}
	if err := o.saveExtras(rep.Records, rep.Curve); err != nil {
		return err
	}
	if err := o.printScoreMaps(rep); err != nil {
		return err
	}
	if lost := len(rep.Missing) + len(rep.Failed); lost > 0 {
		return partialError{lost, lost + rep.Images}
	}
	return nil
}

// scoreMaps opens a split for the score maps of a folder.
func (o *evalOptions) scoreMaps(dir, split string) (*eval.ScoreMaps, error) {
	s, err := data.OpenMetadata(o.Metadata, split, o.Masks)
	if err != nil {
		return nil, err
	}
	if s.HasMasks && o.Masks == "" {
		return nil, hinted{
			usagef("split %s has masks: --masks is missing", split),
			"name the folder that the paths of localization.txt are below",
		}
	}
	return &eval.ScoreMaps{
		Dir: dir, Split: s, Size: eval.MapSize, Resize: o.Resize, Normalize: o.Normalize,
	}, nil
}

// measureMaps measures score maps with their progress on the terminal.
func measureMaps(
	ctx context.Context, o *evalOptions, m *eval.ScoreMaps,
) (*eval.ScoreMapReport, error) {
	p := newProgress(o.streams, "measuring "+m.Split.Name, "map")
	m.Progress = p.update
	defer p.done()
	return m.Run(ctx)
}

// hintMaps says what to do about maps that are there and not measured.
func hintMaps(err error) error {
	if errors.Is(err, eval.ErrNoMaps) {
		return hinted{err, "maps lie at DIR/<image id>.npy as image_ids.txt has the ids, " +
			"ending included: bird.jpg.npy"}
	}
	return err
}

// fewLost is the number of missing and of failed maps that are listed; --json has all of them.
const fewLost = 10

// tellLost tells of the maps that could not be measured.
func tellLost(s *streams, r *eval.ScoreMapReport) {
	for _, id := range r.Missing[:min(fewLost, len(r.Missing))] {
		s.say("missing: %s", filepath.Join(r.Dir, filepath.FromSlash(id)+".npy"))
	}
	for _, f := range r.Failed[:min(fewLost, len(r.Failed))] {
		s.say("failed: %s", f.Error)
	}
	if len(r.Missing) > fewLost || len(r.Failed) > fewLost {
		s.say("%d missing and %d failed in all; --json lists them", len(r.Missing), len(r.Failed))
	}
}

// bootstrap draws intervals with progress.
func bootstrap(ctx context.Context, o *evalOptions, r *eval.Records) (*eval.Intervals, error) {
	p := newProgress(o.streams, "resampling", "resample")
	defer p.done()
	return r.Bootstrap(ctx, o.resampling(p))
}

// saveExtras writes the files of --records and --curve.
func (o *evalOptions) saveExtras(r *eval.Records, curve *eval.Curve) error {
	if o.Records != "" {
		if err := r.Write(o.Records); err != nil {
			return fmt.Errorf("writing records: %w", err)
		}
	}
	if o.Curve == "" {
		return nil
	}
	return curve.Write(o.Curve)
}

// printScoreMaps writes the figures of score maps as text or as JSON.
func (o *evalOptions) printScoreMaps(r *eval.ScoreMapReport) error {
	if o.JSON {
		return printJSON(o.streams.Out, r)
	}
	w := o.streams.Out
	printf(w, "%s: %s split, %d score maps of %dx%d",
		r.Dir, r.Split, r.Images, r.MapSize, r.MapSize)
	for _, c := range []struct {
		n    int
		what string
	}{
		{len(r.Missing), "missing"}, {len(r.Failed), "failed"}, {r.Extra, "of no image"},
		{r.ConstantMaps(), "constant"}, {r.NaNMaps(), "with NaN"},
	} {
		if c.n > 0 {
			printf(w, ", %d %s", c.n, c.what)
		}
	}
	printf(w, "\n\n")
	if err := printScores(w, r.Book, r.Intervals); err != nil {
		return err
	}
	if err := printAllGroups(w, r.BySize, r.ByClass, o.ByClass); err != nil {
		return err
	}
	return printNote(w, r.Intervals)
}
