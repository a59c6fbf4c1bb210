package data

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"acol/internal/box"
	"acol/internal/data/datatest"
	"acol/internal/data/pixels"
)

// convert writes a set and gives the configuration that reads what was written.
func convert(t *testing.T, cfg Config, to Format) Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "deep", "out")
	done, err := Convert(context.Background(), cfg, ConvertOptions{To: to, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	again := DefaultConfig()
	again.Format, again.Root, again.Metadata, again.ClassNames = to, done.Root, dir, filepath.Join(dir, NamesFile)
	for i, split := range []*string{&again.Train, &again.Val, &again.Test} {
		if _, folder, _ := cfg.folderOf(splitNames[i]); folder == "" {
			*split = ""
		}
	}
	return again
}

// wantSame compares a split of two configurations, apart from sizes that one does not know.
func wantSame(t *testing.T, got, want Config, split string) {
	t.Helper()
	a, err := Open(got, split)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(want, split)
	if err != nil {
		t.Fatal(err)
	}
	for i := range min(len(a.Samples), len(b.Samples)) {
		if b.Samples[i].Width == 0 {
			a.Samples[i].Width, a.Samples[i].Height = 0, 0
		}
		if !reflect.DeepEqual(a.Samples[i], b.Samples[i]) {
			t.Fatalf("%s: %+v,\nwant %+v", split, a.Samples[i], b.Samples[i])
		}
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s: %d images of %v, want %d of %v",
			split, len(a.Samples), a.Classes, len(b.Samples), b.Classes)
	}
}

// boxedSet makes a data set of three classes in wsolevaluation's form, with class names, and with
// a size and a box for each image: six images in train, three in val and three in test.
func boxedSet(t testing.TB, dir string) Config {
	t.Helper()
	files := map[string]string{"NAMES": "ani\nbunting\ncardinal\n"}
	for split, n := range map[string]int{"train": 6, "val": 3, "test": 3} {
		var ids, labels, sizes, boxes strings.Builder
		for i := range n {
			id := fmt.Sprintf("%s/%d.png", split, i)
			files["images/"+id] = ""
			fmt.Fprintln(&ids, id)
			fmt.Fprintf(&labels, "%s,%d\n", id, i%3)
			fmt.Fprintf(&sizes, "%s,48,%d\n", id, 40+i)
			fmt.Fprintf(&boxes, "%s,%d,2,30,39\n", id, i)
		}
		in := "meta/" + split + "/"
		files[in+idsFile], files[in+labelsFile] = ids.String(), labels.String()
		files[in+sizesFile], files[in+boxesFile] = sizes.String(), boxes.String()
	}
	datatest.Put(t, dir, files)
	cfg := DefaultConfig()
	cfg.Root, cfg.Metadata = filepath.Join(dir, "images"), filepath.Join(dir, "meta")
	cfg.ClassNames = filepath.Join(dir, "NAMES")
	return cfg
}

func TestConvertedSetsReadAsTheSameSamples(t *testing.T) {
	made := boxedSet(t, t.TempDir())
	few := made
	few.Classes = []string{"2", "0"}
	cub := cubSet(t, t.TempDir())
	for name, cfg := range map[string]Config{"wsol": made, "cub": cub, "two classes": few} {
		for _, to := range []Format{"wsol", "coco"} {
			t.Run(name+" to "+string(to), func(t *testing.T) {
				again := convert(t, cfg, to)
				for _, split := range splitNames {
					wantSame(t, again, cfg, split)
				}
			})
		}
	}
}

func TestCOCOKeepsSeveralLabelsAndWSOLRefusesThem(t *testing.T) {
	dir := t.TempDir()
	cfg := vocSet(t, dir)
	wantSame(t, convert(t, cfg, "coco"), cfg, "train")

	lists := listSet(t, t.TempDir(), "a/1.jpg 4 1\nb/2.jpg 2\n", "3 0")
	wantSame(t, convert(t, lists, "coco"), lists, "train")

	out := filepath.Join(t.TempDir(), "out")
	_, err := Convert(context.Background(), cfg, ConvertOptions{To: "wsol", Dir: out})
	if err == nil || !strings.Contains(err.Error(), "image JPEGImages/a.jpg has 2 labels") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) != 0 {
		t.Errorf("a failed conversion left %v, %v", left, err)
	}
}

func TestConvertMakesIDsOfOneRoot(t *testing.T) {
	cfg := folderSet(t, t.TempDir())
	cfg.Val = ""
	again := convert(t, cfg, "wsol")
	s, err := Open(again, "test")
	if err != nil {
		t.Fatal(err)
	}
	if again.Root != cfg.Root || s.Samples[0].ID != "test/wren/9.jpg" || s.Samples[0].Label != 1 {
		t.Errorf("root %s, samples %+v", again.Root, s.Samples)
	}
}

func TestConvertNeverWritesOverAFolder(t *testing.T) {
	dir := t.TempDir()
	datatest.Put(t, dir, map[string]string{"x": "y"})
	cfg := folderSet(t, t.TempDir())
	if _, err := Convert(context.Background(), cfg, ConvertOptions{To: "coco", Dir: dir}); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("got %v", err)
	}
	if _, err := Convert(context.Background(), cfg, ConvertOptions{To: "voc", Dir: dir}); err == nil ||
		!strings.Contains(err.Error(), `"voc": want wsol or coco`) {
		t.Errorf("got %v", err)
	}
}

// exifJPEG is a picture of 48x32 stored pixels, white where stored says, that EXIF turns.
func exifJPEG(t *testing.T, o pixels.Orientation, white box.Box) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 48, 32))
	for y := white.Y0; y <= white.Y1; y++ {
		for x := white.X0; x <= white.X1; x++ {
			img.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	return datatest.JPEG(t, img, uint16(o), binary.BigEndian)
}

// TestConvertBringsBoxesToTheStoredPixels: the box in the file is that of the white part of the
// turned picture, the one that is written that of the stored one.
func TestConvertBringsBoxesToTheStoredPixels(t *testing.T) {
	stored := box.Box{X0: 8, Y0: 0, X1: 31, Y1: 7}
	for o := pixels.Orientation(1); o <= 8; o++ {
		dir := t.TempDir()
		cfg := DefaultConfig()
		cfg.Format, cfg.Root, cfg.Val, cfg.Test = "folder", dir, "", ""
		file := filepath.Join(dir, "train", "a", "1.jpg")
		datatest.Put(t, dir, map[string]string{"train/a/1.jpg": string(exifJPEG(t, o, stored))})
		seen, err := pixels.Load(file, true)
		if err != nil {
			t.Fatal(err)
		}
		b := brightPart(seen)
		datatest.Put(t, dir, map[string]string{"train/localization.txt": strings.Join([]string{"a/1.jpg", strconv.Itoa(b.X0), strconv.Itoa(b.Y0), strconv.Itoa(b.X1), strconv.Itoa(b.Y1)}, ",")})
		s, err := Open(convert(t, cfg, "coco"), "train")
		if err != nil {
			t.Fatal(err)
		}
		if x := s.Samples[0]; x.Width != 48 || x.Height != 32 ||
			!reflect.DeepEqual(x.Boxes, []box.Box{stored}) {
			t.Errorf("orientation %d: box %v of %dx%d, want %v of 48x32",
				o, x.Boxes, x.Width, x.Height, stored)
		}
	}
}

// brightPart is the box around what is white.
func brightPart(img image.Image) box.Box {
	r := img.Bounds()
	b := box.Box{X0: r.Max.X, Y0: r.Max.Y}
	for y := range r.Max.Y {
		for x := range r.Max.X {
			if v, _, _, _ := img.At(x, y).RGBA(); v > 0x8000 {
				b = box.Box{X0: min(b.X0, x), Y0: min(b.Y0, y), X1: max(b.X1, x), Y1: max(b.Y1, y)}
			}
		}
	}
	return b
}

func TestConvertStopsWhenItIsTold(t *testing.T) {
	cfg := folderSet(t, t.TempDir())
	cfg.Val = ""
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := filepath.Join(t.TempDir(), "out")
	if _, err := Convert(ctx, cfg, ConvertOptions{To: "coco", Dir: dir}); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("wrote a folder")
	}
}

func TestConvertCountsImagesThatCannotBeRead(t *testing.T) {
	cfg := folderSet(t, t.TempDir())
	cfg.Val = ""
	var calls atomic.Int64
	done, err := Convert(context.Background(), cfg, ConvertOptions{To: "coco", Dir: filepath.Join(t.TempDir(), "out"), Progress: func(_, total int) {
		if total == 5 {
			calls.Add(1)
		}
	}})
	if err != nil || done.Unread != 5 || calls.Load() != 5 ||
		!reflect.DeepEqual(done.Images, []int{4, 1}) {
		t.Errorf("%+v, %d calls, %v", done, calls.Load(), err)
	}
}

// TestCub16IsOneSetInEveryForm reads real photographs in native, metadata, list and folder form,
// and as both forms that acol writes.
func TestCub16IsOneSetInEveryForm(t *testing.T) {
	root := filepath.Join(datatest.Shared(t), "data", "cub16")
	native := DefaultConfig()
	native.Format, native.Root = "cub", filepath.Join(root, "CUB_200_2011")
	images := filepath.Join(native.Root, "images")
	list, folder := DefaultConfig(), DefaultConfig()
	list.Format, list.Root, list.Metadata = "list", images, filepath.Join(root, "datalist")
	folder.Format, folder.Root = "folder", t.TempDir()
	wsol, coco := convert(t, native, "wsol"), convert(t, native, "coco")
	for _, split := range splitNames {
		wantSame(t, wsol, native, split)
		wantSame(t, coco, native, split)
		want, err := Open(native, split)
		if err != nil {
			t.Fatal(err)
		}
		meta := filepath.Join(root, "metadata", "CUB16", split)
		for _, x := range want.Samples {
			link := filepath.Join(folder.Root, split, filepath.FromSlash(x.ID))
			if err := os.MkdirAll(filepath.Dir(link), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(must(filepath.Abs(x.Path)), link); err != nil {
				t.Skip(err)
			}
		}
		for _, file := range []string{sizesFile, boxesFile} {
			raw, err := os.ReadFile(filepath.Join(meta, file))
			if err != nil {
				t.Fatal(err)
			}
			datatest.Put(t, filepath.Join(folder.Root, split), map[string]string{file: string(raw)})
		}
	}
	for _, split := range splitNames {
		want, err := Open(native, split)
		if err != nil {
			t.Fatal(err)
		}
		for name, cfg := range map[string]Config{"list": list, "folder": folder} {
			got, err := Open(cfg, split)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Classes, want.Classes) || len(got.Samples) != len(want.Samples) {
				t.Fatalf("%s %s: %d images of %v, want %d of %v",
					split, name, len(got.Samples), got.Classes, len(want.Samples), want.Classes)
			}
			byID := map[string]Sample{}
			for _, x := range got.Samples {
				byID[x.ID] = x
			}
			for _, x := range want.Samples { // folders are sorted, and lists have no boxes
				y := byID[x.ID]
				if name == "list" {
					x.Width, x.Height, x.Boxes = 0, 0, nil
				}
				x.Path, y.Path = "", ""
				if !reflect.DeepEqual(y, x) {
					t.Fatalf("%s %s: %+v, want %+v", split, name, y, x)
				}
			}
		}
	}
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

func TestWSOLKeepsMasksAndCOCORefusesThem(t *testing.T) {
	dir := t.TempDir()
	cfg := wsolSet(t, dir)
	datatest.Put(t, dir, map[string]string{"meta/val/localization.txt": "val/9.jpg,1,2,30,39\nval/9.jpg,m/1.png,m/i.png\nval/9.jpg,m/2.png,\n"})
	cfg.Test, cfg.Masks = "", filepath.Join(dir, "masks")
	again := convert(t, cfg, "wsol")
	again.Masks = cfg.Masks
	wantSame(t, again, cfg, "val")
	s, err := Open(again, "val")
	if err != nil || len(s.Samples[0].Masks) != 2 ||
		s.Samples[0].Ignore != filepath.Join(dir, "masks", "m", "i.png") {
		t.Errorf("%+v, %v", s, err)
	}
	out := filepath.Join(dir, "out")
	if _, err := Convert(context.Background(), cfg, ConvertOptions{To: "coco", Dir: out}); err == nil || !strings.Contains(err.Error(), "split val has masks in files") {
		t.Errorf("to coco: %v", err)
	}
	done, err := Convert(context.Background(), cfg, ConvertOptions{To: "wsol", Dir: out})
	if err != nil || done.Masks != cfg.Masks {
		t.Errorf("%+v, %v", done, err)
	}
}
