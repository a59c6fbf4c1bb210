// Linear shows on data that acol draws how the learning rate has to follow the batch: it trains one
// network with batches of several sizes, with the rate of the smallest one, with a rate that grows
// with the batch, and with the latter after a warm-up (Goyal et al. 2017, arXiv 1706.02677). It
// prints the top-1 accuracy on val, the mean over seeds and how far they spread, as a table.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acol/scripts/script"
	"acol/scripts/trial"
)

func main() { script.Main("linear", run) }

// The training, of which a batch multiplies the first size and may multiply the first rate.
const (
	firstBatch  = 16
	firstRate   = 0.02
	trainImages = 1024
)

const text = `name: linear
model:
  backbone: {arch: resnet, depth: 18, width: 0.125, output_stride: 8}
  branches: {kinds: p, deltas: []}
data:
  root: made/images
  metadata: made/metadata/SYNTH
  input: {size: 32, train_resize: 36, test_resize: 32}
train: {precision: fp32, pictures: false, schedule: {name: cosine}}
`

// way is how a larger batch is trained.
type way struct {
	name          string
	scaled, warms bool
}

var ways = []way{
	{name: "the same rate"}, {name: "times the batch", scaled: true},
	{name: "and warm-up", scaled: true, warms: true},
}

func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("linear", flag.ContinueOnError)
	acol := f.String("acol", "bin/acol", "the `program`")
	dir := f.String("dir", "linear", "the `folder` of data and runs; trained runs are taken as they are")
	seeds := f.Int("seeds", 3, "the `number` of seeds")
	epochs := f.Int("epochs", 8, "the `epochs` of a training, of which a warm-up takes the first quarter "+
		"but at most 4")
	batches := f.String("times", "1,4,16", "by what the batch is multiplied, `N,N,...`")
	if err := f.Parse(args); err != nil {
		return err
	}
	program, err := filepath.Abs(*acol)
	if err == nil {
		err = os.MkdirAll(*dir, 0o777)
	}
	if err == nil {
		err = os.Chdir(*dir)
	}
	if err == nil {
		err = os.WriteFile("recipe.yaml", []byte(text), 0o666)
	}
	if err != nil {
		return err
	}
	a := trial.Acol(program)
	if _, err := os.Stat("made"); err != nil {
		_, err := a.Do(ctx, "data", "synth", "made", "--classes", "8", "--train", fmt.Sprint(trainImages),
			"--val", "256", "--test", "8", "--size", "48")
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "| batch | %s |\n|---|---|---|---|\n", strings.Join([]string{
		ways[0].name, ways[1].name, ways[2].name}, " | "))
	for _, times := range strings.Split(*batches, ",") {
		var n int
		if _, err := fmt.Sscan(times, &n); err != nil || n < 1 {
			return fmt.Errorf("--times: %q is no number from 1", times)
		}
		var cells []string
		for _, w := range ways {
			cell, err := measure(ctx, a, n, w, *epochs, *seeds)
			if err != nil {
				return err
			}
			cells = append(cells, cell)
		}
		fmt.Fprintf(out, "| %d | %s |\n", n*firstBatch, strings.Join(cells, " | "))
	}
	return nil
}

// measure trains a way with each seed.
func measure(
	ctx context.Context, a trial.Acol, times int, w way, epochs, seeds int,
) (string, error) {
	rate, warmup := firstRate, 0
	if w.scaled {
		rate *= float64(times)
	}
	if w.warms {
		warmup = min(4, epochs/4)
	}
	var top1 []float64
	for seed := range seeds {
		dir := fmt.Sprintf("runs/%d-%g-%d-%d-%d", times, rate, epochs, warmup, seed)
		if _, err := os.Stat(filepath.Join(dir, "last.safetensors")); err != nil {
			_, err := a.Do(ctx, "train", "recipe.yaml", "--force", "--out", dir,
				"--set", fmt.Sprintf("train.batch_size=%d", times*firstBatch),
				"--set", fmt.Sprintf("train.optimizer.lr_backbone=%g", rate),
				"--set", fmt.Sprintf("train.optimizer.lr_heads=%g", rate),
				"--set", fmt.Sprintf("train.schedule.warmup_epochs=%d", warmup),
				"--set", fmt.Sprintf("train.epochs=%d", epochs),
				"--set", fmt.Sprintf("train.seed=%d", seed))
			if err != nil && !strings.Contains(err.Error(), "has diverged") {
				return "", err
			}
			if err != nil {
				return "diverges", nil
			}
		}
		v, err := lastTop1(dir)
		if err != nil {
			return "", err
		}
		top1 = append(top1, v)
	}
	sum := 0.0
	for _, v := range top1 {
		sum += v
	}
	return fmt.Sprintf("%.1f (%.1f to %.1f)", sum/float64(len(top1)), slices.Min(top1),
		slices.Max(top1)), nil
}

// lastTop1 is the accuracy on val after the last epoch of a run.
func lastTop1(dir string) (float64, error) {
	log, err := os.ReadFile(filepath.Join(dir, "log.jsonl"))
	if err != nil {
		return 0, err
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	var epoch struct {
		Val struct {
			Top1 float64 `json:"top1"`
		} `json:"val"`
	}
	err = json.Unmarshal([]byte(lines[len(lines)-1]), &epoch)
	return epoch.Val.Top1, err
}
