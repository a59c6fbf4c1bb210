package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/data/datatest"
	"acol/internal/weights"
)

func TestLightningCheckpointWithATensorBesideTheNetworkIsImported(t *testing.T) {
	report := filepath.Join(datatest.Shared(t), "data/reports/F20-lightning-one-foreign-tensor")
	text, err := os.ReadFile(filepath.Join(report, "w.yaml"))
	if err != nil {
		t.Skipf("no report: %v", err)
	}
	dir := t.TempDir()
	config, out := filepath.Join(dir, "w.yaml"), filepath.Join(dir, "run")
	// The key has another name now.
	text = []byte(strings.Replace(string(text), "recipe: pp", "kinds: pp", 1))
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, messages := memoryIO()
	file := filepath.Join(report, "p03_lightning.ckpt")
	args := []string{"weights", "import", file, "--config", config, "--out", out}
	code := execute(t.Context(), s, args)
	for _, want := range []string{
		"behind model., without criterion.pos_weight", "54 tensors and 6 classes",
	} {
		if code != exitOK || !strings.Contains(messages.String(), want) {
			t.Errorf("exit code %d, messages %s, want %s", code, messages, want)
		}
	}
	got, info, err := weights.Open(filepath.Join(out, "last.safetensors"))
	if err != nil || got.Len() != 54 || info.Sum == "" {
		t.Fatalf("%d tensors, error %v", got.Len(), err)
	}
	theirs, _, err := weights.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"conv1.weight", "layer2.1.bn2.running_var"} {
		a, _ := got.Get(name)
		b, ok := theirs.Get("model." + name)
		x, err1 := a.Float32s()
		y, err2 := b.Float32s() // of float16
		if !ok || err1 != nil || err2 != nil || len(x) == 0 || !slices.Equal(x, y) {
			t.Errorf("%s is not the file's", name)
		}
	}
}
