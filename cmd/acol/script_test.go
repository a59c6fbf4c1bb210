package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"acol/internal/data/datatest"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/tensorboard"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"acol": main}) }

// TestScripts runs the program as a user does, on data made in the scripts.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:       filepath.Join("testdata", "script"),
		Condition: scriptCondition,
		Cmds:      scriptCmds(),
	})
}

// scriptCmds are the commands of scripts besides testscript's own.
func scriptCmds() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exitcode":    scriptExitCode,
		"tinyrun":     scriptTinyRun,
		"picture":     scriptPicture,
		"constant":    scriptConstant,
		"same":        scriptSame,
		"pngsize":     scriptPNGSize,
		"wantlines":   scriptWantLines,
		"waitfor":     scriptWaitFor,
		"samejson":    scriptSameJSON,
		"flipbit":     scriptFlipBit,
		"serve":       scriptServe,
		"imagenet":    scriptImageNet,
		"events":      scriptEvents,
		"plugin":      scriptPlugin,
		"samelosses":  scriptSameLosses,
		"samefigures": scriptSameFigures,
	}
}

// acolIn is the program in a folder.
func acolIn(dir string, args ...string) *exec.Cmd {
	c := exec.Command("acol", args...)
	c.Dir = dir
	return c
}

// scriptExitCode is "exitcode CODE PROGRAM ARG…".
func scriptExitCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && args[0] == strconv.Itoa(exit.ExitCode()) {
		return
	}
	ts.Fatalf("%v, want exit status %s", err, args[0])
}

// scriptTinyRun is "tinyrun DIR [KEY=VALUE…]": the folder of a finished run of an
// untrained network with three classes.
func scriptTinyRun(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(tinyRun(ts.MkAbs(args[0]), args[1:]...))
}

// tinyClasses are the classes of a tiny run.
var tinyClasses = []string{"001.Black_cat", "002.Dog", "Cardinal / red"}

// tinyRun writes the folder of a finished run of an untrained network: a ResNet of 4 channels on
// inputs of 32x32 pixels, two branches.
func tinyRun(dir string, set ...string) error {
	rec, err := recipe.Load(recipe.Options{Set: append([]string{
		"name=" + filepath.Base(dir), "data.root=images", "data.metadata=metadata", "train.epochs=1", "train.threads=1",
		"model.backbone.width=0.0625", "model.backbone.output_stride=8", "model.branches.deltas=0.6",
		"data.input.size=32", "data.input.train_resize=32", "data.input.test_resize=32",
	}, set...)})
	if err != nil {
		return err
	}
	m, err := model.New(rec.Model, len(tinyClasses))
	if err != nil {
		return err
	}
	m.Init(7)
	return run.Folder(dir).Save(rec, m, tinyClasses, nil)
}

// scriptConstant is "constant DIR": it makes the maps of a tiny run constant, by weights of 0.
func scriptConstant(ts *testscript.TestScript, _ bool, args []string) {
	dir := run.Folder(ts.MkAbs(args[0]))
	rec, err := dir.Recipe(nil, nil)
	ts.Check(err)
	m, err := model.New(rec.Model, len(tinyClasses))
	ts.Check(err)
	ts.Check(dir.Save(rec, m, tinyClasses, nil))
}

// scriptPicture is "picture FILE WIDTHxHEIGHT [turned]": a photograph of a disc, as PNG
// or JPEG by the file's ending; turned adds EXIF orientation 6.
func scriptPicture(ts *testscript.TestScript, _ bool, args []string) {
	var size image.Point
	_, err := fmt.Sscanf(args[1], "%dx%d", &size.X, &size.Y)
	ts.Check(err)
	raw, err := encodePicture(datatest.Disc(size.X, size.Y), strings.HasSuffix(args[0], "png"), len(args) == 3)
	ts.Check(err)
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o777))
	ts.Check(os.WriteFile(path, raw, 0o666))
}

// exifTurned is an EXIF segment that says: turn clockwise by 90 degrees to show.
const exifTurned = "\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"

func encodePicture(img image.Image, asPNG, turned bool) ([]byte, error) {
	var b bytes.Buffer
	if asPNG {
		err := png.Encode(&b, img)
		return b.Bytes(), err
	}
	if err := jpeg.Encode(&b, img, nil); err != nil {
		return nil, err
	}
	raw := b.Bytes()
	if turned {
		raw = append(append(append([]byte{}, raw[:2]...), exifTurned...), raw[2:]...)
	}
	return raw, nil
}

// scriptSame is "same FILE FILE": byte for byte, or "! same" for the opposite.
func scriptSame(ts *testscript.TestScript, neg bool, args []string) {
	same := ts.ReadFile(args[0]) == ts.ReadFile(args[1])
	if same == neg {
		ts.Fatalf("%s and %s: same is %v", args[0], args[1], same)
	}
}

// scriptPNGSize is "pngsize FILE WIDTHxHEIGHT".
func scriptPNGSize(ts *testscript.TestScript, _ bool, args []string) {
	c, err := png.DecodeConfig(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	if got := fmt.Sprintf("%dx%d", c.Width, c.Height); got != args[1] {
		ts.Fatalf("%s has %s pixels, want %s", args[0], got, args[1])
	}
}

// scriptWantLines is "wantlines FILE N".
func scriptWantLines(ts *testscript.TestScript, _ bool, args []string) {
	if n := strconv.Itoa(strings.Count(ts.ReadFile(args[0]), "\n")); n != args[1] {
		ts.Fatalf("%s has %s lines, want %s", args[0], n, args[1])
	}
}

// scriptEvents is "events DIR N [TAG…]": the folder has N event files of TensorBoard, and with !
// none of them has one of the tags.
func scriptEvents(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(args[0])
	names := tensorboard.Files(dir)
	if n := strconv.Itoa(len(names)); n != args[1] {
		ts.Fatalf("%s has %s event files, want %s", args[0], n, args[1])
	}
	found := map[string]bool{}
	ts.Check(tensorboard.Trim(dir, func(tag string, _ int) bool { found[tag] = true; return true }))
	for _, tag := range args[2:] {
		if found[tag] == neg {
			ts.Fatalf("tag %s: found %v", tag, found[tag])
		}
	}
}

// scriptWaitFor is "waitfor FILE": it waits until a process in the background has written it.
func scriptWaitFor(ts *testscript.TestScript, _ bool, args []string) {
	const patience = 30 * time.Second
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not appear in %v", args[0], patience)
}

// scriptSameJSON is "samejson FILE FILE KEY…": the keys' values are there and the same in both
// objects.
func scriptSameJSON(ts *testscript.TestScript, neg bool, args []string) {
	var objects [2]map[string]any
	for i, file := range args[:2] {
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &objects[i]))
	}
	for _, key := range args[2:] {
		a, inA := objects[0][key]
		b, inB := objects[1][key]
		if same := inA && inB && reflect.DeepEqual(a, b); same == neg {
			ts.Fatalf("%s: %v in %s, %v in %s", key, a, args[0], b, args[1])
		}
	}
}

// scriptFlipBit is "flipbit FILE AT": it turns a bit of the byte at an offset, which counts from
// the end where it is negative.
func scriptFlipBit(ts *testscript.TestScript, _ bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o666))
}
