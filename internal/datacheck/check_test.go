package datacheck

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"acol/internal/data"
	"acol/internal/data/datatest"
)

// shaded is a picture of 40x30 pixels that shade tells from others.
func shaded(shade uint8) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = uint8(i) ^ shade
	}
	return img
}

// photo is a shaded picture as JPEG.
func photo(t testing.TB, shade uint8) []byte { return datatest.JPEG(t, shaded(shade), 0, nil) }

// turned is a photo that EXIF turns by 90 degrees.
func turned(t testing.TB, shade uint8) []byte {
	return datatest.JPEG(t, shaded(shade), 6, binary.BigEndian)
}

// cleanSet has three images of two classes in train and one in test, nothing wrong with them.
func cleanSet(t testing.TB, dir string) data.Config {
	t.Helper()
	datatest.Put(t, dir, map[string][]byte{
		"images/ant/1.jpg": photo(t, 1), "images/ant/2.jpg": photo(t, 2), "images/bee/3.jpg": photo(t, 3), "images/bee/4.jpg": photo(t, 4),
		"meta/train/image_ids.txt":    []byte("ant/1.jpg\nant/2.jpg\nbee/3.jpg"),
		"meta/train/class_labels.txt": []byte("ant/1.jpg,0\nant/2.jpg,0\nbee/3.jpg,1"),
		"meta/test/image_ids.txt":     []byte("bee/4.jpg"),
		"meta/test/class_labels.txt":  []byte("bee/4.jpg,1"),
		"meta/test/image_sizes.txt":   []byte("bee/4.jpg,40,30"),
		"meta/test/localization.txt":  []byte("bee/4.jpg,1,2,39,29"),
	})
	cfg := data.DefaultConfig()
	cfg.Root, cfg.Metadata, cfg.Val = filepath.Join(dir, "images"), filepath.Join(dir, "meta"), ""
	return cfg
}

// check runs and gives each finding as `kind split image:line`.
func check(t testing.TB, cfg data.Config, opt Options) ([]string, *Summary) {
	t.Helper()
	var got []string
	opt.Report = func(f Finding) error {
		line := ""
		if f.Line > 0 {
			line = fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		got = append(got, strings.Join(strings.Fields(fmt.Sprintln(f.Kind, f.Split, f.Image, line)), " "))
		if f.Message == "" || f.Severity == "" {
			t.Errorf("finding %+v says nothing", f)
		}
		return nil
	}
	sum, err := Run(context.Background(), cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	return got, sum
}

func TestACleanSetHasNoFindings(t *testing.T) {
	for _, quick := range []bool{false, true} {
		done := 0
		got, sum := check(t, cleanSet(t, t.TempDir()), Options{Quick: quick, Progress: func(d, total int) {
			if done = d; total != 4 {
				t.Errorf("total %d, want 4", total)
			}
		}})
		if len(got) != 0 || done != 4 {
			t.Errorf("quick %v: found %q, %d looked at", quick, got, done)
		}
		want := &Summary{Quick: quick, Images: 4, Counts: map[Kind]int{}, Splits: []SplitSummary{
			{
				Name: "train", Images: 3, Classes: 2}, {Name: "test", Images: 1, Classes: 2,
				Boxed: 1, Boxes: 1,
			},
		}}
		if !reflect.DeepEqual(sum, want) {
			t.Errorf("summary %+v, want %+v", sum, want)
		}
	}
}

// TestEachFaultIsFound plants one fault at a time.
func TestEachFaultIsFound(t *testing.T) {
	cmyk, err := os.ReadFile("../data/pixels/testdata/images/cmyk.jpg")
	if err != nil {
		t.Fatal(err)
	}
	whole := photo(t, 2)
	deep := image.NewNRGBA64(image.Rect(0, 0, 9, 9))
	deep.SetNRGBA64(1, 1, color.NRGBA64{R: 1, A: 65535})
	grey := datatest.PNG(t, image.NewGray(image.Rect(0, 0, 9, 9)))
	damaged := slices.Clone(datatest.PNG(t, deep))
	damaged[len(damaged)-20] ^= 0xff // inside the pixels
	const tests = "meta/test/"
	for name, tc := range map[string]struct {
		file string
		raw  []byte
		want []string
		full bool // that --quick does not find it
	}{
		"missing": {"images/ant/2.jpg", nil, []string{"missing train ant/2.jpg"}, false},
		"no image": {
			"images/ant/2.jpg", []byte("GIF? no"), []string{"unreadable train ant/2.jpg"}, false,
		},
		"empty": {"images/ant/2.jpg", []byte{}, []string{"truncated train ant/2.jpg"}, false},
		"cut": {
			"images/ant/2.jpg", whole[:len(whole)/2], []string{"truncated train ant/2.jpg"},
			false,
		},
		"cut png": {
			"images/ant/2.jpg", grey[:len(grey)-14],
			[]string{"truncated train ant/2.jpg", "grey train ant/2.jpg"}, false,
		},
		"damaged": {
			"images/ant/2.jpg", damaged,
			[]string{"unreadable train ant/2.jpg", "16-bit train ant/2.jpg"}, true,
		},
		"cmyk": {"images/ant/2.jpg", cmyk, []string{"cmyk train ant/2.jpg"}, false},
		"16 bits": {
			"images/ant/2.jpg", datatest.PNG(t, deep), []string{"16-bit train ant/2.jpg"}, false,
		},
		"grey":    {"images/ant/2.jpg", grey, []string{"grey train ant/2.jpg"}, false},
		"rotated": {"images/ant/2.jpg", turned(t, 2), []string{"rotated train ant/2.jpg"}, false},
		"size": {
			tests + "image_sizes.txt", []byte("bee/4.jpg,41,30"), []string{"size test bee/4.jpg"},
			false,
		},
		"swapped": {
			tests + "image_sizes.txt", []byte("bee/4.jpg,30,40"),
			[]string{"box-beyond test bee/4.jpg", "size test bee/4.jpg"}, false,
		},
		"outside": {
			tests + "localization.txt", []byte("bee/4.jpg,40,2,41,29"),
			[]string{"box-outside test bee/4.jpg"}, false,
		},
		"beyond": {
			tests + "localization.txt", []byte("bee/4.jpg,4,2,41,29"),
			[]string{"box-beyond test bee/4.jpg"}, false,
		},
		"inverted": {
			tests + "localization.txt", []byte("bee/4.jpg,1,2,3,4\nbee/4.jpg,9,2,3,4"),
			[]string{"box-inverted test localization.txt:2"}, false,
		},
		"bad line": {
			tests + "localization.txt", []byte("x\nbee/4.jpg,1,2,3,4\ny"),
			[]string{"line test localization.txt:1", "line test localization.txt:3"}, false,
		},
		"label": {
			tests + "class_labels.txt", []byte("bee/4.jpg,-1"),
			[]string{"label-range test class_labels.txt:1", "no-label test bee/4.jpg", "list test"},
			false,
		},
		"no list": {tests + "image_ids.txt", nil, []string{"list test"}, false},
		"empty class": {
			tests + "class_labels.txt", []byte("bee/4.jpg,3"), []string{"no-images train"}, false,
		},
		"shared file": {
			tests + "image_ids.txt", []byte("bee/4.jpg\nant/1.jpg"),
			[]string{"no-label test ant/1.jpg"}, false,
		},
		"same content": {
			"images/bee/4.jpg", photo(t, 1), []string{"shared-image test bee/4.jpg"}, true,
		},
		"no mask": {
			tests + "localization.txt",
			[]byte("bee/4.jpg,ant/1.jpg,gone.png\nbee/4.jpg,gone2.png,"),
			[]string{"mask test bee/4.jpg", "mask test bee/4.jpg"}, false,
		},
		"twice": {
			"images/ant/2.jpg", photo(t, 1), []string{"repeated-image train ant/2.jpg"}, true,
		},
		"contradiction": {
			"images/bee/3.jpg", photo(t, 2), []string{"contradicted-image train bee/3.jpg"}, true,
		},
		"thin": {
			"images/ant/2.jpg", datatest.PNG(t, image.NewNRGBA(image.Rect(0, 0, 400, 9))),
			[]string{"shape train ant/2.jpg"}, false,
		},
		"unnamed folder": {
			"images/ant/2.jpg/x", []byte("x"), []string{"unreadable train ant/2.jpg"}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := cleanSet(t, dir)
			cfg.Input.Resize = "short"
			p := filepath.Join(dir, filepath.FromSlash(tc.file))
			_ = os.Remove(p)
			if strings.HasSuffix(tc.file, "/x") {
				_ = os.Remove(filepath.Dir(p))
			}
			if tc.raw != nil {
				datatest.Put(t, dir, map[string][]byte{tc.file: tc.raw})
			}
			got, sum := check(t, cfg, Options{})
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("found %q, want %q", got, tc.want)
			}
			if n := sum.Errors + sum.Warnings + sum.Notes; n != len(got) {
				t.Errorf("counted %d of %d", n, len(got))
			}
			quick, _ := check(t, cfg, Options{Quick: true})
			if !tc.full && !reflect.DeepEqual(quick, tc.want) {
				t.Errorf("quick found %q, want %q", quick, tc.want)
			}
			if tc.full && slices.Contains(quick, tc.want[0]) {
				t.Errorf("quick found %q, which it does not look for", quick)
			}
		})
	}
}

func TestSplitsThatShareAFile(t *testing.T) {
	dir := t.TempDir()
	cfg := cleanSet(t, dir)
	datatest.Put(t, dir, map[string][]byte{"meta/test/image_ids.txt": []byte("bee/4.jpg\nant/1.jpg"), "meta/test/class_labels.txt": []byte("bee/4.jpg,1\nant/1.jpg,0")})
	got, sum := check(t, cfg, Options{})
	if want := []string{"shared-file test ant/1.jpg"}; !reflect.DeepEqual(got, want) ||
		sum.Errors != 1 {
		t.Errorf("found %q, want %q alone", got, want)
	}
}

func TestClassesOfFoldersThatDiffer(t *testing.T) {
	dir := t.TempDir()
	datatest.Put(t, dir, map[string][]byte{
		"train/ant/1.jpg": photo(t, 1), "test/ant/3.jpg": photo(t, 4),
		"test/bee/2.jpg": turned(t, 2), "test/image_sizes.txt": []byte("bee/2.jpg,30,40"),
	})
	cfg := data.DefaultConfig()
	cfg.Format, cfg.Root, cfg.Val = "folder", dir, ""
	got, _ := check(t, cfg, Options{})
	if want := []string{"label-range test", "line test image_sizes.txt:1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("found %q, want %q: train has no bee", got, want)
	}
	datatest.Put(t, dir, map[string][]byte{"train/bee/1.jpg": photo(t, 3)})
	if got, _ := check(t, cfg, Options{}); got != nil {
		t.Errorf("found %q, want nothing: a folder's sizes are those of the turned picture", got)
	}
}

func TestPicturesThatAFolderLosesAreNamed(t *testing.T) {
	dir := t.TempDir()
	datatest.Put(t, dir, map[string][]byte{
		"train/ant/1.jpg": photo(t, 1), "train/ant/2.HEIC": nil, "train/ant/.3.heic": nil,
		"train/ant/notes.txt": nil, "test/ant/3.jpg": photo(t, 4), "test/ant/s/4.avif": nil,
	})
	cfg := data.DefaultConfig()
	cfg.Format, cfg.Root, cfg.Val = "folder", dir, ""
	want := []string{"left-out train ant/2.HEIC", "left-out test ant/s/4.avif"}
	if got, _ := check(t, cfg, Options{}); !reflect.DeepEqual(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestLabelsInTheDevkitsOrderAreWarnedOf(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{}
	list := ""
	for i, label := range []int{489, 360, 170, 821} {
		name := fmt.Sprintf("ILSVRC2012_val_%08d.JPEG", i+1)
		files["images/"+name] = photo(t, uint8(i))
		list += fmt.Sprintf("%s %d\n", name, label)
	}
	files["images/val.txt"] = []byte(list)
	datatest.Put(t, dir, files)
	cfg := data.DefaultConfig()
	cfg.Format, cfg.Root, cfg.Train, cfg.Val, cfg.Test = "list", filepath.Join(dir, "images"), "", "", "val"
	got, _ := check(t, cfg, Options{})
	if want := []string{"label-order"}; !reflect.DeepEqual(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	files["images/train.txt"] = []byte("n01751748_1.JPEG 65\n")
	files["images/n01751748_1.JPEG"] = photo(t, 99)
	datatest.Put(t, dir, files)
	cfg.Train = "train"
	if got, _ = check(t, cfg, Options{}); got[1] != "label-mixed" {
		t.Errorf("found %q, want label-mixed after no-images", got)
	}
}

func TestFindingsDoNotDependOnTheWorkers(t *testing.T) {
	dir := t.TempDir()
	ids, labels := "", ""
	files := map[string][]byte{}
	for i := range 600 {
		id := fmt.Sprintf("ant/%03d.jpg", i)
		if i%3 != 0 {
			files["images/"+id] = photo(t, uint8(i%40))
		}
		ids += id + "\n"
		labels += id + ",0\n"
	}
	files["meta/train/image_ids.txt"], files["meta/train/class_labels.txt"] = []byte(ids), []byte(labels)
	datatest.Put(t, dir, files)
	cfg := data.DefaultConfig()
	cfg.Root, cfg.Metadata, cfg.Val, cfg.Test = filepath.Join(dir, "images"), filepath.Join(dir, "meta"), "", ""
	one, _ := check(t, cfg, Options{Workers: 1})
	if many, _ := check(t, cfg, Options{Workers: 7}); !reflect.DeepEqual(one, many) ||
		len(one) != 560 {
		t.Errorf("%d findings of one worker, %d of seven, or in another order", len(one), len(many))
	}
}

func TestACheckEndsWithItsContextOrReport(t *testing.T) {
	cfg := cleanSet(t, t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, cfg, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	full := errors.New("disk full")
	cfg.Root += "/ant"
	if _, err := Run(context.Background(), cfg, Options{Report: func(Finding) error { return full }}); !errors.Is(err, full) {
		t.Errorf("report: %v", err)
	}
}

func TestEveryKindIsExplainedOnce(t *testing.T) {
	seen := map[Kind]bool{}
	for _, e := range Kinds {
		if seen[e.Kind] || e.Doc == "" || e.Severity == "" {
			t.Errorf("kind %+v", e)
		}
		seen[e.Kind] = true
	}
}
