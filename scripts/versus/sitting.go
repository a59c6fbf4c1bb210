package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"acol/internal/bench"
)

// sitting holds everything that one call measures.
type sitting struct {
	*options
	machine, scratch string
	// precision is the recipe's key that sets acol's precision, empty where there is none.
	precision string
	// about is what acol says of the network that is being measured.
	about     *report
	results   []*result
	localized []localized
	rates     []share
}

// result is what a contender has reached in one case, turn by turn.
type result struct {
	contender
	network, mode string
	batch         int
	rates         []float64 // images a second
	peaks         []int64   // bytes
	row           bench.Row // the columns that are the same in every turn
	failed        bool
}

// localized holds how long whole processes took to localize one image, turn by turn.
type localized struct {
	network     string
	acol, torch []float64 // seconds
}

// share compares the rate of a step's convolutions with the processor's peak.
type share struct {
	network, mode string
	batch         int
	flops, peak   float64 // operations a second
}

// network measures one network in all its cases.
func (s *sitting) network(ctx context.Context, n network) error {
	run := filepath.Join(s.scratch, n.name)
	var err error
	s.about, err = s.bench(ctx, n, "infer", 2, "--steps", "1", "--warmup", "0", "--export", run)
	if err != nil {
		s.say("%s is left out: %v", n.name, err)
		return ctx.Err()
	}
	if s.python != "" {
		out, err := s.torch(ctx, n, "check", run)
		if err != nil {
			return fmt.Errorf("%s: PyTorch does not compute the same as acol: %w", n.name, err)
		}
		s.say("%s: PyTorch computes the same as acol: %s", n.name, bytes.TrimSpace(out))
	}
	for _, batch := range s.batches {
		if batch > n.most {
			continue
		}
		for _, mode := range s.modes {
			if err := s.turns(ctx, n, mode, batch); err != nil {
				return err
			}
		}
	}
	if err := s.shares(ctx, n); err != nil {
		return err
	}
	return s.localize(ctx, n, run)
}

// turns measures one case. In each round every contender has one turn, so that whatever slows the
// machine slows all of them.
func (s *sitting) turns(ctx context.Context, n network, mode string, batch int) error {
	var all []*result
	for _, c := range s.contenders(s.precision) {
		all = append(all, &result{contender: c, network: n.name, mode: mode, batch: batch})
	}
	for round := range s.rounds {
		for _, r := range all {
			if r.failed {
				continue
			}
			if err := s.turn(ctx, n, r); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				s.say("%s %s batch %d: %s is left out: %v", n.name, mode, batch, r.name, err)
				r.failed = true
				continue
			}
			s.say("%s %s batch %d, turn %d of %d: %s %.2f img/s",
				n.name, mode, batch, round+1, s.rounds, r.name, r.rates[len(r.rates)-1])
		}
	}
	all = slices.DeleteFunc(all, func(r *result) bool { return r.failed })
	s.results = append(s.results, all...)
	for _, r := range all {
		if err := bench.AppendCSV(s.out, r.medianRow()); err != nil {
			return err
		}
	}
	return nil
}

// turn lets a contender take one turn.
func (s *sitting) turn(ctx context.Context, n network, r *result) error {
	r.row = bench.Row{Commit: s.about.Commit, Model: s.about.Model, Size: s.about.Size}
	steps := []string{"--steps", strconv.Itoa(s.steps), "--warmup", strconv.Itoa(s.warmup)}
	if r.torch {
		args := []string{"bench", "--mode", r.mode, "--batch", strconv.Itoa(r.batch)}
		out, err := s.torch(ctx, n, slices.Concat(args, steps, r.flags)...)
		if err != nil {
			return err
		}
		var t struct {
			Rate    float64 `json:"img_s"`
			Peak    int64   `json:"peak_bytes"`
			Torch   string  `json:"torch"`
			Threads int     `json:"threads"`
			ISA     string  `json:"isa"`
		}
		if err := json.Unmarshal(out, &t); err != nil {
			return fmt.Errorf("reading what PyTorch measured: %w", err)
		}
		r.add(t.Rate, t.Peak)
		r.row.Kernels = fmt.Sprintf("torch %s %s", t.Torch, strings.TrimPrefix(r.name, "torch "))
		r.row.ISA, r.row.Threads = t.ISA, t.Threads
		return nil
	}
	b, err := s.bench(ctx, n, r.mode, r.batch, append(steps, r.flags...)...)
	if err != nil {
		return err
	}
	r.add(max(b.TrainRate, b.InferRate), b.Peak)
	r.row.Kernels, r.row.ISA, r.row.Threads = b.Kernels, b.ISA, b.Threads
	return nil
}

// add keeps the figures of a turn: images a second and bytes.
func (r *result) add(rate float64, peak int64) {
	r.rates, r.peaks = append(r.rates, rate), append(r.peaks, peak)
}

// medianRow is the result's line in the CSV file.
func (r *result) medianRow() bench.Row {
	row := r.row
	row.Time, row.Machine = time.Now(), bench.Machine()
	row.Precision, row.Batch, row.Peak = r.precision, r.batch, median(r.peaks)
	if r.mode == "train" {
		row.Train = median(r.rates)
	} else {
		row.Infer = median(r.rates)
	}
	return row
}

// find is the result of the contender of that name, or nil.
func (s *sitting) find(network, mode string, batch int, name string) *result {
	for _, r := range s.results {
		if r.network == network && r.mode == mode && r.batch == batch && r.name == name {
			return r
		}
	}
	return nil
}

// sharesBatch is the batch at which the convolutions are compared with the peak.
const sharesBatch = 8

// shares measures the rate of a step's convolutions and the peak.
func (s *sitting) shares(ctx context.Context, n network) error {
	for _, mode := range s.modes {
		batch := min(sharesBatch, n.most)
		r, err := s.bench(ctx, n, mode, batch, "--profile",
			"--steps", strconv.Itoa(s.steps), "--warmup", strconv.Itoa(s.warmup))
		if err != nil {
			return err
		}
		p := r.Infer
		if mode == "train" {
			p = r.Train
		}
		byFLOP := func(e bench.Entry) string { return fmt.Sprint(e.FLOP > 0) }
		for _, e := range bench.Total(p.Profile, byFLOP) {
			if e.FLOP > 0 {
				rate := float64(e.FLOP) / e.Seconds
				s.rates = append(s.rates, share{n.name, mode, batch, rate, r.PeakFLOPS})
			}
		}
	}
	return nil
}

// say writes a message to standard error.
func (s *sitting) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "versus: "+format+"\n", args...)
}
