package run_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/eval"
	"acol/internal/run"
	"acol/internal/weights"
)

// evaluated makes a run and keeps records of one of its checkpoints, or of another file.
func evaluated(t *testing.T, checkpoint string) (run.Folder, *eval.Records) {
	t.Helper()
	dir := run.Folder(filepath.Join(t.TempDir(), "a"))
	rec, m := small(t)
	check(t, dir.Save(rec, m, classes, nil))
	for _, name := range []string{"best.safetensors", "other.safetensors"} {
		check(t, os.WriteFile(filepath.Join(string(dir), name), []byte(read(t, dir.LastPath())), 0o666))
	}
	trained, err := dir.Open(checkpoint, nil, nil)
	check(t, err)
	r := &eval.Records{Title: "a", Split: "test"}
	trained.Sign(r)
	check(t, dir.SaveEvaluation(r, map[string]any{"run": "<a>"}))
	return dir, r
}

// retrain changes the weights of a checkpoint.
func retrain(t *testing.T, path string) {
	t.Helper()
	sd, _, err := weights.Open(path)
	check(t, err)
	name := sd.Names()[0]
	tensor, _ := sd.Get(name)
	tensor.Raw[0] ^= 1
	sd.Set(name, tensor)
	check(t, weights.WriteSafetensorsFile(path, sd))
}

func TestAnEvaluationIsKept(t *testing.T) {
	if _, err := run.Folder(t.TempDir()).Evaluation("test"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	dir, r := evaluated(t, "last")
	got, err := dir.Evaluation("test")
	check(t, err)
	if got.Title != "a" || got.Split != "test" || got.Checkpoint != "last.safetensors" || len(got.Weights) != 32 {
		t.Errorf("records %+v", got)
	}
	if got := read(t, filepath.Join(string(dir), "eval-test.json")); got != "{\n  \"run\": \"<a>\"\n}\n" {
		t.Errorf("figures %s", got)
	}
	// It is as true in a copy of the folder.
	to := run.Folder(filepath.Join(t.TempDir(), "b"))
	check(t, os.CopyFS(string(to), os.DirFS(string(dir))))
	check(t, os.RemoveAll(string(dir)))
	if _, err := to.Evaluation("test"); err != nil {
		t.Errorf("in a copy: %v", err)
	}
	if r.Weights == "" {
		t.Error("the weights have no checksum")
	}
}

func TestAnEvaluationOfOtherWeightsDoesNotSpeakForTheRun(t *testing.T) {
	for checkpoint, file := range map[string]string{
		"last": "last.safetensors", "best": "best.safetensors", "other": "other.safetensors",
	} {
		dir, r := evaluated(t, "last")
		path := filepath.Join(string(dir), file)
		if checkpoint == "other" { // named by its path
			checkpoint = path
		}
		trained, err := dir.Open(checkpoint, nil, nil)
		check(t, err)
		trained.Sign(r)
		check(t, dir.SaveEvaluation(r, nil))
		kept := read(t, dir.RecordsPath("test"))
		retrain(t, path)
		var stale *run.StaleError
		want := dir.RecordsPath("test") + " measured other weights than " + path + " has now"
		if _, err := dir.Evaluation("test"); !errors.As(err, &stale) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
		// One whose weights have changed while it was made is kept, and told of.
		r.Title = "late"
		want = "the evaluation measured other weights than " + path + " has now"
		if err := dir.SaveEvaluation(r, nil); !errors.As(err, &stale) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
		if got := read(t, dir.RecordsPath("test")); got == kept || !strings.Contains(got, "late") {
			t.Errorf("%s: the records are not kept", file)
		}
		// But not in the place of one that speaks for the run.
		now, err := dir.Open(checkpoint, nil, nil)
		check(t, err)
		fresh := &eval.Records{Title: "fresh", Split: "test"}
		now.Sign(fresh)
		check(t, dir.SaveEvaluation(fresh, nil))
		if err := dir.SaveEvaluation(r, nil); !errors.As(err, &stale) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
		if got, err := dir.Evaluation("test"); err != nil || got.Title != "fresh" {
			t.Errorf("%s: the records that speak for the run are gone: %+v, %v", file, got, err)
		}
		check(t, os.Remove(path))
		want = dir.RecordsPath("test") + " measured " + path + ", which is not there any more"
		if _, err := dir.Evaluation("test"); !errors.As(err, &stale) || err.Error() != want {
			t.Errorf("%s gone: got %v, want %s", file, err, want)
		}
	}
}

func TestRecordsOfAnEarlierVersionSpeakForNoRun(t *testing.T) {
	dir, _ := evaluated(t, "last")
	old := &eval.Records{Title: "a", Split: "test"}
	check(t, old.Write(dir.RecordsPath("test")))
	var stale *run.StaleError
	want := dir.RecordsPath("test") + " does not say which weights it measured: an earlier version of acol made it"
	if _, err := dir.Evaluation("test"); !errors.As(err, &stale) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWeightsWithoutAChecksumOfAcolAreKnownByTheirTensors(t *testing.T) {
	dir, r := evaluated(t, "last")
	whole := []byte(read(t, dir.LastPath()))
	n := binary.LittleEndian.Uint64(whole)
	var header map[string]any
	check(t, json.Unmarshal(whole[8:8+n], &header))
	header["__metadata__"] = map[string]string{"format": "pt"} // as other programs write it
	text, err := json.Marshal(header)
	check(t, err)
	bare := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	check(t, os.WriteFile(dir.LastPath(), append(bare, whole[8+n:]...), 0o666))
	if err := dir.Vouch(r, "it"); err != nil {
		t.Error(err)
	}
	r.Weights = strings.Repeat("0", 64)
	if err := dir.Vouch(r, "it"); err == nil {
		t.Error("records of other weights speak for it")
	}
}
