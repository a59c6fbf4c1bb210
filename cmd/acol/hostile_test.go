package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"acol/internal/data/datatest"
	"acol/internal/data/synth"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/weights"
)

// hostile is a word as somebody might put into a data set: it would colour what follows, turn its
// direction round and begin lines that look like acol's own.
const hostile = "bird\x1b[31m\u202e\u009b\x7f\rFORGED\nFORGED: error"

// shownHostile is the end of hostile where it is shown.
const shownHostile = `\rFORGED\nFORGED: error`

// sly is as much of it as a recipe may hold.
const sly = "sly\u202e\u009bFORGED"

// hostilePlace is a folder with data, runs and files that are full of hostile words.
func hostilePlace(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no such names of files here")
	}
	t.Chdir(t.TempDir())
	o := synth.DefaultOptions()
	o.Classes, o.Train, o.Val, o.Test, o.Size = 2, 4, 2, 4, 48
	check(t, synth.Make("made", o))
	h := hostile
	check(t, os.Rename("made", sly))
	// An image that is broken, in a line of each list, and one with a hostile name that is whole.
	root, lists := sly+"/images/", sly+"/metadata/SYNTH/"
	check(t, os.WriteFile(root+"broken"+oneName(h)+".png", []byte("no picture"), 0o666))
	for _, split := range []string{"train", "val", "test"} {
		for file, line := range map[string]string{
			"image_ids.txt": "broken" + oneName(h) + ".png\n", "class_labels.txt": "broken" + oneName(h) + ".png,1\n",
			"image_sizes.txt": "broken" + oneName(h) + ".png,48,48\n", "localization.txt": "broken" + oneName(h) + ".png,1,1,9,9\n",
		} {
			add(t, lists+split+"/"+file, "\n"+line)
		}
	}
	raw, err := encodePicture(datatest.Disc(60, 40), true, false)
	check(t, err)
	check(t, os.WriteFile(h+".png", raw, 0o666))
	check(t, os.WriteFile("broken"+h+".png", raw[:60], 0o666))
	classes := []string{h + "1", "\x1b]0;title\a"}
	set := []string{
		"name=hostile", "data.root=" + quoted(sly+"/images"), "data.metadata=" + quoted(sly+"/metadata/SYNTH"), "data.on_error=skip",
		"train.epochs=1", "train.threads=1", "train.batch_size=5", "model.backbone.width=0.0625", "model.branches.deltas=0.6",
		"data.input.size=32", "data.input.train_resize=32", "data.input.test_resize=32", "train.out=" + quoted("runs/"+sly),
	}
	rec, err := recipe.Load(recipe.Options{Set: set})
	check(t, err)
	var text strings.Builder
	check(t, recipe.Write(&text, rec))
	check(t, os.WriteFile(h+".yaml", []byte(text.String()), 0o666))
	check(t, os.WriteFile("bad"+h+".yaml", []byte("train: {"+quoted(h)+": 1, kernels: "+quoted(h)+"}\n"), 0o666))
	m, err := model.New(rec.Model, len(classes))
	check(t, err)
	m.Init(7)
	check(t, run.Folder("run"+h).Save(rec, m, classes, nil))
	sd := weights.NewStateDict()
	sd.Metadata = map[string]string{h: h, "plain": h}
	one, err := weights.FromFloat32s([]int{1}, []float32{1})
	check(t, err)
	sd.Set(h+".weight", one)
	check(t, weights.WriteSafetensorsFile(h+".safetensors", sd))
	coco := map[string]any{
		"images":      []any{map[string]any{"id": 1, "file_name": h, "width": 9, "height": 9}},
		"categories":  []any{map[string]any{"id": 1, "name": h}},
		"annotations": []any{map[string]any{"image_id": 1, "category_id": 1, "bbox": []int{0, 0, -1, 1}}},
	}
	b, err := json.Marshal(coco)
	check(t, err)
	check(t, os.WriteFile("coco.json", b, 0o666))
	check(t, os.MkdirAll("voc/Annotations", 0o777))
	check(t, os.MkdirAll("voc/ImageSets/Main", 0o777))
	check(t, os.WriteFile("voc/ImageSets/Main/train.txt", []byte("x\x1b[31m\u202e FORGED\n"), 0o666))
	check(t, os.WriteFile("voc/Annotations/x.xml", []byte("<annotation><object><name>\u202e&#13;FORGED</name></object></annotation>"), 0o666))
}

// oneName is a hostile word that fits into a line of a list.
func oneName(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "\n", ""), "\r", "") }

// quoted is a text in YAML.
func quoted(s string) string { return strconv.QuoteToASCII(s) }

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o666)
	check(t, err)
	_, err = io.WriteString(f, text)
	check(t, errors.Join(err, f.Close()))
}

// Whatever hostile words stand in names, lists, files and answers, no control character of theirs
// reaches a terminal, and none of their lines begins one.
func TestNoCommandPassesHostileWordsOn(t *testing.T) {
	hostilePlace(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", oneName("\u202e\u009bFORGED"))
	}))
	defer server.Close()
	h := hostile
	for _, c := range []struct {
		name string
		line []string
		want string // in what is printed; "" for nothing of outside
	}{
		{"unknown command", []string{h}, shownHostile},
		{"unknown flag", []string{"train", "--" + h}, shownHostile},
		{"a flag that is a key", []string{"train", "--epochs", h}, `--set $'train.epochs=bird\x1b[31m`},
		{"a file in the place of a command", []string{h + ".png"}, `acol localize $'bird\x1b[31m`},
		{"an argument too many", []string{"data", "synth", "made", h}, `\x1b[31m`},
		{"help", []string{"help", h}, `\x1b[31m`},
		{"a state for a run", []string{"eval", "--run", "run" + h + "/state.safetensors"}, shownHostile},
		{"value of a flag", []string{"eval", "--split", h}, shownHostile},
		{"key", []string{"train", "-c", h + ".yaml", "--set", h + "=1"}, `FORGED`},
		{"no recipe", []string{"train", "-c", "no" + h}, shownHostile},
		{"broken recipe", []string{"config", "check", "bad" + h + ".yaml", "no" + h}, shownHostile + `.yaml is not right`},
		{"config check", []string{"config", "check", h + ".yaml"}, shownHostile},
		{"config show", []string{"config", "show", h + ".yaml"}, `sly\u202e`},
		{"config show --explain", []string{"config", "show", "--explain", h + ".yaml"}, `sly\u202e`},
		{"config keys", []string{"config", "keys", h}, shownHostile},
		{"train", []string{"train", "-c", h + ".yaml"}, `skipped: `},
		{"train again", []string{"train", "-c", h + ".yaml"}, `sly\u202e`},
		{"resume", []string{"train", "-c", "run" + h + "/recipe.yaml", "--resume", "--out", "none" + h}, shownHostile},
		{"localize", []string{"localize", "--run", "run" + h, h + ".png", "broken" + h + ".png"}, shownHostile + `.png`},
		{"localize --class", []string{"localize", "--run", "run" + h, "--class", h, h + ".png"}, shownHostile},
		{"localize --json", []string{"localize", "--json", "--run", "run" + h, h + ".png"}, `FORGED\nFORGED`},
		{"data check", []string{"data", "check", "-c", h + ".yaml"}, "FORGED"},
		{"data check --json", []string{"data", "check", "--json", "-c", h + ".yaml"}, "FORGED"},
		{"data check of COCO", []string{"data", "check", "--set", "data.format=coco", "--set", "data.root=.", "--set", "data.train=coco.json", "--splits", "train"}, "FORGED"},
		{"data check of VOC", []string{"data", "check", "--set", "data.format=voc", "--set", "data.root=voc", "--splits", "train"}, ""},
		{"data convert", []string{"data", "convert", "-c", h + ".yaml", "--to", "coco", "out" + h}, shownHostile},
		{"data synth", []string{"data", "synth", sly}, "sly"},
		{"inspect", []string{"inspect", h + ".safetensors"}, shownHostile},
		{"inspect --stats --json", []string{"inspect", "--stats", "--json", h + ".safetensors"}, `FORGED\nFORGED`},
		{"inspect a run", []string{"inspect", "run" + h}, ""},
		{"inspect no file", []string{"inspect", "none" + h}, shownHostile},
		{"weights import", []string{"weights", "import", h + ".safetensors", "-c", h + ".yaml", "-o", "imported"}, shownHostile},
		{"weights export", []string{"weights", "export", "run" + h, "--to", "acol", "-o", "out" + h}, shownHostile},
		{"weights export again", []string{"weights", "export", "run" + h, "--to", "onnx", "-o", "out" + h}, shownHostile},
		{"weights get", []string{"weights", "get", h}, shownHostile},
		{"a server's answer", []string{"weights", "get", "squeezenet1_1", "--mirror", server.URL}, `FORGED`},
		{"a mirror", []string{"weights", "get", "squeezenet1_1", "--mirror", h}, shownHostile},
		{"eval", []string{"eval", "--run", "run" + h, "--by-class", "--split", "test", "--bootstrap", "10"}, shownHostile},
		{"eval --json", []string{"eval", "--json", "--run", "run" + h, "--split", "test", "--bootstrap", "10"}, `FORGED`},
		{"eval --compare", []string{"eval", "--compare", "run" + h, "run" + h, "--split", "test", "--bootstrap", "10"}, shownHostile},
		{"eval --from-scoremaps", []string{"eval", "--from-scoremaps", h, "--metadata", sly + "/metadata/SYNTH", "--split", "test"}, "FORGED"},
		{"completion of runs", []string{"__complete", "eval", "--run", ""}, `runs/sly\u202e\u009bFORGED`},
		{"init", []string{"init", sly, "--set", "train.epochs=1"}, `sly\u202e`},
		{"init --recipe", []string{"init", "--recipe", h}, shownHostile},
		{"train on photographs", []string{"train", "none" + h}, shownHostile},
		{"data get", []string{"data", "get", h}, shownHostile},
		{"localize --list", []string{"localize", "--run", "run" + h, "--list", h}, shownHostile},
		{"localize --labels", []string{"localize", "--run", "run" + h, "--labels", "coco", h + ".png"}, shownHostile},
		{"localize an address", []string{"localize", "--run", "run" + h, "http://127.0.0.1:1/" + h + ".png"}, `FORGED`},
		{"localize --model", []string{"localize", "--model", h, h + ".png"}, shownHostile},
		{"serve", []string{"serve", "none" + h}, shownHostile},
		{"sweep", []string{"sweep", "--run", "run" + h, "--deltas", "0.5"}, shownHostile},
		{"bench", []string{"bench", "-c", "none" + h}, shownHostile},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "acol", c.line...)
			cmd.Env = append(os.Environ(), "ACOL_CACHE="+t.TempDir())
			var out, messages bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &messages
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			text := out.String() + messages.String()
			assertHarmless(t, text)
			if !strings.Contains(text, c.want) || text == "" {
				t.Errorf("want %s in\n%s", c.want, text)
			}
			if c.name == "config show" {
				assertYAML(t, out.Bytes())
			}
			if strings.Contains(c.name, "--json") {
				assertJSON(t, out.Bytes())
			}
		})
	}
}

// assertHarmless looks for what must not reach a terminal.
func assertHarmless(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("not UTF-8: %q", text)
	}
	for _, r := range text {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%q is in\n%q", r, text)
			return
		}
	}
	if strings.HasPrefix(text, "FORGED") || strings.Contains(text, "\nFORGED") {
		t.Errorf("a line is forged in\n%s", text)
	}
}

// assertYAML expects that a printed recipe has the hostile words as they are.
func assertYAML(t *testing.T, text []byte) {
	t.Helper()
	var rec struct{ Train struct{ Out string } }
	if err := yaml.Unmarshal(text, &rec); err != nil || rec.Train.Out != "runs/"+sly {
		t.Errorf("train.out is %q, error %v", rec.Train.Out, err)
	}
}

// assertJSON expects lines of JSON, or one object.
func assertJSON(t *testing.T, text []byte) {
	t.Helper()
	n := 0
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); n++ {
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	if n == 0 {
		t.Error("no JSON")
	}
}

// Words of any language stay as they are.
func TestWordsOfEveryLanguageStay(t *testing.T) {
	for _, name := range []string{"鳥", "été", "🦜", "голубь", "عصفور", `C:\bird`} {
		s, _, messages := memoryIO()
		execute(t.Context(), s, []string{"train", "-c", name + ".yaml"})
		if text := messages.String(); !strings.Contains(text, fmt.Sprintf("recipe %s.yaml does not exist", name)) {
			t.Errorf("%s: %s", name, text)
		}
	}
}
