package eval

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/npy"
)

// MapSize is the side of the protocol's score maps in pixels.
const MapSize = 224

// ScoreMaps measures score maps that lie in files, without any model: Dir/<image id>.npy,
// as wsolevaluation saves them. Memory does not grow with their number, but for
// the records.
type ScoreMaps struct {
	Dir   string
	Split *data.Split
	// Size is the side of the maps in pixels; the protocol's is MapSize.
	Size int
	// Resize takes maps of other sizes: they are resized, then normalised
	// (evaluation protocol, section 2). Without it they fail.
	Resize bool
	// Normalize takes maps of any values and normalises each to [0,1]. Without it
	// values outside fail.
	Normalize bool
	// Workers read and measure; 0 is one a processor.
	Workers int
	// At are thresholds that val chose, to measure at too: the Best ones of val's report.
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
	o.set("images_with_boxes", r.Book.Counted[MaxBoxAcc])
	o.set("images_with_masks", r.Book.Counted[pxap])
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

// Run measures the maps. The figures do not depend on the number of workers. An image whose map
// is missing or broken is left out and listed; none at all that can be measured is an error.
func (s *ScoreMaps) Run(ctx context.Context) (*ScoreMapReport, error) {
	if info, err := os.Stat(s.Dir); err != nil {
		return nil, fmt.Errorf("looking for score maps: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("looking for score maps: %s is not a folder", s.Dir)
	}
	if !s.Split.HasBoxes && !s.Split.HasMasks {
		return nil, fmt.Errorf("split %s has no boxes and no masks: nothing to measure score maps against", s.Split.Name)
	}
	sheet, err := newSheet(Figures(func(f *Figure) bool { return f.OfMap && f.share == nil }), s.At)
	if err != nil {
		return nil, err
	}
	all, err := s.measure(ctx, sheet)
	if err != nil {
		return nil, err
	}
	r := &ScoreMapReport{Dir: s.Dir, Split: s.Split.Name, MapSize: s.Size, Missing: []string{}, Failed: []FailedMap{}}
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
	if r.Book, err = sheet.book(all.tally, 0); err != nil {
		return nil, err
	}
	if s.Keep {
		r.Records = newRecords(s.Dir, s.Split, sheet, r.Book.Counted[pxap] > 0, all.sound())
		r.BySize, r.ByClass = r.Records.bySize(), r.Records.byClass()
	}
	return r, nil
}

// ErrNoMaps says that a folder has no score map of a split.
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

// path returns where the map of an image lies. Ids of metadata never leave the folder.
func (s *ScoreMaps) path(id string) string { return filepath.Join(s.Dir, mapName(id)) }

// mapName returns the file of an image's map below a folder of maps, as wsolevaluation names it.
func mapName(id string) string { return filepath.FromSlash(id) + ".npy" }

// SaveScoreMaps returns an Evaluator's Save that writes maps below a folder, for ScoreMaps and for
// wsolevaluation's loader.
func SaveScoreMaps(dir string) func(id string, score cam.Map) error {
	return func(id string, score cam.Map) error {
		if !filepath.IsLocal(mapName(id)) {
			return fmt.Errorf("saving the score map of %q: the id leaves the folder", id)
		}
		path := filepath.Join(dir, mapName(id))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("saving score maps: %w", err)
		}
		return npy.WriteFile(path, []int{score.H, score.W}, score.V)
	}
}

// measured is what the workers add up.
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
		workers[k] = &mapWorker{newGauge(0), sheet, sheet.layout.tally()}
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

func (w *mapWorker) add(score cam.Map, state cam.State, truth []box.Box, m *mask) (outcome, error) {
	if err := w.gauge.see(score, state, truth, m); err != nil {
		return outcome{}, err
	}
	o, err := w.gauge.outcome(w.sheet.rows)
	if err != nil {
		return o, err
	}
	return o, w.tally.add(&o)
}

// maxMapSide bounds the maps that are resized.
const maxMapSide = 1 << 13

// read reads a map as a score map. A map with a NaN becomes zeros and a constant one stays
// as it is; both are told by state.
func (s *ScoreMaps) read(id string) (cam.Map, cam.State, error) {
	path := s.path(id)
	a, err := npy.ReadFile(path, maxMapSide*maxMapSide)
	if errors.Is(err, fs.ErrNotExist) {
		return cam.Map{}, 0, errMissing
	}
	if err != nil {
		return cam.Map{}, 0, err
	}
	if len(a.Shape) != 2 || a.Shape[0] < 1 || a.Shape[1] < 1 {
		return cam.Map{}, 0, fmt.Errorf("score map %s: shape %v, want (%d, %d)", path, a.Shape, s.Size, s.Size)
	}
	m := cam.Map{H: a.Shape[0], W: a.Shape[1], V: a.Float64s()}
	sized := m.H == s.Size && m.W == s.Size
	if !sized && !s.Resize {
		return m, 0, fmt.Errorf("score map %s: is %dx%d, want %dx%d (--resize takes maps of other sizes)", path, m.H, m.W, s.Size, s.Size)
	}
	state := look(m)
	switch {
	case state == cam.NaN:
		return cam.New(s.Size, s.Size), state, nil
	case !sized && state == cam.Constant:
		return cam.New(s.Size, s.Size), state, nil // the cubic's rounding would be all there is in it
	case !sized:
		m = cam.Resize(m, s.Size, s.Size)
		return m, cam.Normalize(m), nil
	case s.Normalize:
		return m, cam.Normalize(m), nil
	}
	for i, v := range m.V {
		if !(v >= 0 && v <= 1) {
			return m, 0, fmt.Errorf("score map %s: value %g at row %d, column %d, want [0,1] (--normalize takes maps of any values)", path, v, i/m.W, i%m.W)
		}
	}
	return m, state, nil
}

// look tells whether a map is constant or has a NaN.
func look(m cam.Map) cam.State {
	state := cam.Constant
	for _, v := range m.V {
		switch {
		case v != v:
			return cam.NaN
		case v != m.V[0]:
			state = cam.OK
		}
	}
	return state
}

// extra counts the .npy files that belong to no image, of which the split has found some.
func (s *ScoreMaps) extra(found int) (int, error) {
	n := 0
	err := filepath.WalkDir(s.Dir+string(filepath.Separator), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(e.Name(), ".npy") {
			n++
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("counting score maps: %w", err)
	}
	return max(0, n-found), nil
}
