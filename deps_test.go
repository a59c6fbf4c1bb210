package acol

import (
	"bytes"
	"errors"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers are the rooms of the house from the bottom up: a package imports only
// packages of lower lines.
var layers = [][]string{
	{
		"cmd/acol/help", "configs", "internal/brief", "internal/browsertest", "internal/filelock",
		"internal/regular",
	},
	{"internal/atomicfile"},
	{
		"internal/box", "internal/cam/camtest", "internal/choice", "internal/half",
		"internal/hub", "internal/imagenet", "internal/machine", "internal/mpi", "internal/nearest",
		"internal/parallel", "internal/pjrt",
		"internal/section", "internal/visible",
		"internal/kernel/native/cpp", "internal/recipe/explain", "internal/data/pixels/jpeg",
	},
	{"internal/archive", "internal/data/pixels/tiff", "internal/mpi/mpitest"},
	{"internal/data/seeded", "internal/data/datatest", "internal/data/pixels"},
	{"internal/data/augment"},
	{
		"internal/cam", "internal/data", "internal/datasets", "internal/kernel", "internal/labels",
		"internal/npy", "internal/sources", "internal/tensorboard", "internal/weights",
	},
	{"internal/data/loader", "internal/data/synth", "internal/kernel/backend", "internal/plugins"},
	{
		"internal/data/synth/synthtest", "internal/kernel/portable", "internal/kernel/suite",
		"internal/stablehlo",
	},
	{"internal/kernel/device", "internal/kernel/kerneltest", "internal/kernel/native"},
	{
		"internal/crf", "internal/datacheck", "internal/kernel/device/devicetest",
		"internal/kernel/kernels", "internal/metric",
		"internal/scout", "internal/viz",
	},
	{"internal/chart"},
	{"internal/op"},
	{"internal/engine"},
	{"internal/engine/enginetest", "internal/model"},
	{"internal/scoremap"},
	{"internal/eval", "internal/localize", "internal/train", "internal/onnx"},
	{"internal/album", "internal/recipe"},
	{"internal/run", "internal/bench", "internal/report", "internal/serve", "internal/starter"},
	{"cmd/acol"},
}

// fences name the only rooms that may import an outside package or what is below it.
var fences = map[string][]string{
	"gorgonia.org":                      {"internal/op", "internal/engine", "internal/model"},
	"github.com/spf13/viper":            {"internal/recipe"},
	"github.com/spf13/cobra":            {"cmd/acol", "cmd/acol/help"},
	"github.com/schollz/progressbar/v3": {"cmd/acol"},
	"github.com/bmatcuk/doublestar":     {"internal/sources"},
	"github.com/rivo/uniseg":            {"cmd/acol"},
	"github.com/disintegration/imaging": {"internal/data/pixels", "internal/viz"},
	"github.com/jsummers/gobmp":         {"internal/data/pixels"},
	"github.com/klauspost/compress":     {"internal/data/pixels/tiff"},
	"github.com/zeebo/xxh3":             {"internal/weights"},
	"github.com/ebitengine/purego":      {"internal/pjrt"},
	"golang.org/x/image":                {"internal/data/pixels", "internal/data/pixels/tiff", "internal/viz"},
	"github.com/chromedp/chromedp":      {"internal/browsertest"},
	"gonum.org/v1/plot":                 {"internal/chart"},
	"google.golang.org/protobuf":        {"internal/tensorboard"},
	"golang.org/x/text":                 {"internal/data"},
	"C":                                 {"internal/kernel/native/cpp", "internal/data/pixels/jpeg", "internal/mpi"},
	"os/exec":                           {"internal/browsertest", "internal/mpi/mpitest"},
	"net/http":                          {"internal/hub", "internal/serve"},
	"net":                               {"internal/hub", "internal/serve"},
	"golang.org/x/net":                  {"internal/serve"},
}

func TestImportsOnlyGoDown(t *testing.T) {
	level := map[string]int{}
	for i, l := range layers {
		for _, p := range l {
			level[p] = i
		}
	}
	for dir, imports := range packages(t) {
		here, ok := level[dir]
		if !ok {
			t.Errorf("package %s is in no layer: add it to the table", dir)
			continue
		}
		for _, imp := range imports {
			rel, ours := strings.CutPrefix(imp, "acol/")
			if !ours {
				continue
			}
			if there, ok := level[rel]; !ok || there >= here {
				t.Errorf("%s imports %s, which is not below it", dir, rel)
			}
		}
	}
}

func TestOutsidePackagesStayBehindTheirFences(t *testing.T) {
	for dir, imports := range packages(t) {
		for _, imp := range imports {
			for fence, rooms := range fences {
				if (imp == fence || strings.HasPrefix(imp, fence+"/")) && !slices.Contains(rooms, dir) {
					t.Errorf("%s imports %s, which only %v may", dir, imp, rooms)
				}
			}
		}
	}
}

// Package testing is for tests, and for the rooms that only tests import.
func TestTheProgramHasNoTestsInIt(t *testing.T) {
	all := packages(t)
	seen, queue := map[string]bool{"cmd/acol": true}, []string{"cmd/acol"}
	for len(queue) > 0 {
		dir := queue[0]
		queue = queue[1:]
		for _, imp := range all[dir] {
			if imp == "testing" || strings.HasPrefix(imp, "testing/") {
				t.Errorf("%s, which is part of the program, imports %s", dir, imp)
			}
			if rel, ours := strings.CutPrefix(imp, "acol/"); ours && !seen[rel] {
				seen[rel], queue = true, append(queue, rel)
			}
		}
	}
	if len(seen) < 40 {
		t.Fatalf("found %d packages: the test looks in the wrong place", len(seen))
	}
}

// opens matches what opens a file and waits where that is a pipe or a device.
var opens = regexp.MustCompile(`\bos\.(Open|OpenFile|ReadFile)\(`)

// openers are the files that may open others without internal/regular, because nobody but acol
// names what they open.
var openers = map[string]string{
	"internal/atomicfile/atomicfile.go": "its temporary files, and folders",
	"internal/atomicfile/clean.go":      "temporary files of dead writers",
	"internal/bench/csv.go":             "writes to it after a check",
	"internal/bench/machine.go":         "/proc",
	"internal/bench/memory_linux.go":    "/proc",
	"internal/data/nearmiss.go":         "folders",
	"internal/datasets/get.go":          "the lock of a data set",
	"internal/hub/part.go":              "part files of its own, for reading and writing",
	"internal/machine/files.go":         "/proc and /sys",
	"internal/recipe/paths.go":          "folders",
	"internal/scout/tree.go":            "folders",
	"internal/regular/regular.go":       "what it is for",
	"internal/run/lock.go":              "the lock of a run's folder",
	"internal/run/log.go":               "the log of a run, which was read before",
	"internal/run/results.go":           "the table of a log",
	"internal/tensorboard/writer.go":    "new files alone",
}

// A file that a user or a data set names may be a pipe, which is waited for without an end.
func TestFilesAreOpenedThroughRegular(t *testing.T) {
	for _, root := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err == nil && opens.Match(text) && openers[filepath.ToSlash(path)] == "" {
				t.Errorf("%s opens a file by os: use internal/regular", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// maxLines keeps every file small enough to be read in one sitting. Generated files are free.
const maxLines = 400

func TestFilesAreShort(t *testing.T) {
	for _, root := range []string{"internal", "cmd", "scripts"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil || generated.Match(text) {
				return err
			}
			if n := bytes.Count(text, []byte("\n")); n > maxLines {
				t.Errorf("%s has %d lines, want at most %d: is there a seam?", path, n, maxLines)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// generated matches the line that marks a generated file (go help generate).
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// packages lists the imports of every package of the program, tests left out.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	ctx := build.Default
	ctx.CgoEnabled = true // files with C count wherever the test runs
	out := map[string][]string{}
	for _, root := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			p, err := ctx.ImportDir(path, 0)
			if none := (*build.NoGoError)(nil); errors.As(err, &none) {
				return nil
			}
			if err != nil {
				return err
			}
			out[filepath.ToSlash(path)] = p.Imports
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 10 {
		t.Fatalf("found %d packages: the test looks in the wrong place", len(out))
	}
	return out
}
