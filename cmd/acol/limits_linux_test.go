package main

import (
	"os/exec"
	"regexp"
	"testing"
)

// What a limit forbids is an error of two lines, not a dump of Go's runtime.
func TestATrainingThatDoesNotFitEndsWithAClearError(t *testing.T) {
	dir := trainingFolder(t)
	sh := exec.Command("sh", "-c", "ulimit -v 3000000 && exec acol train --config endless.yaml "+
		"--set train.batch_size=8 --set data.input.size=2048 "+
		"--set data.input.train_resize=2048 --set data.input.test_resize=2048")
	sh.Dir = dir
	text, _ := sh.CombinedOutput()
	want := regexp.MustCompile(`^acol: error: not enough memory: \d.* are needed \(.*\), ` +
		`and ulimit -v leaves \d+ MiB of 2930 MiB\nacol: hint: .*\n$`)
	if code := sh.ProcessState.ExitCode(); code != exitError || !want.Match(text) {
		t.Errorf("exit status %d, %.2000s", code, text)
	}
}
