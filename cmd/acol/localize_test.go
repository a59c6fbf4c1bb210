package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/datatest"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/kernel/portable"
	"acol/internal/npy"
	"acol/internal/run"
)

// place is a folder with a tiny run and pictures of several sizes, some broken.
func place(t *testing.T, set ...string) (good []string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := tinyRun("runs/tiny", set...); err != nil {
		t.Fatal(err)
	}
	for i, size := range [][2]int{{60, 40}, {33, 70}, {0, 0}, {64, 64}, {90, 31}, {0, 0}, {50, 50}} {
		name := filepath.Join("photos", string(rune('a'+i))+".png")
		if size[0] == 0 {
			touch(t, name)
			continue
		}
		raw, err := encodePicture(datatest.Disc(size[0], size[1]), true, false)
		if err == nil {
			err = os.MkdirAll("photos", 0o777)
		}
		if err == nil {
			err = os.WriteFile(name, raw, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		good = append(good, name)
	}
	return good
}

// localizeJSON runs the command and reads what it prints of the images that did not fail.
func localizeJSON(t *testing.T, args ...string) ([]localized, int) {
	t.Helper()
	s, out, messages := memoryIO()
	code := execute(context.Background(), s, append([]string{"localize", "--json"}, args...))
	var list []localized
	for dec := json.NewDecoder(out); dec.More(); {
		var l struct {
			localized
			Error string
		}
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if l.Error == "" {
			list = append(list, l.localized)
		}
	}
	if t.Logf("%s", messages); list == nil {
		t.Fatal("no results")
	}
	return list, code
}

// Whatever batches an image is in and whatever fails beside it, its box and its
// score map are those of the predictor called by hand.
func TestLocalizeIsThePredictorImageByImage(t *testing.T) {
	for _, input := range [][]string{
		{"data.input.resize=warp"},
		{"data.input.resize=short", "data.input.test_resize=40"},
	} {
		good := place(t, input...)
		got, code := localizeJSON(t, "--npy", "--set", "localize.batch_size=3", "--threshold", "0.6", "photos")
		if code != exitPartial || len(got) != len(good) {
			t.Fatalf("exit code %d, %d images", code, len(got))
		}
		for i, path := range good {
			class, prob, score, b := byHand(t, path, 0.6)
			if got[i].Image != path || got[i].Threshold.Fraction != 0.6 {
				t.Errorf("image %d is %s at %v, want %s", i, got[i].Image, got[i].Threshold, path)
			}
			first, at := got[i].Classes[0], got[i].Boxes[0]
			if first.Index != class || first.Name != tinyClasses[class] || math.Abs(first.Probability-prob) > 1e-6 {
				t.Errorf("%s: %v, want class %d, %g", path, first, class, prob)
			}
			if (box.Box{X0: at.X0, Y0: at.Y0, X1: at.X1, Y1: at.Y1}) != b || at.Class != class || at.Score != 1 {
				t.Errorf("%s: box %v, want %v", path, at, b)
			}
			a, err := npy.ReadFile(strings.TrimSuffix(strings.Replace(path, "photos", "localized", 1), ".png")+".npy", 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(score.V, a.Data, cmpopts.EquateApprox(0, 1e-5)); d != "" || a.Shape[0] != 32 || a.Shape[1] != 32 {
				t.Errorf("%s: score map of %v:\n%s", path, a.Shape, d)
			}
		}
	}
}

// byHand localizes one image without any of the command's code.
func byHand(t *testing.T, path string, threshold float64) (class int, prob float64, score cam.Map, b box.Box) {
	t.Helper()
	trained, err := run.Folder("runs/tiny").Open("last", nil, nil)
	check(t, err)
	eng := engine.New(portable.New(1))
	defer eng.Close()
	p, err := trained.Model.NewPredictor(eng, 1, 32, 32)
	check(t, err)
	img, err := pixels.Load(path, true)
	check(t, err)
	x := trained.Recipe.Data.NewInputs(1, false)
	g, err := data.TestInput(trained.Recipe.Data, img, x)
	check(t, err)
	check(t, p.See(x, 1))
	logits, err := p.Classify()
	check(t, err)
	sum := 0.0
	for i, v := range logits[0] {
		if v > logits[0][class] {
			class = i
		}
		sum += math.Exp(float64(v))
	}
	pred, err := p.Localize([]int{class})
	check(t, err)
	score = cam.Resize(pred[0].Fused, 32, 32)
	cam.Normalize(score)
	low, err := cam.LargestComponent(score, threshold)
	check(t, err)
	return class, math.Exp(float64(logits[0][class])) / sum, score, g.Box(low, 32, 32)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stopper cancels when something is written to it.
type stopper struct {
	bytes.Buffer
	stop func()
}

func (s *stopper) Write(p []byte) (int, error) {
	s.stop()
	return s.Buffer.Write(p)
}

func TestInterruptFinishesTheBatch(t *testing.T) {
	place(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, _, messages := memoryIO()
	out := &stopper{stop: cancel}
	s.Out = out
	code := execute(ctx, s, []string{"localize", "--set", "localize.batch_size=2", "--labels", "coco", "photos"})
	if code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	if want := "interrupted: 2 of 7 images are done, their files stay"; !strings.Contains(messages.String(), want) {
		t.Errorf("%s\nwant %s", messages, want)
	}
	if got := strings.Count(out.String(), "\n"); got != 2 {
		t.Errorf("%d results", got)
	}
	files, err := filepath.Glob("localized/*.png")
	if err != nil || len(files) != 2 {
		t.Errorf("files %v, %v", files, err)
	}
	raw, err := os.ReadFile("localized/coco/annotations.json")
	if err != nil || strings.Count(string(raw), `"file_name"`) != 2 {
		t.Errorf("labels %s, %v", raw, err)
	}
}

func TestResultsThatCannotBePrintedStop(t *testing.T) {
	place(t)
	s, _, messages := memoryIO()
	s.Out = brokenPipe{}
	if code := execute(context.Background(), s, []string{"localize", "photos"}); code != exitError {
		t.Errorf("exit code %d: %s", code, messages)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// A network that gives no numbers fails each image; nothing is drawn.
func TestOutputThatIsNoNumberIsAnError(t *testing.T) {
	place(t)
	trained, err := run.Folder("runs/tiny").Open("last", nil, nil)
	check(t, err)
	for _, p := range trained.Model.Params() {
		if p.Name == "branches.0.classifier.weight" {
			for i := range p.Data {
				p.Data[i] = math.MaxFloat32
			}
		}
	}
	check(t, run.Folder("runs/tiny").Save(trained.Recipe, trained.Model, tinyClasses, nil))
	s, out, messages := memoryIO()
	code := execute(context.Background(), s, []string{"localize", "photos/a.png"})
	if code != exitPartial || out.Len() > 0 || !strings.Contains(messages.String(), "the network's output is NaN or infinite") {
		t.Errorf("exit code %d\n%s\n%s", code, out, messages)
	}
}
