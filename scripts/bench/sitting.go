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

// sitting is everything that one call measures.
type sitting struct {
	*options
	machine, scratch string
	// precision is acol's key for it, empty where there is none.
	precision string
	// about is what acol says of the network at hand.
	about     *report
	results   []*result
	localized []localized
	rates     []share
}

// result is what a contender has done in one case, by turns.
type result struct {
	contender
	network, mode string
	batch         int
	rates         []float64 // images a second
	peaks         []int64   // bytes
	row           bench.Row // what is the same in every turn
	failed        bool
}

// localized is the time of whole processes that localize one image, by turns.
type localized struct {
	network     string
	acol, torch []float64 // seconds
}

// share is how close a step's convolutions come to the peak.
type share struct {
	network, mode string
	batch         int
	flops, peak   float64
}

// network measures one model in all its cases.
func (s *sitting) network(ctx context.Context, n network) error {
	run := filepath.Join(s.scratch, n.name)
	var err error
	if s.about, err = s.bench(ctx, n, "infer", 2, "--steps", "1", "--warmup", "0", "--export", run); err != nil {
		s.say("%s is left out: %v", n.name, err)
		return ctx.Err()
	}
	if s.python != "" {
		out, err := s.torch(ctx, n, "check", run)
		if err != nil {
			return fmt.Errorf("%s in PyTorch is another network than acol's: %w", n.name, err)
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

// turns measures one case: every contender once a round, so that whatever slows the machine slows all.
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
			s.say("%s %s batch %d, turn %d of %d: %s %.2f img/s", n.name, mode, batch, round+1, s.rounds, r.name, r.rates[len(r.rates)-1])
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

// turn measures a contender once.
func (s *sitting) turn(ctx context.Context, n network, r *result) error {
	r.row = bench.Row{Commit: s.about.Commit, Model: s.about.Model, Size: s.about.Size}
	steps := []string{"--steps", strconv.Itoa(s.steps), "--warmup", strconv.Itoa(s.warmup)}
	if r.torch {
		out, err := s.torch(ctx, n, append(append([]string{"bench", "--mode", r.mode, "--batch", strconv.Itoa(r.batch)}, steps...), r.flags...)...)
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
		r.row.Kernels, r.row.ISA, r.row.Threads = fmt.Sprintf("torch %s %s", t.Torch, strings.TrimPrefix(r.name, "torch ")), t.ISA, t.Threads
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

func (r *result) add(rate float64, peak int64) {
	r.rates, r.peaks = append(r.rates, rate), append(r.peaks, peak)
}

// medianRow is the case's line in the file.
func (r *result) medianRow() bench.Row {
	row := r.row
	row.Time, row.Machine, row.Precision, row.Batch, row.Peak = time.Now(), bench.Machine(), r.precision, r.batch, median(r.peaks)
	if r.mode == "train" {
		row.Train = median(r.rates)
	} else {
		row.Infer = median(r.rates)
	}
	return row
}

func (s *sitting) find(network, mode string, batch int, name string) *result {
	for _, r := range s.results {
		if r.network == network && r.mode == mode && r.batch == batch && r.name == name {
			return r
		}
	}
	return nil
}

// sharesBatch is the batch at which the convolutions are held against the peak.
const sharesBatch = 8

// shares measures the rate of a step's convolutions beside the peak.
func (s *sitting) shares(ctx context.Context, n network) error {
	for _, mode := range s.modes {
		r, err := s.bench(ctx, n, mode, min(sharesBatch, n.most), "--profile", "--steps", strconv.Itoa(s.steps), "--warmup", strconv.Itoa(s.warmup))
		if err != nil {
			return err
		}
		p := r.Infer
		if mode == "train" {
			p = r.Train
		}
		convs := bench.Total(p.Profile, func(e bench.Entry) string { return fmt.Sprint(e.FLOP > 0) })
		for _, e := range convs {
			if e.FLOP > 0 {
				s.rates = append(s.rates, share{n.name, mode, min(sharesBatch, n.most), float64(e.FLOP) / e.Seconds, r.PeakFLOPS})
			}
		}
	}
	return nil
}

func (s *sitting) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}
