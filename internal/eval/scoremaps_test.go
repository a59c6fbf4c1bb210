package eval_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/eval"
	"acol/internal/npy"
)

const smallSide = 40

// mapSet is a folder of score maps with boxes and masks as truth.
type mapSet struct {
	dir   string
	split *data.Split
	maps  []cam.Map
}

func newMapSet(t *testing.T, n int) *mapSet {
	t.Helper()
	s := &mapSet{dir: t.TempDir(), split: &data.Split{
		Name: "test", HasBoxes: true, HasMasks: true, Classes: []string{"a", "b"},
	}}
	rng := rand.New(rand.NewPCG(1, 2))
	masks := t.TempDir()
	for i := range n {
		low := cam.New(5, 5)
		for k := range low.V {
			low.V[k] = rng.Float64()
		}
		m := cam.Resize(low, smallSide, smallSide)
		cam.Normalize(m)
		for k, v := range m.V {
			m.V[k] = float64(float32(v)) // so that every type holds it
		}
		s.maps = append(s.maps, m)
		at, err := new(cam.Extractor).Boxes(m, 0.4+0.3*rng.Float64(), cam.Largest)
		if err != nil {
			t.Fatal(err)
		}
		b := box.Box{X0: 3 * at[0].X0, Y0: 3 * at[0].Y0, Y1: 3 * at[0].Y1}
		b.X1 = min(3*at[0].X1+rng.IntN(20), 119)
		sample := data.Sample{
			ID: fmt.Sprintf("d/%d.jpg", i), Label: i % 2, Width: 120, Height: 120, Boxes: []box.Box{b},
		}
		if i%2 == 0 {
			sample.Masks = []string{filepath.Join(masks, fmt.Sprintf("%d.png", i))}
			writeMask(t, sample.Masks[0], rng)
		}
		s.split.Samples = append(s.split.Samples, sample)
		s.write(t, i, m)
	}
	return s
}

func writeMask(t *testing.T, path string, rng *rand.Rand) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 30, 50))
	x, y := rng.IntN(20), rng.IntN(40)
	for dy := range 10 {
		for dx := range 10 {
			img.SetGray(x+dx, y+dy, color.Gray{Y: 255})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

func (s *mapSet) path(i int) string { return filepath.Join(s.dir, s.split.Samples[i].ID+".npy") }

func (s *mapSet) write(t *testing.T, i int, m cam.Map) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(i)), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := npy.WriteFile(s.path(i), []int{m.H, m.W}, m.V); err != nil {
		t.Fatal(err)
	}
}

func (s *mapSet) run(t *testing.T, change func(*eval.ScoreMaps)) *eval.ScoreMapReport {
	t.Helper()
	ev := &eval.ScoreMaps{Dir: s.dir, Split: s.split, Size: smallSide, Keep: true}
	if change != nil {
		change(ev)
	}
	r, err := ev.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// want measures the maps with package metric alone.
func (s *mapSet) want(t *testing.T) (values, taus map[string]float64) {
	t.Helper()
	acc := newMapAcc()
	for i, m := range s.maps {
		sample := s.split.Samples[i]
		acc.add(t, m, []box.Box{sample.Boxes[0].Scale(120, 120, smallSide, smallSide)})
		if len(sample.Masks) == 0 {
			continue
		}
		object, ignore, err := sample.Mask(smallSide)
		if err != nil {
			t.Fatal(err)
		}
		acc.addMask(t, m, object, ignore)
	}
	return acc.figures(t)
}

func TestScoreMapsInFilesGiveTheFiguresOfTheMaps(t *testing.T) {
	s := newMapSet(t, 23)
	want, taus := s.want(t)
	r := s.run(t, nil)
	if r.Images != 23 || r.Counted["max_box_acc"] != 23 || r.Counted["pxap"] != 12 ||
		len(r.Missing)+len(r.Failed)+r.Extra != 0 {
		t.Errorf("%+v", r)
	}
	wantFigures(t, "maps in files", r.Values, want)
	wantFigures(t, "thresholds", r.Best, taus)
	one := s.run(t, func(e *eval.ScoreMaps) { e.Workers = 1 })
	if !reflect.DeepEqual(one, r) {
		t.Error("one worker gives other figures")
	}
	// The records hold the same figures.
	ci, err := r.Records.Bootstrap(context.Background(), eval.Resampling{Resamples: 30})
	if err != nil {
		t.Fatal(err)
	}
	for key, v := range want {
		if in := ci.Figures[key]; in[0] > v+8 || in[1] < v || in[0] == in[1] {
			t.Errorf("%s of %g: interval %v", key, v, in)
		}
	}
	// So does the curve.
	curve := map[string][]float64{}
	for _, c := range r.Curve.Columns {
		curve[c.Key] = c.Values
	}
	for key, tau := range taus {
		i := int(math.Round(tau * 1000))
		if curve[key][i] != want[key] || r.Curve.Thresholds[i] != tau {
			t.Errorf("curve of %s at %g: %g, want %g", key, r.Curve.Thresholds[i], curve[key][i], want[key])
		}
	}
	if curve["recall"][0] != 100 {
		t.Errorf("recall %g at 0", curve["recall"][0])
	}
}

// raw writes an array as NumPy would.
func raw(
	t *testing.T, path, descr string, fortran bool, m cam.Map, put func([]byte, float64) []byte,
) {
	t.Helper()
	order := "False"
	if fortran {
		order = "True"
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d), }\n",
		descr, order, m.H, m.W)
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), 0)
	b = append(b, head...)
	for i := range m.V {
		at := i
		if fortran {
			at = i%m.H*m.W + i/m.H
		}
		b = put(b, m.V[at])
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestScoreMapsOfAnyTypeAndOrderAreTheSame(t *testing.T) {
	s := newMapSet(t, 8)
	want := s.run(t, nil)
	f4 := func(b []byte, v float64) []byte {
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	f8 := func(b []byte, v float64) []byte {
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	big := func(b []byte, v float64) []byte {
		return binary.BigEndian.AppendUint64(b, math.Float64bits(v))
	}
	raw(t, s.path(0), "<f4", false, s.maps[0], f4)
	raw(t, s.path(1), "<f4", true, s.maps[1], f4)
	raw(t, s.path(2), "<f8", true, s.maps[2], f8)
	raw(t, s.path(3), ">f8", false, s.maps[3], big)
	if got := s.run(t, nil); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got.Values, want.Values)
	}
	// float16 keeps halves and ones.
	for i, v := range s.maps[4].V {
		s.maps[4].V[i] = math.Round(2*v) / 2
	}
	s.write(t, 4, s.maps[4])
	want = s.run(t, nil)
	raw(t, s.path(4), "<f2", true, s.maps[4], func(b []byte, v float64) []byte {
		bits := map[float64]uint16{0: 0, 0.5: 0x3800, 1: 0x3c00}[v]
		return binary.LittleEndian.AppendUint16(b, bits)
	})
	if got := s.run(t, nil); !reflect.DeepEqual(got, want) {
		t.Errorf("float16: %+v, want %+v", got.Values, want.Values)
	}
}

func TestMissingBrokenAndExtraMapsAreListed(t *testing.T) {
	s := newMapSet(t, 9)
	if err := os.Remove(s.path(0)); err != nil {
		t.Fatal(err)
	}
	s.write(t, 1, cam.New(smallSide, smallSide+1))
	bad := s.maps[2].Clone()
	bad.V[smallSide+3] = 1.5
	s.write(t, 2, bad)
	if err := os.WriteFile(s.path(3), []byte("\x93NUMPY"), 0o666); err != nil {
		t.Fatal(err)
	}
	s.split.Samples[4].Masks = []string{"gone.png"}
	for _, name := range []string{"x.npy", "d/y.npy", "d/note.txt"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := s.run(t, nil)
	if r.Images != 4 || len(r.Records.Images) != 4 || r.Extra != 2 ||
		!reflect.DeepEqual(r.Missing, []string{"d/0.jpg"}) {
		t.Errorf("%d images, %d extra, missing %v", r.Images, r.Extra, r.Missing)
	}
	want := []string{
		"is 40x41, want 40x40", "value 1.5 at row 1, column 3, want [0,1] (--normalize",
		"not a .npy file", "gone.png",
	}
	for i, f := range r.Failed {
		if f.ID != fmt.Sprintf("d/%d.jpg", i+1) || !strings.Contains(f.Error, want[i]) {
			t.Errorf("%s: %s, want %q", f.ID, f.Error, want[i])
		}
	}
	if len(r.Failed) != 4 {
		t.Errorf("failed: %v", r.Failed)
	}
}

func TestConstantAndNaNScoreMapsAreCounted(t *testing.T) {
	s := newMapSet(t, 6)
	flat, nan := cam.New(smallSide, smallSide), s.maps[1].Clone()
	for i := range flat.V {
		flat.V[i] = 0.5
	}
	nan.V[7] = math.NaN()
	s.write(t, 0, flat)
	s.write(t, 1, nan)
	// A constant map stays, as in the reference.
	s.maps[0], s.maps[1] = flat, cam.New(smallSide, smallSide)
	want, _ := s.want(t)
	r := s.run(t, nil)
	wantFigures(t, "constant and NaN", r.Values, want)
	if r.ConstantMaps() != 1 || r.NaNMaps() != 1 {
		t.Errorf("%d constant and %d NaN maps, want 1 and 1", r.ConstantMaps(), r.NaNMaps())
	}
	if got := r.Records.Images[0].Map + " " + r.Records.Images[1].Map; got != "constant nan" {
		t.Errorf("records say %q", got)
	}
}

func TestMapsOfOtherSizesAndValuesByOption(t *testing.T) {
	s := newMapSet(t, 5)
	for i, m := range s.maps {
		low := cam.New(7, 9)
		for k := range low.V {
			low.V[k] = 3*m.V[k*11%len(m.V)] - 1
		}
		s.write(t, i, low)
		if i == 4 {
			for k := range low.V {
				low.V[k] = 0.3 // whose cubic is not constant to the last bit
			}
			s.write(t, i, low)
		}
		if s.maps[i] = cam.Resize(low, smallSide, smallSide); i == 4 {
			clear(s.maps[i].V)
		}
		cam.Normalize(s.maps[i])
	}
	want, _ := s.want(t)
	resized := s.run(t, func(e *eval.ScoreMaps) { e.Resize = true })
	wantFigures(t, "resized", resized.Values, want)
	if resized.ConstantMaps() != 1 {
		t.Errorf("resized: %d constant maps, want 1", resized.ConstantMaps())
	}
	for i, m := range s.maps {
		wide := m.Clone()
		for k := range wide.V {
			wide.V[k] = 8*wide.V[k] - 4 // exact
		}
		s.write(t, i, wide)
	}
	r := s.run(t, func(e *eval.ScoreMaps) { e.Normalize = true })
	if r.Values["max_box_acc_v2"] != want["max_box_acc_v2"] ||
		math.Abs(r.Values["pxap"]-want["pxap"]) > 0.01 {
		t.Errorf("normalised: %v, want %v", r.Values, want)
	}
}

func TestScoreMapsRefuse(t *testing.T) {
	s := newMapSet(t, 2)
	run := func(e eval.ScoreMaps) error { _, err := e.Run(context.Background()); return err }
	bare := *s.split
	bare.HasBoxes, bare.HasMasks = false, false
	stopped, stop := context.WithCancel(context.Background())
	stop()
	_, interrupted := (&eval.ScoreMaps{Dir: s.dir, Split: s.split, Size: smallSide}).Run(stopped)
	for _, c := range []struct {
		err  error
		want string
	}{
		{run(eval.ScoreMaps{Dir: "gone", Split: s.split, Size: smallSide}), "gone"},
		{run(eval.ScoreMaps{Dir: s.path(0), Split: s.split, Size: smallSide}), "is not a folder"},
		{
			run(eval.ScoreMaps{Dir: t.TempDir(), Split: s.split, Size: smallSide}),
			"no score map of the 2 images of split test",
		},
		{run(eval.ScoreMaps{Dir: s.dir, Split: &bare, Size: smallSide}), "no boxes and no masks"},
		{
			run(eval.ScoreMaps{Dir: s.dir, Split: s.split, Size: 30}),
			"no score map of split test can be measured; the first",
		},
		{interrupted, "context canceled"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v, want %q", c.err, c.want)
		}
	}
}

// Memory does not grow with the number of maps.
func TestScoreMapsAreNotKept(t *testing.T) {
	s := newMapSet(t, 4)
	samples := s.split.Samples
	for range 100 { // of the same four maps
		s.split.Samples = append(s.split.Samples, samples...)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	s.run(t, func(e *eval.ScoreMaps) {
		e.Keep = false
		e.Progress = func(done, _ int) {
			if done%100 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&after)
				peak = max(peak, after.HeapAlloc-min(after.HeapAlloc, before.HeapAlloc))
			}
		}
	})
	const all = 400 * smallSide * smallSide * 8
	if peak > all/2 {
		t.Errorf("%d bytes more in use, of %d that all maps have", peak, all)
	}
}
