// Bench measures acol and, where PyTorch is installed, the same networks in
// PyTorch beside it: in one sitting, in turns, every measurement in a fresh process of so many
// threads. It adds rows to a CSV file and prints the ratios; docs/benchmarks.md tells more.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"acol/internal/bench"
)

type options struct {
	acol, python, script, out string
	models, modes             []string
	batches                   []int
	rounds, steps, warmup     int
	threads, localizes        int
	compile                   bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: error: %v\n", err)
		os.Exit(1)
	}
}

func parse(args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.acol, "acol", "bin/acol", "the acol program")
	f.StringVar(&o.python, "python", "", "a Python that has torch; empty measures acol alone")
	f.StringVar(&o.script, "script", "scripts/bench/torch_acol.py", "the networks in PyTorch")
	f.StringVar(&o.out, "out", "bench.csv", "the CSV file that rows are added to")
	models := f.String("models", "resnet50,vgg16,squeezenet", "which networks; also googlenet, mobilenet")
	modes := f.String("modes", "train,infer", "train, infer or both")
	batches := f.String("batches", "1,8,32", "images a step")
	f.IntVar(&o.rounds, "rounds", 3, "turns: each ratio is the median of as many")
	f.IntVar(&o.steps, "steps", 5, "steps a turn; its median counts")
	f.IntVar(&o.warmup, "warmup", 2, "steps before them")
	f.IntVar(&o.threads, "threads", 2, "threads of every program")
	f.IntVar(&o.localizes, "localize", 3, "turns of localizing one image, whole processes; 0 leaves it out")
	f.BoolVar(&o.compile, "compile", true, "measure torch.compile too")
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
	if s.scratch, err = os.MkdirTemp("", "acol-bench"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(s.scratch) }()
	s.findTorch(ctx)
	s.precision = s.precisionKey(ctx)
	for _, n := range nets {
		if err = s.network(ctx, n); err != nil {
			break // and show what there is
		}
	}
	s.print(os.Stdout)
	return err
}
