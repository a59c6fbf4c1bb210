package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/eval"
	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
)

// everything is what an evaluation says of a split: its report and its records.
func everything(r *eval.Report) (string, error) {
	b, err := json.Marshal(struct {
		*eval.Report
		Images []eval.Record
	}{r, r.Records.Images})
	lines, _ := json.Marshal(r.Records.Images)
	return string(b) + string(lines), err
}

func TestRanksMeasureWhatOneProcessMeasures(t *testing.T) {
	w := newWorld(t)
	opt := eval.Options{Config: batches(4), Workers: 2}
	alone := w.evaluator(t, opt)
	alone.Keep = true
	want, err := everything(measure(t, alone))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{2, 3, len(w.split.Samples) + 1} {
		engines := make([]*engine.Engine, n)
		for i := range engines {
			engines[i] = enginetest.Open(t, enginetest.OneThread)
		}
		var mu sync.Mutex
		var shown []int
		mpitest.Run(t, n, func(ranks *mpi.World) error {
			own, opt := *w, opt
			own.eng, opt.World = engines[ranks.Rank()], ranks
			ev := own.evaluator(t, opt)
			ev.Keep = true
			ev.Show = func(s eval.Sight) error {
				mu.Lock()
				defer mu.Unlock()
				shown = append(shown, s.Index)
				return nil
			}
			r, err := ev.Run(context.Background())
			if err != nil {
				return err
			}
			got, err := everything(r)
			if err == nil && got != want {
				err = fmt.Errorf("of %d ranks:\n%s\nwant\n%s", n, got, want)
			}
			return err
		})
		slices.Sort(shown)
		for i := range w.split.Samples {
			if len(shown) != len(w.split.Samples) || shown[i] != i {
				t.Fatalf("%d ranks showed the images %v", n, shown)
			}
		}
	}
}

// A rank that is told to stop says so to the others, which would wait for it otherwise.
func TestRanksStopTogether(t *testing.T) {
	w := newWorld(t)
	const n = 3
	engines := make([]*engine.Engine, n)
	for i := range engines {
		engines[i] = enginetest.Open(t, enginetest.OneThread)
	}
	mpitest.Run(t, n, func(ranks *mpi.World) error {
		own := *w
		own.eng = engines[ranks.Rank()]
		ev := own.evaluator(t, eval.Options{Config: batches(4), Workers: 2, World: ranks})
		ev.Together = true
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		if ranks.Rank() == 1 {
			stop()
		}
		if _, err := ev.Run(ctx); !errors.Is(err, context.Canceled) {
			return fmt.Errorf("where rank 1 is told to stop: %w", err)
		}
		if _, err := ev.Run(context.Background()); err != nil {
			return err
		}
		return nil
	})
}
