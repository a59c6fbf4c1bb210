// Package synth draws data sets of birds on clutter, for tests and for a demo that needs no
// download. Shapes and colours are chosen so that adversarial complementary learning has
// something to gain.
package synth

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"acol/internal/box"
	"acol/internal/data"
	"acol/internal/data/seeded"
	"acol/internal/parallel"
)

// Options describe a made data set; see Make.
type Options struct {
	// Classes is the number of classes, 2 to 24.
	Classes int
	// Train, Val and Test are the numbers of images in the splits. The classes take turns.
	Train, Val, Test int
	// Size is the side of the images in pixels, 48 to 1024.
	Size int
	// Seed fixes everything that is drawn.
	Seed uint64
	// Masks says whether a mask of each bird is written and listed too, below Root/masks.
	Masks bool
	// Overwrite allows a folder that is not empty.
	Overwrite bool
}

// DefaultOptions describe a data set on which a demo trains in a minute.
func DefaultOptions() Options {
	return Options{Classes: 6, Train: 900, Val: 120, Test: 300, Size: 128, Seed: 1}
}

// Where Make puts things, below its folder: Root is the folder of the images, data.root in a
// recipe, Metadata that of the lists, data.metadata, and Names the file of the class names,
// data.class_names.
const (
	Root     = "images"
	Metadata = "metadata/SYNTH"
	Names    = Metadata + "/" + data.NamesFile
)

// Check is an error if an option is out of range.
func (o Options) Check() error {
	switch {
	case o.Classes < 2 || o.Classes > maxLooks:
		return fmt.Errorf("%d classes, want 2 to %d", o.Classes, maxLooks)
	case o.Size < 48 || o.Size > 1024:
		return fmt.Errorf("size of %d pixels, want 48 to 1024", o.Size)
	}
	for _, n := range []int{o.Train, o.Val, o.Test} {
		if n < o.Classes || n > 1_000_000 {
			return fmt.Errorf("%d images in a split, want %d (one a class) to 1000000", n, o.Classes)
		}
	}
	return nil
}

// Make draws a data set that shows what adversarial complementary learning is for, and writes it
// to the folder dir in wsolevaluation's format: birds on clutter. The head of a bird is small,
// and always shows its class by bright colours and a pattern. The body is most of the bird. It
// shows the class by its plumage and a dull tinge of the same hue, but now and then it is that of
// another class. So a classifier needs the head alone, and can still learn from the body once the
// head is erased. Boxes are around the whole bird. The files are a pure function of the options,
// for one build of the program.
func Make(dir string, opts Options) error {
	if err := opts.Check(); err != nil {
		return fmt.Errorf("making data: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("making data: %w", err)
	}
	if len(entries) > 0 && !opts.Overwrite {
		return fmt.Errorf("making data: %s: is not empty", dir)
	}
	names := make([]string, opts.Classes)
	for label := range names {
		names[label] = lookOf(label).name()
	}
	splits := make([]*data.Split, 3)
	for i, split := range []struct {
		name  string
		count int
	}{{"train", opts.Train}, {"val", opts.Val}, {"test", opts.Test}} {
		splits[i] = &data.Split{Name: split.name, Classes: names}
		splits[i].Samples = make([]data.Sample, split.count)
		if err := draw(dir, i, splits[i], opts); err != nil {
			return fmt.Errorf("making data: %w", err)
		}
	}
	lists := filepath.Join(dir, filepath.FromSlash(Metadata))
	if err := data.Write(lists, "wsol", splits); err != nil {
		return fmt.Errorf("making data: %w", err)
	}
	text := []byte(manifest(opts, names))
	if err := os.WriteFile(filepath.Join(dir, "MANIFEST.md"), text, 0o666); err != nil {
		return fmt.Errorf("making data: %w", err)
	}
	return nil
}

// draw draws the images of a split on all processors and describes them. place is that of the
// split among the others, which the random numbers depend on.
func draw(dir string, place int, s *data.Split, opts Options) error {
	for _, name := range s.Classes {
		folders := []string{filepath.Join(dir, Root, s.Name, name)}
		if opts.Masks {
			folders = append(folders, filepath.Join(dir, Root, masks, s.Name, name))
		}
		for _, folder := range folders {
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return err
			}
		}
	}
	errs := make([]error, len(s.Samples))
	parallel.Each(runtime.GOMAXPROCS(0), len(s.Samples), func(i int) {
		x := &s.Samples[i]
		x.Label = i % opts.Classes
		class := s.Classes[x.Label]
		x.ID = fmt.Sprintf("%s/%s/%s-%04d.png", s.Name, class, class, i/opts.Classes)
		x.Path = filepath.Join(dir, Root, filepath.FromSlash(x.ID))
		x.Width, x.Height, x.Boxes = opts.Size, opts.Size, make([]box.Box, 1)
		x.Boxes[0], errs[i] = drawImage(x, place, i, dir, opts)
	})
	for _, err := range errs {
		if err != nil { // the first is enough: a full disk gives one for each image
			return err
		}
	}
	return nil
}

// masks is the folder of the masks below Root. A mask has the path of its image there.
const masks = "masks"

// drawImage draws and writes image i of a split, with its mask if there are to be any, and gives
// the box of its bird.
func drawImage(x *data.Sample, place, i int, dir string, opts Options) (box.Box, error) {
	rng := seeded.Rand(seeded.Synth, opts.Seed, uint64(place), uint64(i))
	img, bird := drawBird(rng, lookOf(i%opts.Classes), opts.Classes, opts.Size)
	b := maskBox(bird, opts.Size)
	if err := writePNG(x.Path, img); err != nil || !opts.Masks {
		return b, err
	}
	mask := image.NewGray(img.Rect)
	for i, set := range bird {
		if set {
			mask.Pix[i] = 255
		}
	}
	x.Masks = []string{path.Join(masks, x.ID)}
	return b, writePNG(filepath.Join(dir, Root, filepath.FromSlash(x.Masks[0])), mask)
}

func writePNG(file string, img image.Image) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return errors.Join(encoder.Encode(f, img), f.Close())
}

// manifest gives the text that describes the folder.
func manifest(o Options, names []string) string {
	aboutMasks := ""
	if o.Masks {
		aboutMasks = fmt.Sprintf("- %s/%s/: the pixels of each bird, in a PNG\n", Root, masks)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# SYNTH: drawn birds for weakly supervised localization

Made by "acol data synth": %d classes, %d x %d pixels, %d train, %d val and %d test images, seed %d.

The head (small) has the class's bright colours and pattern in every image. The body (large) has
the class's plumage and a dull tinge of its hue in %.0f %% of the images, and those of a class
drawn at random in the others.
Boxes are around the whole bird: body, tail, head and beak.

- %s/: train/, val/ and test/, one folder a class (also a data set of format folder)
- %s/: wsolevaluation's lists (format wsol); CLASSES has the names by label
%s

| label | head | body, mostly |
|--:|---|---|
`, o.Classes, o.Size, o.Size, o.Train, o.Val, o.Test, o.Seed, 100*bodyTells, Root, Metadata, aboutMasks)
	for label, name := range names {
		fmt.Fprintf(&b, "| %d | %s | %s |\n", label, name, plumages[lookOf(label).plumage])
	}
	return b.String()
}
