package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// chain is how many kills a chain of kill and resume has.
const chain = 5

// kinds lists every way to disturb an acol, with the number of tries of a whole campaign.
func kinds(acol string) []kind {
	return []kind{
		{"control", "no fault: a training of two epochs, resumed to three", 2, nil, control},
		{"kill", fmt.Sprintf("chains of %d SIGKILLs at random moments, each resumed", chain), 200,
			nil, killChain},
		{"inject-kill", "SIGKILL inside write, fsync, rename and unlink, then resumed", 60,
			needsStrace, injectKill},
		{"inject-error", "EIO or ENOSPC from write, fsync or rename, then resumed", 60,
			needsStrace, injectError},
		{"full-disk", "a file system that fills up, then has room again", 20, needsMount, fullDisk},
		{"file-limit", "files limited in size (ulimit -f), then resumed", 10, nil, fileLimit},
		{"signal", "SIGTERM, SIGHUP or SIGINT at random moments, then resumed", 45,
			needsSignals, signalled},
		{"broken-stderr", "the reader of stderr goes away, then resumed", 20, nil, brokenStderr},
		{"closed-pty", "the terminal is closed, then resumed", 20, needsPTY, closedPTY},
		{"flip-state", "a bit or a page of the state is damaged, then resumed", 200, nil,
			func(t *try) error { return damaged(t, "state.safetensors") }},
		{"flip-last", "a bit or a page of last is damaged, then evaluated", 100, nil,
			func(t *try) error { return damaged(t, "last.safetensors") }},
		{"flip-best", "a bit or a page of best is damaged, then evaluated", 100, nil,
			func(t *try) error { return damaged(t, "best.safetensors") }},
		{"flip-log", "a bit of the log is damaged, then resumed", 20, nil, damagedLog},
		{"double", "two trainings are started in one folder", 40, nil, double},
		{"over", "a training without --force where a model, a log or records are", 8, nil, over},
		{"force-kill", "train --force over a finished run, killed at random moments", 40, nil, forceKill},
		{"stale", "evaluations of an earlier model after train --force", 4, nil, stale},
		{"limits", "little memory, few threads, few descriptors", 30, needsShell, limits},
		{"pipe", "named pipes where files are expected", 8, needsFIFO, pipe},
		{"names", "file names with control characters", 4, needsShell, names},
		{"rank-kill", "SIGKILL of one rank of mpirun at a random moment, then resumed", 100,
			func() string { return needsRanks(acol) }, rankKill},
	}
}

// moment is a random time within a training, starting and ending included.
func moment(r *rand.Rand) time.Duration {
	return time.Duration(r.Int63n(int64(250 * time.Millisecond)))
}

// killAt kills a training at a random moment.
func (t *try) killAt(args []string) (end, error) {
	at := moment(t.rnd)
	return t.run(t.command(t.acol, args...), func(p *os.Process) {
		time.Sleep(at)
		_ = p.Kill()
	})
}

func killChain(t *try) error {
	for range chain {
		e, err := t.killAt(t.again())
		if err != nil {
			return err
		}
		if e.code > 0 {
			return fmt.Errorf("going on after a kill: %s", lastLine(e.stderr))
		}
	}
	return t.finish()
}

// forceKill trains over a finished run. Until the new one is whole, the old model has to be there.
func forceKill(t *try) error {
	old := t.want["seed 2"]
	if err := old.training().write(filepath.Join(t.dir, "run")); err != nil {
		return err
	}
	if _, err := t.killAt(train("--force")); err != nil {
		return err
	}
	// A model of the new training takes the old one's place once it is saved.
	b, err := os.ReadFile(filepath.Join(t.dir, "run/last.safetensors"))
	replaced := err == nil && !bytes.Equal(b, old["last.safetensors"]) &&
		t.exists("run/state.safetensors")
	if !replaced && !t.holds(old["last.safetensors"]) {
		return fmt.Errorf("neither the old model nor a new one is there")
	}
	if _, err := t.must(train("--force")...); err != nil {
		return err
	}
	return t.equal("seed 1")
}

// over trains into a folder that holds something of an earlier run.
func over(t *try) error {
	f := t.want["seed 1"].training()
	keep := [][]string{
		{"last.safetensors", "recipe.yaml"}, {"best.safetensors"}, {"log.jsonl"},
		{"last.safetensors", "best.safetensors", "recipe.yaml", "log.jsonl"},
	}[t.number%4]
	left := files{}
	for _, name := range keep {
		left[name] = f[name]
	}
	dir := filepath.Join(t.dir, "run")
	if err := left.write(dir); err != nil {
		return err
	}
	e, err := t.do(train()...)
	if err != nil {
		return err
	}
	got, err := readFiles(dir)
	if err != nil {
		return err
	}
	for name, b := range left {
		if !bytes.Equal(got[name], b) {
			return fmt.Errorf("with %s in the folder: %s is gone or another, exit %d",
				strings.Join(keep, ", "), name, e.code)
		}
	}
	if e.code == 0 {
		return fmt.Errorf("with %s in the folder: exit 0", strings.Join(keep, ", "))
	}
	return nil
}

// control goes on from an undamaged run, so that what other kinds lose is lost by their faults.
func control(t *try) error {
	if err := t.want["epochs 2"].training().write(filepath.Join(t.dir, "run")); err != nil {
		return err
	}
	return t.finish()
}

// stale evaluates one model, trains another over it, and asks for a comparison, which has to work
// before and to be refused after.
func stale(t *try) error {
	for run, seed := range map[string]string{"run": "seed 2", "other": "seed 1"} {
		if err := t.want[seed].training().write(filepath.Join(t.dir, run)); err != nil {
			return err
		}
		if _, err := t.must("eval", "--run", run, "--split", "test", "--bootstrap", "0"); err != nil {
			return err
		}
	}
	compare := []string{"eval", "--compare", "run", "other", "--split", "test"}
	if _, err := t.must(compare...); err != nil {
		return err
	}
	if _, err := t.must(train("--force")...); err != nil {
		return err
	}
	e, err := t.do(compare...)
	switch {
	case err != nil:
		return err
	case e.code == 0:
		return fmt.Errorf("records of an earlier model are compared in a later one's name")
	case e.code != 1:
		return fmt.Errorf("exit %d: %s", e.code, lastLine(e.stderr))
	}
	return nil
}

// double starts two trainings of different seeds, a moment apart.
func double(t *try) error {
	type outcome struct {
		end
		err error
	}
	first, second := make(chan outcome, 1), make(chan outcome, 1)
	gap := time.Duration(t.rnd.Int63n(int64(30 * time.Millisecond)))
	start := func(seed string, to chan<- outcome) {
		sub := *t
		sub.log = bytes.Buffer{}
		e, err := sub.do(train("--set", "train.seed="+seed)...)
		to <- outcome{e, err}
	}
	go start("1", first)
	time.Sleep(gap)
	go start("2", second)
	a, b := <-first, <-second
	fmt.Fprintf(&t.log, "seed 1: %v\n%sseed 2, %v later: %v\n%s", a.state, a.stderr, gap, b.state,
		b.stderr)
	if err := errors.Join(a.err, b.err); err != nil {
		return err
	}
	switch {
	case a.code == 0 && b.code == 0:
		return fmt.Errorf("two trainings in one folder, both exit 0")
	case a.code == 0:
		return t.equal("seed 1")
	case b.code == 0:
		return t.equal("seed 2")
	}
	return fmt.Errorf("neither training ended: %s; %s", lastLine(a.stderr), lastLine(b.stderr))
}
