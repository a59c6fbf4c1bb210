// Cub16 makes the figures of docs/results/cub16.md. It trains each network with each method on
// sixteen classes of CUB-200-2011, seed by seed, evaluates val and test, and adds a row for each
// training to a CSV file. A training whose row is in the file is not repeated, so cub16 may be
// stopped and started again. At the end it prints a table of the means over seeds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"

	"acol/internal/bench"
	"acol/scripts/rows"
	"acol/scripts/trial"
)

// options are the flags, and the commit of the acol program.
type options struct {
	acol                                        trial.Acol
	data, weights, runs, csv, precision, commit string
	seeds                                       int
	only                                        *regexp.Regexp
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "cub16: error: %v\n", err)
		os.Exit(1)
	}
}

// run makes what is missing and prints the table.
func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("cub16", flag.ContinueOnError)
	f.StringVar((*string)(&o.acol), "acol", "bin/acol", "the acol `program`")
	f.StringVar(&o.data, "data", "data/CUB_200_2011", "the `folder` that holds images.txt")
	f.StringVar(&o.weights, "weights", "data/weights",
		"the `folder` with the networks' ImageNet weights")
	f.StringVar(&o.runs, "runs", "runs/cub16", "the `folder` that the runs go to")
	f.StringVar(&o.csv, "csv", "docs/results/cub16.csv", "the CSV `file` to add rows to")
	f.StringVar(&o.precision, "precision", "fp32", "the `format` to compute in: fp32 or bf16")
	f.IntVar(&o.seeds, "seeds", 3, "train with the seeds 1 to `N`; 0 only prints the table")
	only := f.String("only", "",
		"train only experiments whose name matches `regexp`, such as 'squeezenet 1.1 pp'")
	if err := f.Parse(args); err != nil {
		return err
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return err
	}
	have, err := rows.Read(o.csv, columns)
	if err != nil {
		return err
	}
	if o.seeds > 0 {
		if o.commit, err = o.acol.Version(ctx); err != nil {
			return err
		}
	}
	for seed := 1; seed <= o.seeds; seed++ {
		for _, e := range experiments {
			if !o.only.MatchString(e.String()) {
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
			if err := rows.Write(o.csv, columns, have); err != nil {
				return err
			}
		}
	}
	return printTable(out, have)
}

// row holds the columns that are known before an experiment is run.
func (o *options) row(e experiment, seed int) row {
	return row{
		"program": "acol", "precision": o.precision, "network": e.network.name,
		"kinds": e.kinds, "head": e.head, "delta": e.delta,
		"epochs": strconv.Itoa(e.network.epochs), "seed": strconv.Itoa(seed),
		"machine": bench.Machine(), "commit": o.commit,
	}
}

// measure trains, evaluates and fills in the figures.
func (o *options) measure(ctx context.Context, e experiment, r row) error {
	dir := filepath.Join(o.runs, fmt.Sprintf("%s-s%s", e.slug(), r["seed"]))
	args := []string{
		"train", "--config", e.network.config, "--out", dir, "--force", "--precision", o.precision,
		"--set", "data.root=" + o.data,
		"--set", "model.backbone.weights=" + filepath.Join(o.weights, e.network.weights),
		"--set", "train.seed=" + r["seed"], "--set", "model.branches.kinds=" + e.kinds,
		"--set", "model.branches.deltas=" + e.delta, "--set", "model.branches.head=" + e.head,
	}
	if _, err := o.acol.Do(ctx, args...); err != nil {
		return err
	}
	for _, split := range []string{"val", "test"} {
		g, err := o.acol.Measure(ctx, "--run", dir, "--split", split, "--precision", o.precision,
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
