package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"acol/internal/bench"
	"acol/internal/data/pixels"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/machine"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/starter"
	"acol/internal/train"
)

// kernelsOfBF16 are the kernels that can compute in bf16.
const kernelsOfBF16 = "native"

// worthwhile is how much faster than fp32 another precision has to be to be proposed.
const worthwhile = 1.3

// chooseNetwork takes the best network whose training ends in time on this machine, and gives the
// recipe with it. Where none does, it is the fastest.
func chooseNetwork(
	ctx context.Context, o *initOptions, r starter.Recipe,
) (string, *recipe.Recipe, error) {
	s := o.streams
	ladder := starter.Ladder(r.Found)
	if n, ok := wantedNetwork(o.Set); ok {
		ladder = []starter.Network{n}
	}
	decode := decodeTime(r.Found.Sample)
	limit := time.Duration(o.Minutes * float64(time.Minute))
	last := len(ladder) - 1
	fastest, took, err := measured(ctx, o, r, ladder[last], decode)
	if err != nil {
		return "", nil, err
	}
	r = fastest
	for i, n := range ladder[:last] {
		steps := last - i // each of which takes at least twice as long
		if took<<steps > limit {
			continue
		}
		better, longer, err := measured(ctx, o, r, n, decode)
		if err != nil || longer > limit {
			continue // memory may be too short for it
		}
		r, took = better, longer
		break
	}
	if err := ctx.Err(); err != nil {
		return "", nil, err
	}
	text, rec, err := r.Text()
	if err != nil {
		return "", nil, err
	}
	s.say("%s in %s trains on %.1f images a second here: %s for %s",
		r.Network.Name, r.Speed.Precision, r.Speed.Rate, r.Took, counted(rec.Train.Epochs, "epoch"))
	if took > limit {
		s.hint("fewer epochs take less time: --set train.epochs=%d", max(1, r.Epochs/2))
	}
	return text, rec, nil
}

// wantedNetwork is the network that overrides name, with the branches that they name. It is
// not ok where they name neither.
func wantedNetwork(set []string) (n starter.Network, ok bool) {
	arch := recipe.SetValue(set, "model.backbone.arch")
	depth := recipe.SetValue(set, "model.backbone.depth")
	kinds := recipe.SetValue(set, "model.branches.kinds")
	if arch == "" && kinds == "" {
		return n, false
	}
	n, known := starter.Find(cmp.Or(arch, "squeezenet"), depth)
	if !known {
		n = starter.Other(arch, depth)
	}
	if kinds != "" {
		n = n.Branches(kinds)
	}
	return n, true
}

// measured completes a recipe with a network by what is measured of it, and says how long a
// training will take.
func measured(
	ctx context.Context, o *initOptions, r starter.Recipe, n starter.Network, decode time.Duration,
) (starter.Recipe, time.Duration, error) {
	f := r.Found
	r.Network, r.Epochs, r.Batch = n, n.Epochs(f.Train.Images), n.Batch(f.Train.Images)
	r.Speed = starter.Speed{Precision: string(backend.FP32), Gain: 1}
	_, rec, err := r.Text()
	if err != nil {
		return r, 0, err
	}
	done := o.streams.saySlow("measuring how fast this machine trains %s", n.Name)
	defer done()
	given := recipe.SetValue(o.Set, "train.precision") != ""
	r.Speed.Precision, r.Speed.Decode = string(rec.Train.Precision), decode
	if r.Speed.Rate, err = trainingRate(ctx, o.streams, rec, len(f.Classes)); err != nil {
		return r, 0, err
	}
	if !given {
		rec.Train.Precision = train.Precision(backend.BF16)
		if rec.Train.Kernels == kernels.Auto { // which would go on in fp32
			rec.Train.Kernels = kernelsOfBF16
		}
		fast, err := trainingRate(ctx, o.streams, rec, len(f.Classes))
		if err == nil && fast > worthwhile*r.Speed.Rate {
			r.Speed.Gain, r.Speed.Rate = fast/r.Speed.Rate, fast
			r.Speed.Precision = string(backend.BF16)
		}
	}
	side := int64(rec.Data.Input.TrainResize)
	facts := starter.Facts{
		Train: f.Train.Images, Val: f.Val.Images, Epochs: rec.Train.Epochs,
		Cached: int(int64(rec.Data.CacheMB) << 20 / (3 * side * side)),
	}
	took := facts.Estimate(r.Speed)
	r.Took = aboutTime(took)
	return r, took, ctx.Err()
}

// trainingRate measures how many images a second a recipe's network trains on, by a few steps on
// noise.
func trainingRate(
	ctx context.Context, s *streams, rec *recipe.Recipe, classes int,
) (float64, error) {
	m, err := model.New(rec.Model, classes)
	if err != nil {
		return 0, err
	}
	m.Init(rec.Train.Seed)
	eng, err := newEngine(s, rec.Train)
	if err != nil {
		return 0, err
	}
	defer debug.FreeOSMemory()
	defer eng.Close()
	const most, steps = 16, 3
	result, err := bench.Train(ctx, bench.Options{
		Model: m, Engine: eng, Batch: min(rec.Train.BatchSize, most), Size: rec.Data.Input.Size,
		Warmup: 1, Steps: steps, Train: rec.Train,
	})
	if err != nil {
		return 0, fmt.Errorf("measuring training: %w", err)
	}
	// The fastest step is the one that least else has slowed down.
	return float64(result.Batch) / result.Step(0), nil
}

// decodeTime is how long an image takes to be decoded with all processors at work, by a few of
// them. Those that cannot be read do not count.
func decodeTime(paths []string) time.Duration {
	var total time.Duration
	n := 0
	for _, path := range paths {
		begin := time.Now()
		if _, err := pixels.Load(path, true); err == nil {
			total += time.Since(begin)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return total / time.Duration(n*min(runtime.GOMAXPROCS(0), machine.CPUs()))
}

// aboutTime writes a time as people say it.
func aboutTime(d time.Duration) string {
	switch {
	case d < 50*time.Second:
		return fmt.Sprintf("about %d s", max(10, int((d+5*time.Second)/(10*time.Second))*10))
	case d < 100*time.Minute:
		return fmt.Sprintf("about %d min", int((d+30*time.Second)/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("about %.1f hours", d.Hours())
	}
	return fmt.Sprintf("about %.0f days", d.Hours()/24)
}
