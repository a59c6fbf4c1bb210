package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// kind is one way to disturb acol.
type kind struct {
	name, what string
	tries      int
	needs      func() string // why it cannot be tried here, or nothing
	try        func(*try) error
}

// result is what became of a kind's tries.
type result struct {
	kind
	wanted, done int
	took         time.Duration // of all tries together
	skipped      string
	lost         []loss
}

// loss is a try that went wrong.
type loss struct {
	number int
	dir    string
	err    error
}

// try is one try: a folder of its own, which acol runs in, and random numbers of its own.
type try struct {
	*rig
	ctx    context.Context
	dir    string
	number int
	rnd    *rand.Rand
	log    bytes.Buffer // commands and their ends
}

// rig is what all tries share.
type rig struct {
	acol, base string
	// want holds the files of undisturbed trainings by seed.
	want map[string]files
	// ranks guards the model of an undisturbed training on ranks, which the first try makes.
	ranks     sync.Once
	ranksLast []byte
	ranksErr  error
	// figures are what eval prints of the training "seed 1", by checkpoint.
	figures map[string]string
}

// recipe trains 18 steps in 3 epochs, which takes a fifth of a second. It draws no pictures: that
// one of them cannot be written is told, and ends no training.
const recipe = `model:
  backbone: {arch: resnet, depth: 18, width: 0.0625, output_stride: 8}
  branches: {kinds: pp, deltas: [0.6]}
data:
  root: ../data/images
  metadata: ../data/metadata/SYNTH
  input: {size: 32, train_resize: 36, test_resize: 32}
train: {epochs: 3, batch_size: 4, threads: 1, workers: 1, pictures: false}
eval: {map_size: 32}
`

// end is how a command ended.
type end struct {
	code           int // -1 is a signal
	stdout, stderr string
	state          *os.ProcessState
}

// patience is how long any command may take, on a machine that is busy otherwise too.
const patience = 2 * time.Minute

// command prepares a command in the folder of the try.
func (t *try) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = t.dir
	c.Env = append(os.Environ(), "NO_COLOR=1")
	return c
}

// run runs a command to its end, after during has done what it wants to the started process.
func (t *try) run(c *exec.Cmd, during func(*os.Process)) (end, error) {
	var stdout, stderr bytes.Buffer
	if c.Stdout == nil {
		c.Stdout = &stdout
	}
	if c.Stderr == nil {
		c.Stderr = &stderr
	}
	c.WaitDelay = time.Second
	if err := c.Start(); err != nil {
		return end{}, err
	}
	late := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	if during != nil {
		during(c.Process)
	}
	err := c.Wait()
	e := end{code: c.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(),
		state: c.ProcessState}
	fmt.Fprintf(&t.log, "$ %s\n%s%s[%v]\n", strings.Join(c.Args, " "), e.stdout, e.stderr, e.state)
	if !late.Stop() {
		return e, fmt.Errorf("%s had no end in %v", strings.Join(c.Args, " "), patience)
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) &&
		!errors.Is(err, exec.ErrWaitDelay) {
		return e, err
	}
	if s := dump(e.stderr); s != "" {
		return e, fmt.Errorf("%s shows a user %q", strings.Join(c.Args, " "), s)
	}
	return e, nil
}

// dump finds what the Go runtime prints when a program dies of a fault of its own.
func dump(stderr string) string {
	for _, s := range []string{
		"goroutine ", "fatal error: ", "panic: ", "SIGSEGV", "terminate called",
	} {
		if strings.Contains(stderr, s) {
			return s
		}
	}
	return ""
}

// do runs acol undisturbed.
func (t *try) do(args ...string) (end, error) { return t.run(t.command(t.acol, args...), nil) }

// must runs acol undisturbed, and an exit code other than 0 is an error.
func (t *try) must(args ...string) (end, error) {
	e, err := t.do(args...)
	if err == nil && e.code != 0 {
		err = fmt.Errorf("acol %s: %v: %s", strings.Join(args, " "), e.state, lastLine(e.stderr))
	}
	return e, err
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for _, l := range lines {
		if strings.Contains(l, "error: ") {
			return l
		}
	}
	return lines[len(lines)-1]
}

// train gives the arguments of a training into the folder run.
func train(more ...string) []string {
	return append([]string{"train", "--config", "../recipe.yaml", "--out", "run"}, more...)
}

// again gives the arguments that go on from what is in the folder run: from its state, or, where
// none was saved yet, from the start.
func (t *try) again(more ...string) []string {
	if t.exists("run/state.safetensors") {
		return train(append(more, "--resume")...)
	}
	return train(append(more, "--force")...)
}

func (t *try) exists(name string) bool {
	_, err := os.Lstat(filepath.Join(t.dir, name))
	return err == nil
}

// finish goes on to the end of the training, and compares it with an undisturbed one.
func (t *try) finish() error {
	if _, err := t.must(t.again()...); err != nil {
		return err
	}
	return t.equal("seed 1")
}

// campaign makes all tries.
func campaign(ctx context.Context, o *options, out io.Writer) ([]result, error) {
	r, err := newRig(ctx, o)
	if err != nil {
		return nil, err
	}
	var results []*result
	for _, k := range kinds(o.acol) {
		if !o.only.MatchString(k.name) {
			continue
		}
		res := &result{kind: k, wanted: max(1, int(float64(k.tries)*o.scale))}
		if o.tries > 0 {
			res.wanted = o.tries
		}
		if k.needs != nil {
			res.skipped = k.needs()
		}
		results = append(results, res)
	}
	r.tries(ctx, o, results, out)
	all := make([]result, len(results))
	for i, res := range results {
		all[i] = *res
	}
	return all, nil
}

// tries makes the tries of all kinds in their order, a few at a time, so that the last of one kind
// do not wait alone. No try begins once the time is over.
func (r *rig) tries(ctx context.Context, o *options, results []*result, out io.Writer) {
	type task struct {
		*result
		number int
	}
	tasks := make(chan task)
	var mutex sync.Mutex
	var all sync.WaitGroup
	for range o.jobs {
		all.Go(func() {
			for t := range tasks {
				since := time.Now()
				l := r.one(ctx, o, t.kind, t.number)
				mutex.Lock()
				t.done++
				t.took += time.Since(since)
				if l.err != nil {
					t.lost = append(t.lost, l)
				}
				if t.done == t.wanted {
					fmt.Fprintf(out, "%s: %d tries, %d lost, %.0f s of work\n",
						t.name, t.done, len(t.lost), t.took.Seconds())
				}
				mutex.Unlock()
			}
		})
	}
	for _, res := range results {
		for n := range res.wanted {
			if ctx.Err() == nil && res.skipped == "" {
				tasks <- task{res, o.first + n}
			}
		}
	}
	close(tasks)
	all.Wait()
}

// one makes one try. Its folder stays only if it is lost.
func (r *rig) one(ctx context.Context, o *options, k kind, n int) loss {
	seed := o.seed*1_000_003 + int64(n)
	for _, b := range []byte(k.name) {
		seed = seed*31 + int64(b)
	}
	t := &try{rig: r, ctx: ctx, number: n, rnd: rand.New(rand.NewSource(seed)),
		dir: filepath.Join(r.base, fmt.Sprintf("%s-%d", k.name, n))}
	err := os.RemoveAll(t.dir)
	if err == nil {
		err = os.Mkdir(t.dir, 0o777)
	}
	if err == nil {
		err = k.try(t)
	}
	if err == nil {
		_ = os.RemoveAll(t.dir)
		return loss{number: n}
	}
	_ = os.WriteFile(filepath.Join(t.dir, "commands.txt"), t.log.Bytes(), 0o666)
	return loss{n, t.dir, err}
}

// newRig draws the data and makes the undisturbed trainings.
func newRig(ctx context.Context, o *options) (*rig, error) {
	r := &rig{acol: o.acol, base: o.work, want: map[string]files{}, figures: map[string]string{}}
	if err := os.WriteFile(filepath.Join(r.base, "recipe.yaml"), []byte(recipe), 0o666); err != nil {
		return nil, err
	}
	t := &try{rig: r, ctx: ctx, dir: r.base}
	if err := os.RemoveAll(filepath.Join(r.base, "data")); err != nil {
		return nil, err
	}
	if _, err := t.must("data", "synth", "data", "--classes", "2", "--train", "24", "--val", "6",
		"--test", "6", "--size", "48"); err != nil {
		return nil, err
	}
	var mutex sync.Mutex
	var all sync.WaitGroup
	trainings := []string{"seed 1", "seed 2", "epochs 2"}
	errs := make([]error, len(trainings))
	for i, name := range trainings {
		all.Go(func() {
			f, err := r.undisturbed(ctx, name)
			mutex.Lock()
			r.want[name], errs[i] = f, err
			mutex.Unlock()
		})
	}
	all.Wait()
	return r, errors.Join(errs...)
}

// undisturbed makes a training whose name says what it has otherwise than the recipe: "seed 2". Of
// the first one the figures are kept, too.
func (r *rig) undisturbed(ctx context.Context, name string) (files, error) {
	t := &try{rig: r, ctx: ctx, dir: filepath.Join(r.base, "undisturbed "+name)}
	if err := errors.Join(os.RemoveAll(t.dir), os.Mkdir(t.dir, 0o777)); err != nil {
		return nil, err
	}
	set := "train." + strings.Replace(name, " ", "=", 1)
	if _, err := t.must(train("--set", set)...); err != nil {
		return nil, err
	}
	f, err := readFiles(filepath.Join(t.dir, "run"))
	if err != nil || name != "seed 1" {
		return f, err
	}
	for _, c := range []string{"last", "best"} {
		e, err := t.must("eval", "--run", "run", "--split", "test", "--checkpoint", c, "--json",
			"--bootstrap", "0")
		if err != nil {
			return nil, err
		}
		r.figures[c] = e.stdout
	}
	return f, nil
}
