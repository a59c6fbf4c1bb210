package tensorboard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"image"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"acol/internal/tensorboard"
)

var update = flag.Bool("update", false, "write testdata/golden.tfevents, for testdata/read.py")

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// began is when the files of these tests are begun, by a clock that stands.
func began() time.Time { return time.Unix(1_700_000_000, 500_000_000) }

// written writes one of everything into a new file of the folder.
func written(t *testing.T, dir string) (path string) {
	t.Helper()
	w, err := tensorboard.Create(dir, began)
	check(t, err)
	check(t, w.Text(0, "recipe", "```yaml\nname: grün\n```\n"))
	check(t, w.Settings([]tensorboard.Setting{
		{Key: "train.epochs", Value: 30.0}, {Key: "model.backbone.arch", Value: "resnet"},
		{Key: "train.optimizer.nesterov", Value: true},
	}))
	check(t, w.Scalars(1, tensorboard.Scalar{Tag: "train/loss", Value: 0.5}, tensorboard.Scalar{Tag: "val/top1", Value: 75}))
	check(t, w.Scalars(300, tensorboard.Scalar{Tag: "train/loss", Value: -0.25}))
	img := image.NewRGBA(image.Rect(0, 0, 24, 16))
	for i := range 24 * 16 {
		img.Set(i%24, i/24, color.RGBA{uint8(10 * (i % 24)), uint8(15 * (i / 24)), 99, 255})
	}
	check(t, w.Image(2, "pictures/val-maps", img))
	check(t, w.Close())
	names := tensorboard.Files(dir)
	return filepath.Join(dir, names[len(names)-1])
}

// The golden file was read by TensorBoard itself; golden.json is what that found in it.
func TestFilesAreTheGoldenOneThatTensorBoardReads(t *testing.T) {
	got, err := os.ReadFile(written(t, t.TempDir()))
	check(t, err)
	golden := filepath.Join("testdata", "golden.tfevents")
	if *update {
		check(t, os.WriteFile(golden, got, 0o666))
	}
	want, err := os.ReadFile(golden)
	check(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes, other than the %d of %s", len(got), len(want), golden)
	}
	text, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	check(t, err)
	var found struct {
		Scalars  map[string][][3]float64
		Images   map[string][][4]int
		Texts    map[string][][2]any
		Settings map[string]any
	}
	check(t, json.Unmarshal(text, &found))
	at := 1_700_000_000.5
	if want := map[string][][3]float64{
		"train/loss": {{at, 1, 0.5}, {at, 300, -0.25}}, "val/top1": {{at, 1, 75}},
	}; !reflect.DeepEqual(found.Scalars, want) {
		t.Errorf("TensorBoard found scalars %v, want %v", found.Scalars, want)
	}
	if i := found.Images["pictures/val-maps"]; len(i) != 1 || !slices.Equal(i[0][:3], []int{2, 24, 16}) {
		t.Errorf("TensorBoard found images %v", found.Images)
	}
	if want := map[string][][2]any{"text": {{0.0, "```yaml\nname: grün\n```\n"}}}; !reflect.DeepEqual(found.Texts, want) {
		t.Errorf("TensorBoard found texts %v, want %v", found.Texts, want)
	}
	if want := map[string]any{
		"train.epochs": 30.0, "model.backbone.arch": "resnet", "train.optimizer.nesterov": true,
	}; !reflect.DeepEqual(found.Settings, want) {
		t.Errorf("TensorBoard found settings %v, want %v", found.Settings, want)
	}
}

// event is what Trim says of an event.
type event struct {
	tag  string
	step int
}

// events lists what is in the files of a folder, which keeps it all.
func events(t *testing.T, dir string) (found []event) {
	t.Helper()
	seen := map[event]bool{} // Trim may read a file twice
	check(t, tensorboard.Trim(dir, func(tag string, step int) bool {
		if e := (event{tag, step}); !seen[e] {
			seen[e] = true
			found = append(found, e)
		}
		return true
	}))
	return found
}

var all = []event{
	{"recipe", 0}, {tensorboard.SettingsTag, 0}, {"train/loss", 1}, {"train/loss", 300}, {"pictures/val-maps", 2},
}

func TestTrimmingKeepsWhatItIsTold(t *testing.T) {
	dir := t.TempDir()
	path := written(t, dir)
	before, err := os.ReadFile(path)
	check(t, err)
	if got := events(t, dir); !slices.Equal(got, all) {
		t.Errorf("events %v, want %v", got, all)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a file that loses nothing has changed; error %v", err)
	}
	check(t, tensorboard.Trim(dir, func(tag string, step int) bool { return step < 300 && tag != "recipe" }))
	want := []event{all[1], all[2], all[4]}
	if got := events(t, dir); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	check(t, tensorboard.Trim(dir, func(string, int) bool { return false }))
	if files := tensorboard.Files(dir); files != nil {
		t.Errorf("files without events are left: %q", files)
	}
}

func TestWhatACrashCutOffIsTrimmed(t *testing.T) {
	dir := t.TempDir()
	path := written(t, dir)
	whole, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path, whole[:len(whole)-9], 0o666))
	if got := events(t, dir); !slices.Equal(got, all[:4]) {
		t.Errorf("events %v, want %v", got, all[:4])
	}
	if left, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(whole, left) || len(left) >= len(whole)-9 {
		t.Errorf("%d bytes of %d are left, error %v", len(left), len(whole), err)
	}
}

func TestFilesOfOtherProgramsAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "events.out.tfevents.1700000000.host")
	check(t, os.WriteFile(other, []byte("theirs"), 0o666))
	check(t, tensorboard.Trim(dir, func(string, int) bool { return false }))
	if b, err := os.ReadFile(other); err != nil || string(b) != "theirs" {
		t.Errorf("holds %q, error %v", b, err)
	}
}

func TestFilesOfOneSecondAreInTheOrderInWhichTheyWereBegun(t *testing.T) {
	dir := t.TempDir()
	first, second := written(t, dir), written(t, dir)
	if first >= second {
		t.Errorf("%s comes before %s", second, first)
	}
	if _, err := tensorboard.Create(filepath.Join(dir, "none"), began); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: error %v", err)
	}
}

func FuzzTrim(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "golden.tfevents"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(golden[:50])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "events.out.tfevents.1.acol")
		check(t, os.WriteFile(path, content, 0o666))
		got := events(t, dir)
		left, err := os.ReadFile(path)
		if len(got) == 0 && errors.Is(err, fs.ErrNotExist) {
			return
		}
		check(t, err)
		if len(left) > len(content) {
			t.Errorf("%d bytes became %d", len(content), len(left))
		}
		if again := events(t, dir); !slices.Equal(again, got) {
			t.Errorf("trimmed twice: %v, at first %v", again, got)
		}
	})
}

// FuzzEvent makes the checksums right, so that messages are read.
func FuzzEvent(f *testing.F) {
	f.Add([]byte{9, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 3, 0x2a, 5, 0x0a, 3, 0x0a, 1, 'a'})
	f.Fuzz(func(t *testing.T, message []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "events.out.tfevents.1.acol")
		check(t, os.WriteFile(path, tensorboard.Record(message), 0o666))
		events(t, dir)
	})
}
