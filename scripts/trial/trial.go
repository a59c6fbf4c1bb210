// Package trial runs the acol program for the scripts that make pages of docs/results, and reads
// the figures that it measures.
package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"acol/scripts/rows"
)

// Acol is the path of the acol program.
type Acol string

// Version is the commit that the program was built from, as acol version prints it.
func (a Acol) Version(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, string(a), "version").Output()
	words := strings.Fields(string(out))
	if err != nil {
		return "", fmt.Errorf("%s version: %w", a, err)
	}
	if len(words) < 2 {
		return "", fmt.Errorf("%s version: says %q, want acol and its version", a, out)
	}
	return words[1], nil
}

// patience is how long an interrupted command may take to save what it has.
const patience = time.Minute

// Do runs a command and returns what it wrote to its standard output. What it wrote to either
// output is in the error if it fails. When ctx ends the command is interrupted, so that a training
// saves its state.
func (a Acol) Do(ctx context.Context, args ...string) ([]byte, error) {
	var out, both bytes.Buffer
	c := exec.CommandContext(ctx, string(a), args...)
	c.Stdout, c.Stderr = &out, &both
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = patience
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("acol %s: %w\n%s%s", args[0], err, both.Bytes(), out.Bytes())
	}
	return out.Bytes(), nil
}

// Measure runs acol eval with --json and decodes its figures.
func (a Acol) Measure(ctx context.Context, args ...string) (Figures, error) {
	var f Figures
	out, err := a.Do(ctx, append([]string{"eval", "--json"}, args...)...)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(out, &f); err != nil {
		return f, fmt.Errorf("acol eval --json: %w", err)
	}
	return f, nil
}

// Columns are those that Figures.Into fills in, in percent. Those that begin with val are of val,
// at the thresholds that are best on val: by them a recipe is chosen. All others are of test. Of
// those, the ones that end in at_val are at the thresholds that are best on val, top1_loc and
// gt_known at eval.threshold, and the rest at the thresholds that are best on test.
var Columns = []string{
	"val_top1", "val_max_box_acc", "val_max_box_acc_v2", "top1", "max_box_acc", "max_box_acc_v2",
	"max_box_acc_at_val", "max_box_acc_v2_at_val", "top1_loc", "gt_known",
}

// Figures is what is read of the JSON object that acol eval writes. A figure that it lacks is nil.
type Figures struct {
	Kernels     string   `json:"kernels"`
	Top1        *float64 `json:"top1"`
	MaxBoxAcc   *float64 `json:"max_box_acc"`
	MaxBoxAccV2 *float64 `json:"max_box_acc_v2"`
	AtVal       struct {
		MaxBoxAcc   *float64 `json:"max_box_acc"`
		MaxBoxAccV2 *float64 `json:"max_box_acc_v2"`
	} `json:"at_val_threshold"`
	Localization struct {
		GTKnown   *float64 `json:"gt_known"`
		Top1      *float64 `json:"top1"`
		Threshold any      `json:"threshold"` // a fraction, or the word of a rule
	} `json:"localization"`
	Maps []struct {
		MaxBoxAcc *float64 `json:"max_box_acc"`
	} `json:"maps"`
}

// Into fills in the columns of r that belong to a split.
func (f Figures) Into(r rows.Row, split string) {
	r["kernels"], _, _ = strings.Cut(f.Kernels, " ")
	if split == "val" {
		Set(r, "val_top1", f.Top1)
		Set(r, "val_max_box_acc", f.MaxBoxAcc)
		Set(r, "val_max_box_acc_v2", f.MaxBoxAccV2)
		return
	}
	Set(r, "top1", f.Top1)
	Set(r, "max_box_acc", f.MaxBoxAcc)
	Set(r, "max_box_acc_v2", f.MaxBoxAccV2)
	Set(r, "max_box_acc_at_val", f.AtVal.MaxBoxAcc)
	Set(r, "max_box_acc_v2_at_val", f.AtVal.MaxBoxAccV2)
	Set(r, "top1_loc", f.Localization.Top1)
	Set(r, "gt_known", f.Localization.GTKnown)
}

// Set writes a figure, where there is one, with two decimals.
func Set(r rows.Row, column string, v *float64) {
	if v != nil {
		r[column] = strconv.FormatFloat(*v, 'f', 2, 64)
	}
}
