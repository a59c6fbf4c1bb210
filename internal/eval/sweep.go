package eval

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"acol/internal/cam"
	"acol/internal/data/loader"
	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/model"
)

// Point is a setting of the branches that needs no training to try: it changes what is erased and
// what is fused, not the weights.
type Point struct {
	// Deltas has one erasing threshold for each branch but the last.
	Deltas []float64 `json:"deltas"`
	// Compare is what is erased: map > delta or map >= delta.
	Compare kernel.Compare `json:"compare"`
	// Fusion says which branches the fused map is made of.
	Fusion model.Fusion `json:"fusion"`
}

// Sweep measures a grid of points. Each image goes through the backbone once, and the branches run
// again for each point, but for those before the first delta that differs. Maps of another method
// than model.CAM depend on no point. Memory does not grow with the number of images. The
// evaluator's At is not used, since thresholds belong to a point.
func (ev *Evaluator) Sweep(
	ctx context.Context, e *engine.Engine, points []Point,
) ([]PointReport, error) {
	if ev.multi != nil {
		return nil, errors.New("sweeping: several inputs of an image are not supported")
	}
	s := &sweeper{ev: ev, points: points, workers: make([][]*worker, ev.opt.Workers)}
	if p, ok := ev.maps.(*model.Predictor); ok {
		var err error
		if s.run, err = p.NewBranchwise(e); err != nil {
			return nil, err
		}
	}
	ev.threshold = ev.Threshold()
	sheets, err := ev.sheets([]string{FusedName}, nil)
	if err != nil {
		return nil, err
	}
	for k := range s.workers {
		g := newGauge(ev.threshold)
		for range points {
			s.workers[k] = append(s.workers[k], newWorker(ev, g, sheets))
		}
	}
	if _, err := ev.each(ctx, s.batch); err != nil {
		return nil, err
	}
	return s.report()
}

// sweeper measures the points of a sweep.
type sweeper struct {
	ev      *Evaluator
	run     *model.Branchwise // nil where all maps are the first branch's
	points  []Point
	workers [][]*worker // by worker, point
}

// batch measures the images of a batch at all points.
func (s *sweeper) batch(b *loader.Batch) error {
	if err := s.ev.maps.See(b.Inputs, b.N); err != nil {
		return err
	}
	all := make([]int, len(s.points))
	for i := range all {
		all[i] = i
	}
	if s.run == nil {
		return s.first(b, all)
	}
	return s.branch(b, 0, nil, nil, nil, all)
}

// first measures maps that are the first branch's alone.
func (s *sweeper) first(b *loader.Batch, points []int) error {
	preds, err := s.ev.maps.Localize(b.Labels)
	if err != nil {
		return err
	}
	logits, maps := make([][]float32, b.N), make([][]cam.Map, b.N)
	for n, p := range preds {
		logits[n], maps[n] = p.Logits[0], p.Maps
	}
	return s.measure(b, logits, maps, points)
}

// branch runs branch i and what follows it, for points that share everything so far: what is erased
// of the features, the logits of the first branch and the maps of the branches before.
func (s *sweeper) branch(
	b *loader.Batch, i int, erased [][]bool, logits [][]float32, before [][]cam.Map, points []int,
) error {
	own, maps, err := s.run.Run(i, erased, b.Labels)
	if err != nil {
		return err
	}
	if i == 0 {
		logits, before = own, make([][]cam.Map, b.N)
	}
	after := make([][]cam.Map, b.N)
	for n := range after {
		after[n] = append(before[n][:i:i], maps[n])
	}
	if i == len(s.ev.model.Config().Branches.Kinds)-1 {
		return s.measure(b, logits, after, points)
	}
	type erasure struct {
		delta   float64
		compare kernel.Compare
	}
	var order []erasure
	shared := map[erasure][]int{}
	for _, k := range points {
		er := erasure{s.points[k].Deltas[i], s.points[k].Compare}
		if shared[er] == nil {
			order = append(order, er)
		}
		shared[er] = append(shared[er], k)
	}
	for _, er := range order {
		more := s.run.Erase(erased, maps, er.delta, er.compare)
		if err := s.branch(b, i+1, more, logits, after, shared[er]); err != nil {
			return err
		}
	}
	return nil
}

// measure fuses the maps of each image as each of the points says, and measures the fused maps.
func (s *sweeper) measure(
	b *loader.Batch, logits [][]float32, maps [][]cam.Map, points []int,
) error {
	errs := make([]error, len(s.workers))
	var wg sync.WaitGroup
	for k, workers := range s.workers {
		wg.Go(func() {
			for n := k; n < b.N && errs[k] == nil; n += len(s.workers) {
				sample := &s.ev.split.Samples[b.Indices[n]]
				for _, at := range points {
					p := model.Prediction{Logits: [][]float32{logits[n]}, Maps: maps[n]}
					v := view{sample: sample, logits: logits[n], class: b.Labels[n]}
					if errs[k] = s.one(workers[at], v, p, s.points[at].Fusion); errs[k] != nil {
						break
					}
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// one measures the maps of an image, fused.
func (s *sweeper) one(w *worker, v view, p model.Prediction, fusion model.Fusion) (err error) {
	if p.Fused = p.Maps[0]; s.run != nil {
		if p.Fused, err = s.run.Fuse(p.Maps, fusion); err != nil {
			return err
		}
	}
	v.known, v.shown = p, p
	_, err = w.add(v)
	return err
}

// report merges what the workers counted.
func (s *sweeper) report() ([]PointReport, error) {
	out := make([]PointReport, len(s.points))
	for i, p := range s.points {
		w := s.workers[0][i]
		for _, others := range s.workers[1:] {
			if err := w.merge(others[i]); err != nil {
				return nil, err
			}
		}
		b, err := w.book(0)
		if err != nil {
			return nil, err
		}
		out[i] = PointReport{p, b}
	}
	return out, nil
}

// Grid lists the points of all combinations: each of the deltas at each of n erasures, with each
// comparison and each fusion. No point at all and more than maxPoints are errors.
func Grid(
	n int, deltas []float64, compare []kernel.Compare, fusion []model.Fusion,
) ([]Point, error) {
	combinations := [][]float64{{}}
	for range n {
		var longer [][]float64
		for _, c := range combinations {
			for _, d := range deltas {
				longer = append(longer, append(c[:len(c):len(c)], d))
			}
		}
		if combinations = longer; len(combinations) > maxPoints {
			break
		}
	}
	if total := len(combinations) * len(compare) * len(fusion); total > maxPoints || total == 0 {
		return nil, fmt.Errorf("a grid of %d points or more, want 1 to %d", total, maxPoints)
	}
	var points []Point
	for _, f := range fusion {
		for _, c := range compare {
			for _, d := range combinations {
				points = append(points, Point{d, c, f})
			}
		}
	}
	return points, nil
}

// maxPoints bounds a grid: each point has counters of its own.
const maxPoints = 1000
