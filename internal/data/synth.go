package data

import (
	"errors"
	"fmt"
	"image/png"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"acol/internal/box"
)

// SynthOptions describe a made data set; see Synth.
type SynthOptions struct {
	// Classes is 2 to 24.
	Classes int
	// Train, Val and Test are images in each split, the classes taking turns.
	Train, Val, Test int
	// Size is the side of an image in pixels, 48 to 1024.
	Size int
	// Seed fixes everything.
	Seed uint64
	// Overwrite writes into a folder that is not empty.
	Overwrite bool
}

// DefaultSynthOptions make what a demo trains on in a minute.
func DefaultSynthOptions() SynthOptions {
	return SynthOptions{Classes: 6, Train: 900, Val: 120, Test: 300, Size: 128, Seed: 1}
}

// SynthRoot and SynthMetadata are where Synth puts images and lists, below its
// folder: the data.root and data.metadata of a recipe. SynthNames is the class names' file.
const (
	SynthRoot     = "images"
	SynthMetadata = "metadata/SYNTH"
	SynthNames    = "metadata/SYNTH/CLASSES"
)

// Check reports what is out of range.
func (o SynthOptions) Check() error {
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

// Synth makes a data set that shows what adversarial complementary learning is
// for, in wsolevaluation's format: birds on clutter. The head, a small part,
// tells the class by its bright colours and pattern, always. The body, most of
// the object, tells it by its plumage and a dull tinge of the same hue, and is
// now and then that of any class. So the head is all that a classifier needs, and the body is
// what it can still learn from once the head is erased. Boxes are around the whole bird.
// The files are a pure function of the options for one build of the program.
func Synth(dir string, opts SynthOptions) error {
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
	for i, count := range []int{opts.Train, opts.Val, opts.Test} {
		if err := synthSplit(dir, i, count, names, opts); err != nil {
			return fmt.Errorf("making data: %w", err)
		}
	}
	if err := writeFile(filepath.Join(dir, SynthNames), strings.Join(names, "\n")+"\n"); err != nil {
		return fmt.Errorf("making data: %w", err)
	}
	if err := writeFile(filepath.Join(dir, "MANIFEST.md"), manifest(opts, names)); err != nil {
		return fmt.Errorf("making data: %w", err)
	}
	return nil
}

// synthSplit draws the images of a split on all processors and writes its lists.
func synthSplit(dir string, split, count int, names []string, opts SynthOptions) error {
	ids := make([]string, count)
	for i := range ids {
		label := i % opts.Classes
		ids[i] = fmt.Sprintf("%s/%s/%s-%04d.png", splitNames[split], names[label], names[label], i/opts.Classes)
	}
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(dir, SynthRoot, splitNames[split], name), 0o777); err != nil {
			return err
		}
	}
	boxes, errs := make([]box.Box, count), make([]error, count)
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				p := filepath.Join(dir, SynthRoot, filepath.FromSlash(ids[i]))
				boxes[i], errs[i] = synthImage(p, split, i, opts)
			}
		})
	}
	for i := range ids {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, err := range errs {
		if err != nil { // a full disk would have one for each image
			return err
		}
	}
	lists := map[string][]string{}
	add := func(file, id string, values ...int) {
		for _, v := range values {
			id += fmt.Sprintf(",%d", v)
		}
		lists[file] = append(lists[file], id)
	}
	for i, id := range ids {
		b := boxes[i]
		add(idsFile, id)
		add(labelsFile, id, i%opts.Classes)
		add(sizesFile, id, opts.Size, opts.Size)
		add(boxesFile, id, b.X0, b.Y0, b.X1, b.Y1)
	}
	for file, lines := range lists {
		// Without a newline at the end, as the reference's files.
		text := strings.Join(lines, "\n")
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(path.Join(SynthMetadata, splitNames[split], file))), text); err != nil {
			return err
		}
	}
	return nil
}

// synthImage draws and writes image i of a split and gives the bird's box.
func synthImage(file string, split, i int, opts SynthOptions) (box.Box, error) {
	rng := newRand(forSynth, opts.Seed, uint64(split), uint64(i))
	img, b := drawBird(rng, lookOf(i%opts.Classes), opts.Classes, opts.Size)
	f, err := os.Create(file)
	if err != nil {
		return b, err
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return b, errors.Join(encoder.Encode(f, img), f.Close())
}

func writeFile(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o666)
}

// manifest says what is in the folder.
func manifest(o SynthOptions, names []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# SYNTH: drawn birds for weakly supervised localization

Made by "acol data synth": %d classes, %d x %d pixels, %d train, %d val and %d test images, seed %d.

The head (small) has the class's bright colours and pattern in every image. The body (large) has the class's
plumage and a dull tinge of its hue in %.0f %% of the images, and those of a class drawn at random in the others.
Boxes are around the whole bird: body, tail, head and beak.

- %s/: train/, val/ and test/, one folder a class (also a data set of format folder)
- %s/: wsolevaluation's lists (format wsol); CLASSES has the names by label

| label | head | body, mostly |
|--:|---|---|
`, o.Classes, o.Size, o.Size, o.Train, o.Val, o.Test, o.Seed, 100*bodyTells, SynthRoot, SynthMetadata)
	for label, name := range names {
		fmt.Fprintf(&b, "| %d | %s | %s |\n", label, name, plumages[lookOf(label).plumage])
	}
	return b.String()
}
