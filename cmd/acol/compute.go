package main

import (
	"os"
	"runtime/debug"

	"acol/internal/engine"
	"acol/internal/kernel/kernels"
	"acol/internal/machine"
	"acol/internal/train"
)

// garbagePercent is how much garbage, of images mostly, may gather beside a heap that is one large
// arena: with Go's usual 100 a training would take twice its memory.
const garbagePercent = 20

// newEngine starts the kernels that a recipe asks for, on at most as many threads as this process
// has processors.
func newEngine(s *streams, c train.Config) (*engine.Engine, error) {
	c.Threads = boundThreads(s, c.Threads, machine.CPUs())
	b, err := kernels.Open(c.Backend())
	if err != nil {
		return nil, hinted{err, "--kernels and --precision, or the recipe's train.kernels and train.precision, say what computes"}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	return engine.New(b), nil
}

// boundThreads returns a number of threads that the processors can keep busy, and says where that
// is another than the recipe's. More threads than processors only wait for each other: a recipe of
// a larger machine would crawl on this one. It is no error, because recipes and runs travel.
func boundThreads(s *streams, threads, processors int) int {
	if threads <= processors {
		return threads
	}
	s.say("train.threads is %d, and this process has %s: it computes with %d",
		threads, counted(processors, "processor"), processors)
	return processors
}
