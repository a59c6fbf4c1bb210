// Versus measures acol and PyTorch against each other. In one sitting the two programs take turns
// at training and inferring the same networks, each measurement in a fresh process with the same
// number of threads. It adds rows to a CSV file and prints the ratios. Without PyTorch it measures
// acol alone. docs/benchmarks.md explains how to read the results.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"acol/internal/bench"
	"acol/scripts/script"
)

// options are the flags.
type options struct {
	acol, python, script, out string
	models, modes             []string
	batches                   []int
	rounds, steps, warmup     int
	threads, localizes        int
	compile                   bool
}

func main() {
	script.Main("versus", func(ctx context.Context, args []string, _ io.Writer) error {
		return run(ctx, args)
	})
}

// parse reads the flags.
func parse(args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("versus", flag.ContinueOnError)
	f.StringVar(&o.acol, "acol", "bin/acol", "the acol `program`")
	f.StringVar(&o.python, "python", "",
		"a Python `program` that has PyTorch; empty measures acol alone")
	f.StringVar(&o.script, "script", "scripts/versus/torch_acol.py",
		"the `script` that runs the networks in PyTorch")
	f.StringVar(&o.out, "out", "bench.csv", "the CSV `file` to add rows to")
	models := f.String("models", "resnet50,vgg16,squeezenet",
		"the `networks` to measure, separated by commas; there are also googlenet and mobilenet")
	modes := f.String("modes", "train,infer", "what to measure: `train, infer` or both")
	batches := f.String("batches", "1,8,32", "the batch `sizes` to measure, in images")
	f.IntVar(&o.rounds, "rounds", 3,
		"how many turns each program takes; a ratio is the median over them")
	f.IntVar(&o.steps, "steps", 5, "how many steps are timed in a turn; their median counts")
	f.IntVar(&o.warmup, "warmup", 2, "how many steps run before those, untimed")
	f.IntVar(&o.threads, "threads", 2, "how many threads every program uses")
	f.IntVar(&o.localizes, "localize", 3,
		"how many times each program localizes one image as a whole process; 0 leaves that out")
	f.BoolVar(&o.compile, "compile", true, "measure torch.compile, too")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected %q", f.Arg(0))
	}
	o.models, o.modes = strings.Split(*models, ","), strings.Split(*modes, ",")
	for _, b := range strings.Split(*batches, ",") {
		n, err := strconv.Atoi(b)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-batches: %q is not a number of images", b)
		}
		o.batches = append(o.batches, n)
	}
	if o.rounds < 1 || o.steps < 1 || o.warmup < 0 || o.threads < 1 {
		return nil, fmt.Errorf("-rounds, -steps and -threads must be positive, -warmup at least 0")
	}
	return o, nil
}

// run measures what the flags ask for and prints the report.
func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	nets, err := choose(o.models)
	if err != nil {
		return err
	}
	s := &sitting{options: o, machine: bench.Machine()}
	if s.scratch, err = os.MkdirTemp("", "acol-versus"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(s.scratch) }()
	s.findTorch(ctx)
	s.precision = s.precisionKey(ctx)
	for _, n := range nets {
		if err = s.network(ctx, n); err != nil {
			break // print what was measured before
		}
	}
	s.print(os.Stdout)
	return err
}
