package synth

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/data"
	"acol/internal/data/datatest"
	"acol/internal/data/seeded"
)

// hashTree is a hash over all files below dir, names included.
func hashTree(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		fmt.Fprintf(h, "%s %d\n%s", rel, len(raw), raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestSynthIsAFunctionOfItsOptions(t *testing.T) {
	opts := Options{Classes: 4, Train: 8, Val: 4, Test: 5, Size: 48, Seed: 9}
	hash := func(o Options) string {
		dir := t.TempDir()
		if err := Make(dir, o); err != nil {
			t.Fatal(err)
		}
		return hashTree(t, dir)
	}
	first := hash(opts)
	if hash(opts) != first {
		t.Error("the same options gave other files")
	}
	opts.Seed++
	if hash(opts) == first {
		t.Error("another seed gave the same files")
	}
}

// A mask changes nothing else, and its box is the bird's.
func TestSynthMasksAreOfTheBirds(t *testing.T) {
	opts := Options{Classes: 2, Train: 2, Val: 2, Test: 3, Size: 64, Seed: 3}
	var samples [2][]data.Sample
	for i := range samples {
		dir := t.TempDir()
		opts.Masks = i == 1
		if err := Make(dir, opts); err != nil {
			t.Fatal(err)
		}
		cfg := data.DefaultConfig()
		cfg.Root, cfg.Metadata = filepath.Join(dir, Root), filepath.Join(dir, Metadata)
		s, err := data.Open(cfg, "test")
		if err != nil {
			t.Fatal(err)
		}
		samples[i] = s.Samples
		if s.HasMasks != opts.Masks || !s.HasBoxes {
			t.Errorf("masks %v, boxes %v", s.HasMasks, s.HasBoxes)
		}
	}
	for i := range samples[0] {
		plain, masked := &samples[0][i], &samples[1][i]
		a, errA := os.ReadFile(plain.Path)
		b, errB := os.ReadFile(masked.Path)
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s is another picture with masks: %v, %v", plain.ID, errA, errB)
		}
		object, _, err := masked.Mask(opts.Size)
		if err != nil {
			t.Fatal(err)
		}
		if got := maskBox(object, opts.Size); got != plain.Boxes[0] {
			t.Errorf("%s: the mask's box is %v, want %v", plain.ID, got, plain.Boxes[0])
		}
	}
}

func TestSynthIsReadAsWSOLAndAsFolders(t *testing.T) {
	dir := t.TempDir()
	opts := Options{Classes: 5, Train: 11, Val: 5, Test: 7, Size: 64, Seed: 1}
	if err := Make(dir, opts); err != nil {
		t.Fatal(err)
	}
	lists := data.DefaultConfig()
	lists.Root, lists.Metadata = filepath.Join(dir, Root), filepath.Join(dir, Metadata)
	lists.ClassNames = filepath.Join(dir, Names)
	folders := data.DefaultConfig()
	folders.Format, folders.Root = "folder", lists.Root
	for split, n := range map[string]int{"train": 11, "val": 5, "test": 7} {
		s, err := data.Open(lists, split)
		if err != nil {
			t.Fatal(err)
		}
		f, err := data.Open(folders, split)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Samples) != n || len(f.Samples) != n || len(s.Classes) != 5 ||
			len(f.Classes) != 5 || !s.HasBoxes {
			t.Errorf("%s: %d and %d images, want %d; %v, boxes %v",
				split, len(s.Samples), len(f.Samples), n, s.Classes, s.HasBoxes)
		}
		for i, sample := range s.Samples {
			if sample.Label != i%5 || sample.Width != 64 || len(sample.Boxes) != 1 {
				t.Errorf("%s: %+v", split, sample)
			}
			if !strings.Contains(sample.ID, "/"+s.Classes[sample.Label]+"/") {
				t.Errorf("image %s has class %s", sample.ID, s.Classes[sample.Label])
			}
		}
	}
}

func TestSynthBirdsAreInThePicture(t *testing.T) {
	const size = 96
	for label := range maxLooks {
		for i := range 4 {
			img, bird := drawBird(seeded.Rand(seeded.Synth, uint64(label), uint64(i)), lookOf(label), maxLooks, size)
			b := maskBox(bird, size)
			if !b.Valid() || b.X1 >= size || b.Y1 >= size {
				t.Fatalf("class %d: box %v", label, b)
			}
			if part := float64(b.Area()) / size / size; part < 0.08 || part > 0.75 {
				t.Errorf("class %d: box %v is %.2f of the picture", label, b, part)
			}
			for j := 3; j < len(img.Pix); j += 4 {
				if img.Pix[j] != 255 {
					t.Fatal("picture is not opaque")
				}
			}
		}
	}
}

func TestSynthHeadIsTooSmallToBeTheBox(t *testing.T) {
	const size = 96
	for i := range 200 {
		rng := seeded.Rand(seeded.Synth, uint64(i))
		b := placeBird(rng, size)
		c, mask := &canvas{make([]colour, size*size), size}, make([]bool, size*size)
		b.tail(c, mask)
		b.body(c, rng, 0, mask)
		b.head(c, rng, lookOf(i%maxLooks), mask)
		whole := maskBox(mask, size)
		if head := 4 * b.radius * b.radius; head > 0.4*float64(whole.Area()) {
			t.Errorf("pose %d: the head's box of %.0f pixels has more than IoU 0.4 with %v", i, head, whole)
		}
	}
}

func TestSynthClassesLookDifferent(t *testing.T) {
	names := map[string]bool{}
	for label := range maxLooks {
		names[lookOf(label).name()] = true
	}
	if len(names) != maxLooks {
		t.Errorf("%d different heads for %d classes", len(names), maxLooks)
	}
}

func TestOptionsOutOfRangeAreErrors(t *testing.T) {
	good := Options{Classes: 2, Train: 2, Val: 2, Test: 2, Size: 48}
	for want, change := range map[string]func(*Options){
		"1 classes, want 2 to 24":               func(o *Options) { o.Classes = 1 },
		"25 classes, want 2 to 24":              func(o *Options) { o.Classes = 25 },
		"size of 47 pixels, want 48 to 1024":    func(o *Options) { o.Size = 47 },
		"1 images in a split, want 2 (one a cl": func(o *Options) { o.Val = 1 },
	} {
		o := good
		change(&o)
		if err := Make(t.TempDir(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	dir := t.TempDir()
	datatest.Put(t, dir, map[string]string{"mine.txt": "kept"})
	if err := Make(dir, good); err == nil || !strings.Contains(err.Error(), dir+": is not empty") {
		t.Errorf("folder with a file: got %v", err)
	}
	good.Overwrite = true
	if err := Make(dir, good); err != nil {
		t.Errorf("overwriting: %v", err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, "mine.txt")); err != nil || string(raw) != "kept" {
		t.Errorf("another file in the folder: %q, %v", raw, err)
	}
}

func TestHuesAreTheWheelsColours(t *testing.T) {
	for hue, want := range map[float64]colour{0: {1, 0, 0}, 1. / 3: {0, 1, 0}, 2. / 3: {0, 0, 1}, 1: {1, 0, 0}} {
		got := hsv(hue, 1, 1)
		for i := range got {
			if math.Abs(got[i]-want[i]) > 1e-9 {
				t.Errorf("hue %.2f: got %v, want %v", hue, got, want)
				break
			}
		}
	}
}

func BenchmarkDrawBird(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		drawBird(seeded.Rand(seeded.Synth, uint64(i)), lookOf(i%6), 6, 96)
	}
}
