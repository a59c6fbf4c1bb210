package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Resampling says how intervals are drawn.
type Resampling struct {
	// Resamples is how many sets of images are drawn; 0 draws none.
	Resamples int
	Seed      uint64
	// Progress is told how many are done; nil is not.
	Progress func(done, total int)
}

// Level is the share of resamples inside an interval, in percent.
const Level = 95

// Intervals are percentile bootstrap intervals (Efron): as many images are drawn with
// replacement, and every figure is computed anew; one at its best threshold chooses that
// threshold anew too. The same seed gives the same intervals, whatever the number of
// processors.
type Intervals struct {
	Level     int    `json:"level"`
	Resamples int    `json:"resamples"`
	Seed      uint64 `json:"seed"`
	Method    string `json:"method"`
	// Figures are [low, high] in percent by the figure's path in the report.
	Figures map[string][2]float64 `json:"figures"`
}

// Bootstrap draws intervals of every figure of the records.
func (r *Records) Bootstrap(ctx context.Context, opt Resampling) (*Intervals, error) {
	t := newTable(r)
	drawn, err := resample(ctx, opt, func(rng *rand.Rand) ([]float64, error) {
		return t.evaluate(t.rows, draw(rng, len(t.rows)))
	})
	if err != nil {
		return nil, err
	}
	out := &Intervals{
		Level: Level, Resamples: opt.Resamples, Seed: opt.Seed,
		Method:  "percentile bootstrap over images; figures at best thresholds choose them anew in each resample",
		Figures: map[string][2]float64{},
	}
	for i, f := range t.figures {
		if low, high, ok := percentiles(drawn, i); ok {
			out.Figures[f.key] = [2]float64{low, high}
		}
	}
	return out, nil
}

// draw gives how often each of n images is drawn.
func draw(rng *rand.Rand, n int) []int32 {
	weights := make([]int32, n)
	for range n {
		weights[rng.IntN(n)]++
	}
	return weights
}

// resample collects what one gives, each time with random numbers of its own.
func resample(ctx context.Context, opt Resampling, one func(*rand.Rand) ([]float64, error)) ([][]float64, error) {
	drawn := make([][]float64, opt.Resamples)
	errs := make([]error, runtime.GOMAXPROCS(0))
	var next, done atomic.Int64
	var tell sync.Mutex
	var wg sync.WaitGroup
	for k := range errs {
		wg.Go(func() {
			for ctx.Err() == nil && errs[k] == nil {
				i := int(next.Add(1)) - 1
				if i >= opt.Resamples {
					return
				}
				drawn[i], errs[k] = one(rand.New(rand.NewPCG(opt.Seed, uint64(i))))
				if n := int(done.Add(1)); opt.Progress != nil {
					tell.Lock()
					opt.Progress(n, opt.Resamples)
					tell.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("resampling: %w", err)
		}
	}
	return drawn, context.Cause(ctx)
}

// percentiles are the ends of the interval of figure i; a resample in which it has no
// image does not count.
func percentiles(drawn [][]float64, i int) (low, high float64, ok bool) {
	var v []float64
	for _, d := range drawn {
		if !math.IsNaN(d[i]) {
			v = append(v, d[i])
		}
	}
	if len(v) == 0 {
		return 0, 0, false
	}
	slices.Sort(v)
	return quantile(v, (100-Level)/200.0), quantile(v, (100+Level)/200.0), true
}

// quantile interpolates between the two nearest of sorted values, as NumPy does by default.
func quantile(v []float64, q float64) float64 {
	at := q * float64(len(v)-1)
	k := int(at)
	if k+1 >= len(v) {
		return v[len(v)-1]
	}
	return v[k] + (v[k+1]-v[k])*(at-float64(k))
}
