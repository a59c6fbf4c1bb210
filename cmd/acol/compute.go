package main

import (
	"os"
	"runtime/debug"

	"acol/internal/engine"
	"acol/internal/kernel/kernels"
	"acol/internal/train"
)

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
