package main

import (
	"github.com/spf13/pflag"

	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/train"
)

// addComputeFlags adds the flags that say what computes. Each is short for a key of the recipe, and goes where --set does.
func addComputeFlags(f *pflag.FlagSet, set *[]string) {
	f.Var(keyFlag{set, "train.kernels", "KERNELS"}, "kernels", "compute with `KERNELS`: native, portable or auto (train.kernels)")
	f.Var(keyFlag{set, "train.threads", "N"}, "threads", "compute on `N` threads; 0 is one a processor (train.threads)")
	f.Var(keyFlag{set, "train.precision", "FORMAT"}, "precision", "compute in `FORMAT`: fp32 or bf16 (train.precision)")
}

// keyFlag is a flag that overrides a key.
type keyFlag struct {
	set  *[]string
	key  string
	kind string
}

func (k keyFlag) Set(v string) error {
	*k.set = append(*k.set, k.key+"="+v)
	return nil
}
func (k keyFlag) String() string { return "" }
func (k keyFlag) Type() string   { return k.kind }

// newEngine starts the kernels that a recipe asks for.
func newEngine(c train.Config) (*engine.Engine, error) {
	b, err := kernel.New(c.Backend())
	if err != nil {
		return nil, hinted{err, "--kernels and --precision, or the recipe's train.kernels and train.precision, say what computes"}
	}
	return engine.New(b), nil
}
