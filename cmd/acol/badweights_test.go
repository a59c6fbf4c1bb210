package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/weights"
)

// badRecipe is the network that the files of TestBadWeightFiles pretend to be of.
const badRecipe = `model:
  backbone: {arch: resnet, depth: 18, width: 0.0625}
  branches: {kinds: p, deltas: []}
data: {root: images, metadata: metadata}
`

// changed is a whole safetensors file of that network, with a change.
func changed(t *testing.T, change func(*weights.StateDict)) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recipe.yaml")
	if err := os.WriteFile(path, []byte(badRecipe), 0o666); err != nil {
		t.Fatal(err)
	}
	rec, err := recipe.Load(recipe.Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(rec.Model, 3)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	sd, err := m.State()
	if err != nil {
		t.Fatal(err)
	}
	change(sd)
	var b bytes.Buffer
	if err := weights.WriteSafetensors(&b, sd); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zipOf is an archive of one entry.
func zipOf(t *testing.T, name string, method uint16, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBadWeightFilesGiveOneClearError(t *testing.T) {
	whole := changed(t, func(*weights.StateDict) {})
	set := func(name string, x weights.Tensor) func(*weights.StateDict) {
		return func(sd *weights.StateDict) { sd.Set(name, x) }
	}
	conv1 := []int{4, 3, 7, 7}
	nan := make([]float32, 588)
	nan[7] = float32(math.NaN())
	withNaN, err := weights.FromFloat32s(conv1, nan)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"truncated", whole[:len(whole)-100], "truncated or damaged"},
		{"wrong shapes", changed(t, set("conv1.weight", weights.Tensor{DType: weights.F32, Shape: []int{4, 3, 3, 3}, Raw: make([]byte, 432)})),
			"wrong shape (1): conv1.weight: got shape (4,3,3,3), want (4,3,7,7)"},
		{"NaN", changed(t, set("conv1.weight", withNaN)), "conv1.weight: element 7 is NaN, want finite weights"},
		{"wrong dtype", changed(t, set("conv1.weight", weights.Tensor{DType: weights.I32, Shape: conv1, Raw: make([]byte, 4*588)})), "conv1.weight: dtype I32, want floating-point weights"},
		{"unknown dtype", bytes.Replace(whole, []byte(`"dtype":"F32"`), []byte(`"dtype":"F99"`), 1), "bn1.bias: dtype F99 not supported"},
		{"cyclic pickle", zipOf(t, "m/data.pkl", zip.Store, []byte("\x80\x02}q\x00X\x05\x00\x00\x00modelh\x00s.")), "no tensors in the file"},
		{"huge header", append(binary.LittleEndian.AppendUint64(nil, 1<<31), "{}"...), "safetensors header: 2147483648 bytes, want at most 100000000"},
		{"zip bomb", zipOf(t, "m/data.pkl", zip.Deflate, make([]byte, 1<<26)), "data.pkl is compressed, which torch.save never does"},
		{"path in archive", zipOf(t, "m/../../etc/passwd", zip.Store, nil), "zip archive: unsafe path m/../../etc/passwd"},
		{"code", zipOf(t, "m/data.pkl", zip.Store, []byte("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.")), "refusing a file that wants to run os.system"},
		{"empty", nil, "the file is empty"},
		{"not a weight file", []byte("<!DOCTYPE html><html><body>404</body></html>"), "not a weight file: want safetensors or a .pth that torch.save wrote"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			file, rec := filepath.Join(dir, "bad.pth"), filepath.Join(dir, "recipe.yaml")
			for path, b := range map[string][]byte{file: c.file, rec: []byte(badRecipe)} {
				if err := os.WriteFile(path, b, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			s, out, messages := memoryIO()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			code := execute(t.Context(), s, []string{"weights", "import", file, "--config", rec, "--out", filepath.Join(dir, "run")})
			runtime.ReadMemStats(&after)
			text := messages.String()
			if code != exitError || out.Len() > 0 || !strings.Contains(text, c.want) || !strings.Contains(text, file) || strings.Count(text, "error:") != 1 {
				t.Errorf("exit code %d, messages %s, want %s", code, text, c.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
				t.Errorf("%d bytes were allocated", n)
			}
			if _, err := os.Stat(filepath.Join(dir, "run")); err == nil {
				t.Errorf("a run was made of %s", c.name)
			}
		})
	}
}
