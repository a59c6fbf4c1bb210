// Torture kills, starves and damages acol, and counts what is lost. It trains a tiny network on
// data that acol draws, and does so again and again with a fault in each try: kills at random
// moments and inside system calls, errors and full disks, flipped bits, two trainings in one
// folder, limits, pipes and hostile names. A try is lost if what is left is not, to the bit, what
// an undisturbed training gives, or if a fault passed in silence. It prints a table of tries and
// losses; a lost try keeps its folder, and the command that repeats it is printed.
package main

import (
	"acol/scripts/script"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// options are the flags.
type options struct {
	acol, work string
	seed       int64
	minutes    float64
	jobs       int
	scale      float64
	first      int
	tries      int
	only       *regexp.Regexp
}

func main() { script.Main("torture", run) }

// run does the campaign; a lost try is an error.
func run(ctx context.Context, args []string, out io.Writer) error {
	o := &options{}
	f := flag.NewFlagSet("torture", flag.ContinueOnError)
	f.StringVar(&o.acol, "acol", "bin/acol", "the acol `program`")
	f.StringVar(&o.work, "work", "",
		"the `folder` that tries are made in; empty is a new temporary one")
	f.Int64Var(&o.seed, "seed", 1, "the `seed` of all random choices")
	f.Float64Var(&o.minutes, "minutes", 15, "begin no try after so many `minutes`")
	f.IntVar(&o.jobs, "jobs", 2, "the `number` of tries at a time")
	f.Float64Var(&o.scale, "scale", 1, "multiply the number of tries of every kind by `factor`")
	f.IntVar(&o.first, "first", 0, "begin each kind with try number `N`")
	f.IntVar(&o.tries, "tries", 0, "make `N` tries of each kind; 0 is each kind's own number")
	only := f.String("only", "", "try only the kinds whose name matches `regexp`, such as '^kill$'")
	err := f.Parse(args)
	if err != nil {
		return err
	}
	if o.only, err = regexp.Compile(*only); err != nil {
		return err
	}
	if o.acol, err = filepath.Abs(o.acol); err != nil {
		return err
	}
	if o.work == "" {
		o.work, err = os.MkdirTemp("", "acol-torture-")
	} else if err = os.MkdirAll(o.work, 0o777); err == nil {
		o.work, err = filepath.Abs(o.work)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(o.minutes*float64(time.Minute)))
	defer cancel()
	results, err := campaign(ctx, o, out)
	if err != nil {
		return err
	}
	return report(out, o, results)
}

// report prints the table. It removes the working folder if nothing is lost in it.
func report(out io.Writer, o *options, results []result) error {
	lost, missing := 0, 0
	fmt.Fprintf(out, "%-14s %6s %6s %6s  %s\n", "kind", "wanted", "tries", "lost", "what was done")
	for _, r := range results {
		fmt.Fprintf(out, "%-14s %6d %6d %6d  %s\n", r.name, r.wanted, r.done, len(r.lost), r.what)
		if r.skipped != "" {
			fmt.Fprintf(out, "%-14s not tried: %s\n", "", r.skipped)
		}
		lost += len(r.lost)
		missing += r.wanted - r.done
	}
	if missing > 0 {
		fmt.Fprintf(out, "%d tries were not made: give more -minutes, or see above\n", missing)
	}
	if lost == 0 {
		if missing == 0 {
			fmt.Fprintln(out, "nothing lost, nothing silent")
		} else {
			fmt.Fprintln(out, "nothing lost in the tries that were made")
		}
		return os.RemoveAll(o.work)
	}
	for _, r := range results {
		for i, l := range r.lost {
			if i == 3 {
				fmt.Fprintf(out, "%s: and %d more\n", r.name, len(r.lost)-i)
				break
			}
			fmt.Fprintf(out, "\n%s, try %d: %v\n  folder: %s\n  again: torture -acol %s -seed %d "+
				"-only '^%s$' -first %d -tries 1\n", r.name, l.number, l.err, l.dir, o.acol, o.seed,
				r.name, l.number)
		}
	}
	return fmt.Errorf("%d tries are lost", lost)
}
