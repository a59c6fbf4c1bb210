package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"acol/internal/engine/enginetest"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
	"acol/internal/train"
)

// tinyOptions are of a narrow ResNet-18 with two branches.
func tinyOptions(t *testing.T) Options {
	t.Helper()
	cfg := model.DefaultConfig()
	cfg.Backbone.Width = 0.125
	m, err := model.New(cfg, 5)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	return Options{
		Model: m, Engine: enginetest.Open(t, enginetest.Portable),
		Batch: 3, Size: 64, Warmup: 1, Steps: 4, Train: train.DefaultConfig(), Profile: true,
	}
}

// tolSum bounds rounding in a sum of times.
const tolSum = 1e-9

func checkProfile(t *testing.T, r *Result) {
	t.Helper()
	if len(r.Seconds) != 4 {
		t.Fatalf("%d steps measured, want 4", len(r.Seconds))
	}
	all, outside, calls := 0.0, 0.0, 0
	for _, e := range r.Profile {
		all += e.Seconds
		if e.Layer == "" && e.Kind != reorderKind {
			outside += e.Seconds
			continue
		}
		calls += e.Calls
	}
	mean := 0.0
	for _, s := range r.Seconds {
		mean += s / 4
	}
	if math.Abs(all-mean) > tolSum {
		t.Errorf("profile sums to %v, the mean step is %v", all, mean)
	}
	if calls != r.Instructions {
		t.Errorf("profile has %d instructions a step, the plan %d", calls, r.Instructions)
	}
	if outside <= 0 || outside >= mean {
		t.Errorf("%v of a step of %v is outside of the instructions", outside, mean)
	}
}

func TestTrainingsProfileIsTheWholeStep(t *testing.T) {
	o := tinyOptions(t)
	told := 0
	o.Progress = func(done, total int) {
		if told++; done != told || total != 5 {
			t.Errorf("told of step %d of %d, want %d of 5", done, total, told)
		}
	}
	r, err := Train(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	checkProfile(t, r)
	if told != 5 {
		t.Errorf("told of %d steps", told)
	}
	if r.ArenaBytes == 0 || r.Rate() != 3/r.Step(0.5) {
		t.Errorf("arena %d bytes, %v img/s at a median step of %v", r.ArenaBytes, r.Rate(), r.Step(0.5))
	}
}

func TestInferencesProfileIsTheWholeStep(t *testing.T) {
	r, err := Infer(context.Background(), tinyOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	checkProfile(t, r)
	for _, e := range r.Profile {
		if p := e.Pass(); p != "" && p != "forward" {
			t.Errorf("inference has %+v", e)
		}
	}
}

// stemFLOP is the work of the first convolution of a ResNet-18 of width 1/8 on three images of 64
// pixels: 8 channels of 32x32, from 7x7 windows on three colours.
const stemFLOP = 2 * 3 * 8 * 32 * 32 * 3 * 7 * 7

func TestProfileCountsEachPassOfALayer(t *testing.T) {
	r, err := Train(context.Background(), tinyOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, e := range r.Profile {
		if e.Layer == "conv1" && e.FLOP > 0 {
			got[e.Pass()] += e.FLOP
		}
	}
	if len(got) != 2 || got["forward"] != stemFLOP || got["back weights"] != stemFLOP {
		t.Errorf("conv1 has FLOP %v, want %d forward and back to the weights", got, stemFLOP)
	}
	passes := Total(r.Profile, Entry.Pass)
	i := slices.IndexFunc(passes, func(e Entry) bool { return e.Kind == "forward" })
	j := slices.IndexFunc(passes, func(e Entry) bool { return e.Kind == "back data" })
	if i < 0 || j < 0 || passes[i].FLOP-passes[j].FLOP != stemFLOP { // the image has no gradient
		t.Errorf("passes %+v", passes)
	}
}

func TestInterruptEndsTheSteps(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	o := tinyOptions(t)
	o.Progress = func(int, int) { stop() }
	if _, err := Train(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestQuantileInterpolates(t *testing.T) {
	for _, tc := range []struct {
		values  []float64
		q, want float64
	}{
		{[]float64{3}, 0.5, 3}, {[]float64{4, 1, 2}, 0.5, 2}, {[]float64{4, 1, 2, 3}, 0.5, 2.5},
		{[]float64{4, 1, 2, 3}, 0, 1}, {[]float64{4, 1, 2, 3}, 1, 4}, {[]float64{0, 10}, 0.25, 2.5},
	} {
		if got := quantile(tc.values, tc.q); got != tc.want {
			t.Errorf("quantile %g of %v is %v, want %v", tc.q, tc.values, got, tc.want)
		}
	}
}

func TestPeakMemoryHoldsWhatWasUsed(t *testing.T) {
	if PeakMemory() == 0 {
		t.Skip("this system does not tell a process its peak memory")
	}
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	if got := PeakMemory(); got < int64(len(block)) {
		t.Errorf("peak %d after %d bytes (first %d)", got, len(block), block[0])
	}
}

func TestWaitedShareIsOfTheWholeTraining(t *testing.T) {
	d := DataResult{Training: &Result{Seconds: []float64{1, 3}}, Waited: []float64{0.5, 0.5}}
	if got := d.WaitedShare(); got != 0.25 {
		t.Errorf("share %v, want 0.25", got)
	}
}

func TestProfileWithoutAReceiverKeepsNothing(*testing.T) {
	var p *profile
	p.outside("input", time.Second)
}

func TestRanksMeasureATrainingTogether(t *testing.T) {
	options := make([]Options, 2)
	for r := range options {
		options[r] = tinyOptions(t)
	}
	mpitest.RunOn(t, []int{0, 1}, func(w *mpi.World) error {
		o := options[w.Rank()]
		o.World = w
		r, err := Train(t.Context(), o)
		if err != nil {
			return err
		}
		n, stats := 0, 0
		for _, p := range o.Model.Params() {
			if p.Kind.Trained() {
				n += len(p.Data)
			} else {
				stats += len(p.Data)
			}
		}
		e := r.Exchange
		want := int64(4 * (n + stats))
		if e.Ranks != 2 || e.Machines != 2 || math.Abs(float64(e.Bytes-want)) > 8 || e.Away != want {
			return fmt.Errorf("%+v, want %d bytes of 2 ranks on 2 machines", e, want)
		}
		if len(e.Seconds) != o.Steps || len(e.Waited) != o.Steps || e.Step(1) <= 0 || e.Step(1) > r.Step(1) {
			return fmt.Errorf("%d and %d steps of %v s within %v s", len(e.Seconds), len(e.Waited),
				e.Step(1), r.Step(1))
		}
		return nil
	})
}
