package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"

	"acol/internal/engine"
	"acol/internal/kernel/kernels"
	"acol/internal/train"
)

// addComputeFlags adds the flags that say what computes. Each is short for a key of the recipe, and goes where --set does.
func addComputeFlags(f *pflag.FlagSet, set *[]string) {
	f.Var(keyFlag{set, "train.kernels", "KERNELS"}, "kernels", "compute with `KERNELS`: "+strings.Join(kernels.Names(), ", ")+" (train.kernels)")
	f.Var(keyFlag{set, "train.threads", "N"}, "threads", "compute on `N` threads; 0 is one a processor (train.threads)")
	f.Var(keyFlag{set, "train.precision", "FORMAT"}, "precision", "compute in `FORMAT`: fp32 or bf16 (train.precision)")
}

// addSetFlag adds --set, which overrides keys in the order of the command line.
func addSetFlag(f *pflag.FlagSet, set *[]string, usage string) {
	f.Var(setFlag{set}, "set", usage)
}

// addNumbersFlag adds a flag of numbers between commas. Help shows the default as one would write it; pflag gives each six digits.
func addNumbersFlag(f *pflag.FlagSet, to *[]float64, name string, value []float64, usage string) {
	f.Float64SliceVar(to, name, value, usage)
	f.Lookup(name).DefValue = numbers(value)
}

// numbers writes numbers with commas between them.
func numbers(v []float64) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ",")
}

// setFlag collects overrides. pflag's own list would forget what other flags have put there.
type setFlag struct{ set *[]string }

func (s setFlag) Set(v string) error {
	*s.set = append(*s.set, v)
	return nil
}
func (s setFlag) String() string { return "" }
func (s setFlag) Type() string   { return "KEY=VALUE" }

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

// garbagePercent is how much garbage, of images mostly, may gather beside a heap that is one large
// arena: with Go's usual 100 a training would take twice its memory.
const garbagePercent = 20

// newEngine starts the kernels that a recipe asks for.
func newEngine(c train.Config) (*engine.Engine, error) {
	b, err := kernels.Open(c.Backend())
	if err != nil {
		return nil, hinted{err, "--kernels and --precision, or the recipe's train.kernels and train.precision, say what computes"}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	return engine.New(b), nil
}
