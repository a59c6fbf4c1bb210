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

	"acol/internal/metric"
)

// Resampling says how often and from which seed resamples are drawn.
type Resampling struct {
	// Resamples is how many sets of images are drawn; 0 draws none.
	Resamples int
	Seed      uint64
	// Progress is told how many resamples are done, unless it is nil.
	Progress func(done, total int)
}

// Level is the share of resamples inside of an interval, in percent.
const Level = 95

// Intervals are percentile bootstrap intervals (Efron): as many images as there are, are drawn
// with replacement, and every figure is computed anew. A figure at its best threshold chooses
// that threshold anew too. The same seed gives the same intervals, whatever the number of
// processors.
type Intervals struct {
	Level     int    `json:"level"`
	Resamples int    `json:"resamples"`
	Seed      uint64 `json:"seed"`
	Method    string `json:"method"`
	// Figures are [low, high] in percent by the figure's key.
	Figures map[string][2]float64 `json:"figures"`
}

// Bootstrap draws intervals of every figure of the records.
func (r *Records) Bootstrap(ctx context.Context, opt Resampling) (*Intervals, error) {
	t := r.recorded()
	drawn, err := resample(ctx, opt, func(rng *rand.Rand) ([]float64, error) {
		return t.values(t.rows, draw(rng, len(t.rows)))
	})
	if err != nil {
		return nil, err
	}
	out := &Intervals{
		Level: Level, Resamples: opt.Resamples, Seed: opt.Seed,
		Method: "percentile bootstrap over images; " +
			"figures at best thresholds choose them anew in each resample",
		Figures: map[string][2]float64{},
	}
	for i, f := range t.figures {
		if low, high, ok := percentiles(drawn, i); ok {
			out.Figures[f.key] = [2]float64{low, high}
		}
	}
	return out, nil
}

// recorded holds outcomes by the columns of a layout, for computing the figures of resamples of
// them again and again.
type recorded struct {
	*layout
	rows []row
}

// row is the outcome of one image.
type row struct {
	hits          []metric.Runs // by column
	object, other metric.Histogram
}

func (r *Records) recorded() *recorded {
	out := &recorded{layout: newLayout(r.Curves, r.Bins)}
	for i := range r.Images {
		rec := &r.Images[i]
		out.rows = append(out.rows, row{out.spread(rec.Hits), rec.Object, rec.Other})
	}
	return out
}

// values returns the figures of rows in percent, NaN where no image counts. Row i counts weights[i]
// times; nil counts each once. Best thresholds are those of these very rows.
func (r *recorded) values(rows []row, weights []int32) ([]float64, error) {
	t := r.tally()
	weight := int64(1)
	for i := range rows {
		if weights != nil {
			if weight = int64(weights[i]); weight == 0 {
				continue
			}
		}
		if err := t.addRow(&rows[i], weight); err != nil {
			return nil, err
		}
	}
	return t.values(), nil
}

// draw returns how often each of n images is drawn.
func draw(rng *rand.Rand, n int) []int32 {
	weights := make([]int32, n)
	for range n {
		weights[rng.IntN(n)]++
	}
	return weights
}

// resample collects what one returns for each resample, which has random numbers of its own.
func resample(
	ctx context.Context, opt Resampling, one func(*rand.Rand) ([]float64, error),
) ([][]float64, error) {
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

// percentiles returns the ends of the interval of figure i. A resample in which no image counts
// for the figure is left out; ok is false where all are.
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

// quantile returns the quantile q in [0,1] of sorted values. It interpolates between the two
// nearest ones, as NumPy does by default.
func quantile(v []float64, q float64) float64 {
	at := q * float64(len(v)-1)
	k := int(at)
	if k+1 >= len(v) {
		return v[len(v)-1]
	}
	return v[k] + (v[k+1]-v[k])*(at-float64(k))
}
