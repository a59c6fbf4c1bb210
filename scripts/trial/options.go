package trial

import (
	"context"
	"flag"
	"regexp"
)

// Options are what the scripts that train on sixteen classes of CUB-200-2011 have in common: their
// flags, and the commit of the acol program.
type Options struct {
	Acol                                Acol
	Data, Weights, Runs, CSV, Precision string
	Seeds                               int
	Only                                *regexp.Regexp
	// Commit is empty where no seed is to be trained.
	Commit string
}

// Flags adds the flags to f, for the page of docs/results of a name. only says which things a
// regexp chooses.
func (o *Options) Flags(f *flag.FlagSet, page, only string) {
	f.StringVar((*string)(&o.Acol), "acol", "bin/acol", "the acol `program`")
	f.StringVar(&o.Data, "data", "data/CUB_200_2011", "the `folder` that holds images.txt")
	f.StringVar(&o.Weights, "weights", "data/weights",
		"the `folder` with the networks' ImageNet weights")
	f.StringVar(&o.Runs, "runs", "runs/"+page, "the `folder` that the runs go to")
	f.StringVar(&o.CSV, "csv", "docs/results/"+page+".csv", "the CSV `file` to add rows to")
	f.StringVar(&o.Precision, "precision", "fp32", "the `format` to compute in: fp32 or bf16")
	f.IntVar(&o.Seeds, "seeds", 3, "train with the seeds 1 to `N`; 0 only prints what there is")
	o.Only = regexp.MustCompile("")
	f.Func("only", only, func(s string) (err error) {
		o.Only, err = regexp.Compile(s)
		return err
	})
}

// Parse reads the flags, and asks the program for its commit.
func (o *Options) Parse(ctx context.Context, f *flag.FlagSet, args []string) error {
	if err := f.Parse(args); err != nil || o.Seeds <= 0 {
		return err
	}
	var err error
	o.Commit, err = o.Acol.Version(ctx)
	return err
}
