package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
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

// Where a limit leaves too few addresses for threads and kernels, each command says so, or does its
// work; Go's runtime and the C library must not be the ones to find out.
func TestTooFewAddressesAreAClearErrorOfEachCommand(t *testing.T) {
	dir := trainingFolder(t)
	once := "train --config endless.yaml --set train.epochs=1 --force"
	first := acolIn(dir, strings.Fields(once)...)
	if text, err := first.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	clear := regexp.MustCompile(`^acol: error: not enough (addresses|memory): .*` +
		`ulimit -[vd] leaves \d+ MiB of .*\nacol: hint: .*\n$`)
	for _, command := range []string{
		once, once + " --set train.kernels=auto", "eval --run run", "data check --config endless.yaml",
		"localize --run run made/images/train/0/0.png", "version",
	} {
		for _, limit := range []string{"-v 1480000", "-v 1560000", "-d 200000", "-d 250000"} {
			sh := exec.Command("sh", "-c", fmt.Sprintf("ulimit %s && exec acol %s", limit, command))
			sh.Dir = dir
			text, _ := sh.CombinedOutput()
			dump := strings.Contains(string(text), "goroutine ") || strings.Contains(string(text), "SIG")
			switch code := sh.ProcessState.ExitCode(); {
			case dump, code < 0, strings.Contains(string(text), "not enough") && !clear.Match(text):
				t.Errorf("ulimit %s, %s: exit status %d, %.400s", limit, command, code, text)
			}
		}
	}
}
