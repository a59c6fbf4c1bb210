// Cub16 makes the figures of docs/results/cub16.md. It trains each network with each method on
// sixteen classes of CUB-200-2011, seed by seed, evaluates val and test, and adds a row for each
// training to a CSV file. A training whose row is in the file is not repeated, so cub16 may be
// stopped and started again. At the end it prints a table of the means over seeds.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"acol/internal/bench"
	"acol/scripts/rows"
	"acol/scripts/script"
	"acol/scripts/trial"
)

// options are the flags.
type options struct{ trial.Options }

func main() { script.Main("cub16", run) }

// run makes what is missing and prints the table.
func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("cub16", flag.ContinueOnError)
	o.Flags(f, "cub16", "train only experiments whose name matches `regexp`, such as 'squeezenet 1.1 pp'")
	if err := o.Parse(ctx, f, args); err != nil {
		return err
	}
	have, err := rows.Read(o.CSV, columns)
	if err != nil {
		return err
	}
	for seed := 1; seed <= o.Seeds; seed++ {
		for _, e := range experiments {
			if !o.Only.MatchString(e.String()) {
				continue
			}
			r := o.row(e, seed)
			if contains(have, r) {
				continue
			}
			fmt.Fprintf(out, "%s, seed %d\n", e, seed)
			if err := o.measure(ctx, e, r); err != nil {
				return fmt.Errorf("%s, seed %d: %w", e, seed, err)
			}
			have = append(have, r)
			if err := rows.Write(o.CSV, columns, have); err != nil {
				return err
			}
		}
	}
	return printTable(out, have)
}

// row holds the columns that are known before an experiment is run.
func (o *options) row(e experiment, seed int) row {
	return row{
		"program": "acol", "precision": o.Precision, "network": e.network.name,
		"kinds": e.kinds, "head": e.head, "delta": e.delta,
		"epochs": strconv.Itoa(e.network.epochs), "seed": strconv.Itoa(seed),
		"machine": bench.Machine(), "commit": o.Commit,
	}
}

// measure trains, evaluates and fills in the figures.
func (o *options) measure(ctx context.Context, e experiment, r row) error {
	dir := filepath.Join(o.Runs, fmt.Sprintf("%s-s%s", e.slug(), r["seed"]))
	args := []string{
		"train", "--config", e.network.config, "--out", dir, "--force", "--precision", o.Precision,
		"--set", "data.root=" + o.Data,
		"--set", "model.backbone.weights=" + filepath.Join(o.Weights, e.network.weights),
		"--set", "train.seed=" + r["seed"], "--set", "model.branches.kinds=" + e.kinds,
		"--set", "model.branches.deltas=" + e.delta, "--set", "model.branches.head=" + e.head,
	}
	if _, err := o.Acol.Do(ctx, args...); err != nil {
		return err
	}
	for _, split := range []string{"val", "test"} {
		g, err := o.Acol.Measure(ctx, "--run", dir, "--split", split, "--precision", o.Precision,
			"--set", "eval.threshold=0.2")
		if err != nil {
			return err
		}
		g.Into(r, split)
		if split == "test" {
			ofBranches(g, r)
		}
	}
	return nil
}
