// Methods makes the figures of docs/results/methods.md. It trains one network by each method on
// sixteen classes of CUB-200-2011 with the same budget, chooses the keys of each method on val, and
// measures the choice on test, seed by seed. It adds a row to a CSV file for each model. What the
// file has is not made again, and a training that was interrupted goes on, so methods may be
// stopped and started again. At the end it prints the tables of the page.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"acol/internal/bench"
	"acol/scripts/rows"
	"acol/scripts/script"
	"acol/scripts/trial"
)

// options are the flags, and the rows at hand.
type options struct {
	trial.Options
	candidates int
	set        []string
	out        io.Writer
	all        []row
}

func main() { script.Main("methods", run) }

// run makes what is missing and prints the tables.
func run(ctx context.Context, args []string, out io.Writer) error {
	o := options{out: out}
	f := flag.NewFlagSet("methods", flag.ContinueOnError)
	o.Flags(f, "methods", "make only methods whose name matches `regexp`")
	f.IntVar(&o.candidates, "candidates", 0,
		"measure at most `N` candidates for the keys of a method; 0 measures all")
	f.Func("set", "a `key=value` for each training; may be repeated", func(s string) error {
		o.set = append(o.set, s)
		return nil
	})
	err := o.Parse(ctx, f, args)
	if err != nil {
		return err
	}
	if o.all, err = rows.Read(o.CSV, columns); err != nil {
		return err
	}
	for seed := 1; seed <= o.Seeds; seed++ {
		for _, m := range methods {
			if !o.Only.MatchString(m.name) {
				continue
			}
			if err := o.make(ctx, m, seed); err != nil {
				return fmt.Errorf("%s, seed %d: %w", m.name, seed, err)
			}
		}
	}
	return printTables(out, o.all)
}

// make makes what a method lacks with a seed. With seed 1, all candidates are measured on val.
func (o *options) make(ctx context.Context, m method, seed int) error {
	if seed == 1 {
		grid := m.grid
		if o.candidates > 0 {
			grid = grid[:min(o.candidates, len(grid))]
		}
		for _, c := range grid {
			if err := o.measure(ctx, m, c, seed, "val"); err != nil {
				return err
			}
		}
	}
	c, ok := chosen(o.all, m)
	if !ok {
		return errors.New("seed 1 has chosen no candidate yet")
	}
	for _, split := range []string{"val", "test"} {
		if err := o.measure(ctx, m, c, seed, split); err != nil {
			return err
		}
	}
	return nil
}

// measure fills in the figures of a split, unless the CSV file has them. It trains first where that
// is not done.
func (o *options) measure(ctx context.Context, m method, c candidate, seed int, split string) error {
	r := find(o.all, m, c, seed, o.Precision)
	if r != nil && r[doneBy[split]] != "" {
		return nil
	}
	fmt.Fprintf(o.out, "%s, seed %d, %s: %s\n", m.name, seed, split, c)
	trained, keys, shown := m, c, candidate(nil)
	if m.ofCAM {
		trained, keys, shown = methods[0], methods[0].grid[0], c
	}
	dir := filepath.Join(o.Runs, slug(trained, keys, seed))
	if err := o.train(ctx, dir, keys, seed); err != nil {
		return err
	}
	args := []string{
		"--run", dir, "--split", split, "--precision", o.Precision, "--bootstrap", "0",
		"--records", o.records(m, c, seed, split), "--set", "data.root=" + o.Data,
	}
	for _, key := range shown {
		args = append(args, "--set", key)
	}
	if err := os.MkdirAll(filepath.Join(o.Runs, "records"), 0o755); err != nil {
		return err
	}
	f, err := o.Acol.Measure(ctx, args...)
	if err != nil {
		return err
	}
	if r == nil {
		r = row{
			"precision": o.Precision, "network": network, "method": m.name, "settings": c.String(),
			"epochs": epochs, "seed": strconv.Itoa(seed), "machine": bench.Machine(), "commit": o.Commit,
		}
		o.all = append(o.all, r)
	}
	f.Into(r, split)
	if split == "test" {
		r["threshold"] = fmt.Sprint(f.Localization.Threshold)
		if m.name != plain {
			if err := o.compare(ctx, m, c, seed, r); err != nil {
				return err
			}
		}
	}
	return rows.Write(o.CSV, columns, o.all)
}

// train trains a run, or goes on with it. A finished one stays as it is.
func (o *options) train(ctx context.Context, dir string, c candidate, seed int) error {
	if _, err := os.Stat(filepath.Join(dir, finished)); err == nil {
		return nil
	}
	args := []string{
		"train", "--config", base, "--out", dir, "--resume=auto", "--precision", o.Precision,
		"--set", "data.root=" + o.Data, "--set", "train.seed=" + strconv.Itoa(seed),
		"--set", "model.backbone.weights=" + filepath.Join(o.Weights, weights),
	}
	for _, key := range slices.Concat(c, o.set) {
		args = append(args, "--set", key)
	}
	if _, err := o.Acol.Do(ctx, args...); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, finished), nil, 0o600)
}

// finished is a file that says of a run that its training has ended.
const finished = "finished"

// compare fills in by how much the method is better than plain CAM with the same seed.
func (o *options) compare(ctx context.Context, m method, c candidate, seed int, r row) error {
	out, err := o.Acol.Do(ctx, "eval", "--json", "--split", "test", "--compare",
		o.records(methods[0], methods[0].grid[0], seed, "test"), o.records(m, c, seed, "test"))
	if err != nil {
		return err
	}
	var compared struct {
		Figures []struct {
			Key string   `json:"figure"`
			By  *float64 `json:"b_minus_a"`
			P   float64  `json:"p"`
		} `json:"figures"`
	}
	if err := json.Unmarshal(out, &compared); err != nil {
		return fmt.Errorf("acol eval --compare: %w", err)
	}
	for _, f := range compared.Figures {
		if f.Key == "max_box_acc_v2" {
			trial.Set(r, "v2_over_cam", f.By)
			r["v2_p"] = strconv.FormatFloat(f.P, 'g', 3, 64)
		}
	}
	return nil
}

// records is the file of what each image said.
func (o *options) records(m method, c candidate, seed int, split string) string {
	return filepath.Join(o.Runs, "records", slug(m, c, seed)+"-"+split+".jsonl")
}

// slug is a model as the name of a file.
func slug(m method, c candidate, seed int) string {
	name := m.name
	for _, key := range c {
		_, value, _ := strings.Cut(key, "=")
		name += "-" + value
	}
	name = strings.NewReplacer(" ", "-", ".", "", "[", "", "]", "", ",", "-").Replace(name)
	return fmt.Sprintf("%s-s%d", strings.ToLower(name), seed)
}
