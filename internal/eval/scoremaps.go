package eval

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/scoremap"
)

// MapSize is the side of the protocol's score maps in pixels.
const MapSize = 224

// ScoreMaps measures score maps in files, without any model: Dir/<image id>.npy, as wsolevaluation
// saves them. Maps are read one at a time, so that memory grows with their number by the records
// alone, if these are kept.
type ScoreMaps struct {
	Dir   string
	Split *data.Split
	// Size is the side of the maps in pixels; the protocol's is MapSize.
	Size int
	// Resize takes maps of other sizes, which are resized and then normalised. Without it such a
	// map fails.
	Resize bool
	// Normalize takes maps of any values and normalises each to [0,1]. Without it a map with a
	// value outside fails.
	Normalize bool
	// Workers read and measure maps; 0 is one for each processor.
	Workers int
	// At are thresholds that val chose: the Best ones of val's report. Figures are measured at
	// them besides the best ones.
	At Thresholds
	// Keep keeps a record of each image.
	Keep bool
	// Progress is told how many of the images are done, unless it is nil.
	Progress func(done, total int)
}

// ScoreMapReport is what score maps reach on a split. Its JSON has the figures of the table
// under their keys.
type ScoreMapReport struct {
	Dir, Split string
	// Images were measured: those whose maps are there and sound.
	Images, MapSize int
	// Missing are images without a map, Failed maps that cannot be measured; Extra is the number
	// of .npy files that belong to no image of the split.
	Missing []string
	Failed  []FailedMap
	Extra   int
	*Book
	// BySize, ByClass and Records are there where records are kept.
	BySize, ByClass []Group
	Records         *Records
	// Intervals are nil unless they were drawn.
	Intervals *Intervals
}

// MarshalJSON writes the report as docs/evaluation.md describes it.
func (r *ScoreMapReport) MarshalJSON() ([]byte, error) {
	o := &object{}
	o.set("scoremaps", r.Dir)
	o.set("split", r.Split)
	o.set("images", r.Images)
	o.set("images_with_boxes", r.Counted[MaxBoxAcc])
	o.set("images_with_masks", r.Counted[pxap])
	o.set("map_size", r.MapSize)
	o.set("missing_maps", r.Missing)
	o.set("failed_maps", r.Failed)
	o.set("extra_maps", r.Extra)
	r.setScores(o)
	setGroups(o, r.BySize, r.ByClass, r.Intervals)
	return o.MarshalJSON()
}

// FailedMap is a score map that cannot be measured, and why.
type FailedMap struct {
	ID    string `json:"id"`
	Error string `json:"error"`
}

// Run measures the maps. The figures do not depend on the number of workers. An image whose map is
// missing or broken is left out and listed; that no map at all can be measured is an error.
func (s *ScoreMaps) Run(ctx context.Context) (*ScoreMapReport, error) {
	if info, err := os.Stat(s.Dir); err != nil {
		return nil, fmt.Errorf("looking for score maps: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("looking for score maps: %s is not a folder", s.Dir)
	}
	if !s.Split.HasBoxes && !s.Split.HasMasks {
		return nil, fmt.Errorf("split %s has no boxes and no masks: "+
			"nothing to measure score maps against", s.Split.Name)
	}
	sheet, err := newSheet(Figures(func(f *Figure) bool { return f.OfMap && f.share == nil }), s.At)
	if err != nil {
		return nil, err
	}
	all, err := s.measure(ctx, sheet)
	if err != nil {
		return nil, err
	}
	r := &ScoreMapReport{
		Dir: s.Dir, Split: s.Split.Name, MapSize: s.Size, Missing: []string{}, Failed: []FailedMap{},
	}
	for i, out := range all.outcomes {
		id := s.Split.Samples[i].ID
		switch {
		case errors.Is(out, errMissing):
			r.Missing = append(r.Missing, id)
		case out != nil:
			r.Failed = append(r.Failed, FailedMap{id, out.Error()})
		default:
			r.Images++
		}
	}
	if r.Images == 0 {
		return nil, s.nothing(all.outcomes[0])
	}
	if r.Extra, err = s.extra(len(all.outcomes) - len(r.Missing)); err != nil {
		return nil, err
	}
	if r.Book, err = sheet.book(all.tally, scoremap.Threshold{}); err != nil {
		return nil, err
	}
	if s.Keep {
		r.Records = newRecords(s.Dir, s.Split, sheet, r.Counted[pxap] > 0, all.sound())
		r.BySize, r.ByClass = r.Records.bySize(), r.Records.byClass(nil)
	}
	return r, nil
}

// ErrNoMaps says that a folder has no score map of any image of a split.
var ErrNoMaps = errors.New("no score map")

// errMissing is of an image without a map.
var errMissing = errors.New("score map is missing")

// nothing says why no map at all could be measured, by what became of the first.
func (s *ScoreMaps) nothing(first error) error {
	if errors.Is(first, errMissing) {
		return fmt.Errorf("%w of the %d images of split %s is in %s: looked for %s and so on",
			ErrNoMaps, len(s.Split.Samples), s.Split.Name, s.Dir, s.path(s.Split.Samples[0].ID))
	}
	return fmt.Errorf("no score map of split %s can be measured; the first: %w", s.Split.Name, first)
}

// measured is what the workers have measured together.
type measured struct {
	tally    *tally
	outcomes []error  // by image
	kept     []Record // by image
}

// sound returns the records of the images whose maps were measured.
func (m *measured) sound() []Record {
	var records []Record
	for i, rec := range m.kept {
		if m.outcomes[i] == nil {
			records = append(records, rec)
		}
	}
	return records
}

// mapWorker measures a share of the maps.
type mapWorker struct {
	gauge *gauge
	sheet *sheet
	tally *tally
}

// measure reads and measures the maps of all images by the rows of a sheet.
func (s *ScoreMaps) measure(ctx context.Context, sheet *sheet) (*measured, error) {
	n := len(s.Split.Samples)
	m := &measured{outcomes: make([]error, n)}
	if s.Keep {
		m.kept = make([]Record, n)
	}
	count := s.Workers
	if count <= 0 {
		count = runtime.GOMAXPROCS(0)
	}
	workers := make([]*mapWorker, count)
	for k := range workers {
		workers[k] = &mapWorker{newGauge(scoremap.Threshold{}), sheet, sheet.layout.tally()}
	}
	jobs := make(chan int)
	var done int
	var tell sync.Mutex
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for i := range jobs {
				m.outcomes[i] = s.one(workers[k], m, i)
				tell.Lock()
				if done++; s.Progress != nil {
					s.Progress(done, n)
				}
				tell.Unlock()
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("measuring score maps: %w", err)
	}
	m.tally = workers[0].tally
	for _, w := range workers[1:] {
		if err := m.tally.merge(w.tally); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// one measures the map of an image.
func (s *ScoreMaps) one(w *mapWorker, m *measured, i int) error {
	sample := &s.Split.Samples[i]
	score, state, err := s.read(sample.ID)
	if err != nil {
		return err
	}
	mask, err := maskOf(sample, s.Size)
	if err != nil {
		return err
	}
	o, err := w.add(score, state, truthOf(sample, sample.Label, s.Size), mask)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path(sample.ID), err)
	}
	if s.Keep {
		m.kept[i] = newRecord(sample, &o)
	}
	return nil
}

// add measures a map and counts what it says.
func (w *mapWorker) add(
	score cam.Map, state cam.State, truth []box.Box, m *mask,
) (outcome, error) {
	if err := w.gauge.see(score, state, truth, m); err != nil {
		return outcome{}, err
	}
	o, err := w.gauge.outcome(w.sheet.rows)
	if err != nil {
		return o, err
	}
	return o, w.tally.add(&o)
}
