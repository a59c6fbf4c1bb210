// Refine makes the figures of "Refined masks" in docs/evaluation.md: how well the masks and boxes
// of score maps agree with true ones, before package crf has refined the maps and after. The score
// maps are those of acol eval --save-scoremaps, in the frame of the whole image.
package main

import (
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"acol/internal/cam"
	"acol/internal/crf"
	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/metric"
	"acol/internal/npy"
	"acol/internal/parallel"
)

// options are the flags.
type options struct {
	maps, split string
	thresholds  []float64
	data        data.Config
	field       crf.Options
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "refine: error: %v\n", err)
		os.Exit(1)
	}
}

// run measures each threshold and prints a line for it.
func run(args []string, out io.Writer) error {
	o := options{data: data.DefaultConfig(), field: crf.Default()}
	f := flag.NewFlagSet("refine", flag.ContinueOnError)
	f.StringVar(&o.maps, "maps", "maps", "the `folder` of the score maps")
	f.StringVar(&o.data.Root, "data", "data/synth/images", "the `folder` of the images")
	f.StringVar(&o.data.Metadata, "metadata", "data/synth/metadata/SYNTH",
		"the `folder` of wsolevaluation's lists")
	f.StringVar(&o.split, "split", "test", "the `split` of the maps")
	thresholds := f.String("thresholds", "0.1,0.2,0.3,0.4,0.5,0.6", "`fractions` to cut maps at")
	f.Float64Var(&o.field.Trust, "trust", o.field.Trust, "weight of the score map")
	f.Float64Var(&o.field.Colour, "colour", o.field.Colour, "weight of alike pixels")
	f.Float64Var(&o.field.Place, "place", o.field.Place, "weight of near pixels")
	f.Float64Var(&o.field.Near, "near", o.field.Near, "reach of alike pixels, of the side")
	f.Float64Var(&o.field.Alike, "alike", o.field.Alike, "deviation of colours")
	f.IntVar(&o.field.Rounds, "rounds", o.field.Rounds, "rounds of the mean field")
	if err := f.Parse(args); err != nil {
		return err
	}
	for _, text := range strings.Split(*thresholds, ",") {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("--thresholds: %w", err)
		}
		o.thresholds = append(o.thresholds, v)
	}
	o.data.Format = "wsol"
	split, err := data.Open(o.data, o.split)
	if err != nil {
		return err
	}
	const head = "%9s  %-28s  %-28s\n"
	const what = "  mIoU   PxAP  box50  found"
	fmt.Fprintf(out, head+head, "", "as they are", "refined", "threshold", what, what)
	for _, t := range o.thresholds {
		before, after, err := o.measure(split, t)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%9.2f  %s  %s\n", t, before, after)
	}
	return nil
}

// figures are sums over images.
type figures struct {
	images, right, found int
	iou                  float64
	masks                int
	bins                 *metric.PixelBins
	curve                *metric.PixelCurve
}

func newFigures() (figures, error) {
	const step = 0.001 // the reference's
	grid, err := metric.NewGrid(step)
	if err != nil {
		return figures{}, err
	}
	bins := metric.NewPixelBins(grid)
	return figures{bins: bins, curve: metric.NewPixelCurve(bins.Bins())}, nil
}

// String gives the mean IoU of masks, PxAP, and the share of boxes with an IoU of at least 0.5, all
// in percent, and the number of images in which there is an object.
func (s figures) String() string {
	pxap, err := s.curve.AveragePrecision()
	if err != nil { // no masks
		pxap = 0
	}
	return fmt.Sprintf("%6.2f %6.2f %6.2f  %5d ", 100*s.iou/max(float64(s.masks), 1), pxap,
		100*float64(s.right)/max(float64(s.images), 1), s.found)
}

// measure cuts the maps of a split at a threshold, as they are and refined.
func (o *options) measure(s *data.Split, threshold float64) (before, after figures, err error) {
	before, err = newFigures()
	if err == nil {
		after, err = newFigures()
	}
	if err != nil {
		return before, after, err
	}
	var mu sync.Mutex
	parallel.Each(runtime.GOMAXPROCS(0), len(s.Samples), func(i int) {
		x := &s.Samples[i]
		score, refined, found, e := o.readMap(s, x, threshold)
		mu.Lock()
		defer mu.Unlock()
		if e == nil {
			e = before.add(x, score, threshold, true)
		}
		if e == nil {
			e = after.add(x, refined, threshold, found)
		}
		if err == nil && e != nil {
			err = fmt.Errorf("%s: %w", x.ID, e)
		}
	})
	return before, after, err
}

// readMap reads the score map of an image and refines it.
func (o *options) readMap(
	s *data.Split, x *data.Sample, threshold float64,
) (score, refined cam.Map, found bool, err error) {
	const most = 1 << 24
	a, err := npy.ReadFile(filepath.Join(o.maps, filepath.FromSlash(x.ID)+".npy"), most)
	if err != nil {
		return score, refined, false, err
	}
	if len(a.Shape) != 2 || a.Shape[0] != a.Shape[1] {
		return score, refined, false, fmt.Errorf("a map of shape %v, want a square", a.Shape)
	}
	side := a.Shape[0]
	score = cam.Map{H: side, W: side, V: a.Float64s()}
	img, err := pixels.Load(x.Path, !s.Stored)
	if err != nil {
		return score, refined, false, err
	}
	rgb, err := o.pixels(img, side)
	if err != nil {
		return score, refined, false, err
	}
	refined, found, err = crf.Refine(score, rgb, threshold, o.field)
	return score, refined, found, err
}

// pixels resizes a picture to (3,side,side) in 0 to 255.
func (o *options) pixels(img image.Image, side int) ([]float32, error) {
	cfg := o.data
	cfg.Input = pixels.Input{Resize: pixels.Warp, Size: side, TrainResize: side, TestResize: side}
	const top = 1. / 255
	cfg.Mean, cfg.Std = []float64{0, 0, 0}, []float64{top, top, top}
	rgb := cfg.NewInputs(1, false)
	_, err := data.TestInput(cfg, img, rgb)
	return rgb.X, err
}

// add counts an image.
func (s *figures) add(x *data.Sample, score cam.Map, threshold float64, found bool) error {
	if found {
		s.found++
	}
	if len(x.Boxes) > 0 {
		b, err := cam.LargestComponent(score, threshold)
		if err != nil {
			return err
		}
		whole := pixels.Geometry{
			Width: x.Width, Height: x.Height, ResizedW: score.W, ResizedH: score.H, Size: score.W,
		}
		best, err := metric.BestIoU(whole.Box(b, score.W, score.H), x.Boxes)
		if err != nil {
			return err
		}
		s.images++
		if best >= 0.5 {
			s.right++
		}
	}
	if len(x.Masks) == 0 {
		return nil
	}
	object, ignore, err := x.Mask(score.W)
	if err != nil {
		return err
	}
	over, both, either := threshold*score.Max(), 0, 0
	for i, v := range score.V {
		if ignore[i] {
			continue
		}
		if v > over && object[i] {
			both++
		}
		if v > over || object[i] {
			either++
		}
	}
	s.masks++
	s.iou += float64(both) / max(float64(either), 1)
	on, off, err := s.bins.Count(score, object, ignore)
	if err != nil {
		return err
	}
	return s.curve.Add(on, off, 1)
}
