package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/data/datatest"
)

// Report F19: a batch of one image with maps of 1x1 trained a network that puts out its biases.
func TestATrainingOfBatchNormOnOneValueIsRefusedBeforeItBegins(t *testing.T) {
	root := filepath.Join(datatest.Shared(t), "data", "reports",
		"F19-batch-norm-of-one-value", "data")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the shared data have no report F19")
	}
	dir := t.TempDir()
	train := func(set ...string) (code int, messages string) {
		args := []string{"train", "--config", "r.yaml", "--out", filepath.Join(dir, "run"),
			"--set", "data.root=" + root}
		for _, s := range set {
			args = append(args, "--set", s)
		}
		c := exec.Command("acol", args...)
		c.Dir = dir
		var text bytes.Buffer
		c.Stderr = &text
		_ = c.Run()
		return c.ProcessState.ExitCode(), text.String()
	}
	recipe := `
model:
  backbone: {arch: resnet, depth: 18, width: 0.0625, output_stride: 32}
  branches: {kinds: p, deltas: []}
data: {format: folder, input: {size: 32, train_resize: 36, test_resize: 32}}
train: {epochs: 1, batch_size: 1, threads: 1}
`
	if err := os.WriteFile(filepath.Join(dir, "r.yaml"), []byte(recipe), 0o666); err != nil {
		t.Fatal(err)
	}
	code, text := train()
	const want = "building layer4.0.bn1: expected more than 1 value per channel when training"
	if code != exitUsage || !strings.Contains(text, want) ||
		!strings.Contains(text, "hint: raise train.batch_size") {
		t.Errorf("exit status %d, %s", code, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "run", "log.jsonl")); err == nil {
		t.Error("the training has begun")
	}
	for _, set := range []string{"train.batch_size=2", "model.backbone.freeze_bn=true"} {
		if code, text := train(set, "train.out="+filepath.Join(dir, set)); code != exitOK {
			t.Errorf("%s: exit status %d, %s", set, code, text)
		}
	}
}
