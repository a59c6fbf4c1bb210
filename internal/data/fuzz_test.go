package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/data/datatest"
)

func FuzzLines(f *testing.F) {
	for _, text := range []string{
		"a\nb\r\nc\rd", "\ufeffa", "\xff\xfea\x00", "", "\r", "\r\n\r\r\n", " \t\n", "a\x00b", "\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last, total := 0, 0
		err := scanLines(strings.NewReader(text), "x", func(*Problem) {}, func(n int, line string) error {
			if n <= last || strings.ContainsAny(line, "\r\n\x00") || strings.TrimSpace(line) == "" {
				t.Errorf("line %d after %d: %q", n, last, line)
			}
			last, total = n, total+len(line)
			return nil
		})
		if err == nil && total > len(text) {
			t.Errorf("%q: lines of %d bytes", text, total)
		}
	})
}

// checkSamples is for what fuzz tests read: labels and boxes must be those of a split.
func checkSamples(t *testing.T, samples []Sample, classes int) {
	t.Helper()
	for _, x := range samples {
		if x.Label >= classes {
			t.Errorf("label %d of %d classes", x.Label, classes)
		}
		for _, b := range x.Boxes {
			if !b.Valid() {
				t.Errorf("box %v", b)
			}
		}
	}
}

func FuzzCUB(f *testing.F) {
	f.Add("30 030.Wren\n7 007.Auklet\n", "3 w/1.jpg\n5 a/2.jpg\n", "3 30\n5 7\n", "3 1\n5 0\n", "3 1 2 3 4\n")
	f.Add("1 a", "1 ../x", "1 1\n1 1", "1 2", "1 NaN 1e999 0x1 -5")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, classes, images, labels, parts, boxes string) {
		datatest.Put(t, dir, map[string]string{
			"classes.txt": classes, "images.txt": images, "image_class_labels.txt": labels,
			"train_test_split.txt": parts, "bounding_boxes.txt": boxes,
		})
		read, names, err := readCUB(dir, func(*Problem) {})
		if err != nil {
			return
		}
		for _, im := range read {
			checkSamples(t, []Sample{im.Sample}, len(names))
		}
	})
}

func FuzzImageNetLists(f *testing.F) {
	f.Add("ImageId,P\nILSVRC2012_val_00000001,n01440764 1 2 3 4 \n", "490\n361\n", "n01440764 1 tench\n")
	f.Add("ILSVRC2012_val_00000001,n01440764 NaN 2 3 4", "0\n-1\n1e9", "n01440764 tench, x")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, solution, truth, table string) {
		datatest.Put(t, dir, map[string]string{kaggleTruth: solution, groundTruth: truth, devkitClasses: table})
		_, names, err := readSynsets(filepath.Join(dir, devkitClasses))
		if err != nil {
			if os.Remove(filepath.Join(dir, devkitClasses)) != nil {
				t.Fatal(err)
			}
			names = ilsvrcClasses().sorted()
		}
		for _, read := range []func(s *Split) error{
			func(s *Split) error {
				return s.addImageNetCSV(filepath.Join(dir, kaggleTruth), indexOf(names))
			},
			func(s *Split) error {
				in := imageNet{places: []string{dir}}
				return s.addGroundTruth(in, filepath.Join(dir, groundTruth), indexOf(names))
			},
		} {
			s := &Split{report: func(*Problem) {}, Classes: names, Samples: []Sample{
				{ID: "val/ILSVRC2012_val_00000001.JPEG", Label: -1},
				{ID: "val/ILSVRC2012_val_00000002.JPEG", Label: -1},
			}}
			if read(s) == nil {
				checkSamples(t, s.Samples, len(names))
			}
		}
	})
}
