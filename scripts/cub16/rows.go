package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"acol/internal/atomicfile"
)

// row is one training: what was trained and the figures it reached, by column.
type row map[string]string

// what are the columns that say what was trained. Trainings that are equal in all of them, and so
// differ in the seed alone, are averaged in one row of the printed table.
var what = []string{
	"program", "kernels", "precision", "network", "kinds", "head", "delta", "epochs",
}

// measures are the columns of figures, in percent. Those that begin with val are of val, at the
// thresholds that are best on val: by them a recipe is chosen. All others are of test. Of those,
// the ones that end in at_val are at the thresholds that are best on val, top1_loc and gt_known at
// 0.2 of the map's maximum, and the rest at the thresholds that are best on test.
var measures = []string{
	"val_top1", "val_max_box_acc", "val_max_box_acc_v2", "top1", "max_box_acc", "max_box_acc_v2",
	"max_box_acc_at_val", "max_box_acc_v2_at_val", "top1_loc", "gt_known",
	"max_box_acc_branch1", "max_box_acc_branch2",
}

// columns are those of the CSV file, in its order.
var columns = slices.Concat(what, []string{"seed"}, measures, []string{"machine", "commit"})

// figures is what cub16 reads of the JSON object that acol eval writes.
type figures struct {
	Kernels     string   `json:"kernels"`
	Top1        *float64 `json:"top1"`
	MaxBoxAcc   *float64 `json:"max_box_acc"`
	MaxBoxAccV2 *float64 `json:"max_box_acc_v2"`
	AtVal       struct {
		MaxBoxAcc   *float64 `json:"max_box_acc"`
		MaxBoxAccV2 *float64 `json:"max_box_acc_v2"`
	} `json:"at_val_threshold"`
	Localization struct {
		GTKnown *float64 `json:"gt_known"`
		Top1    *float64 `json:"top1"`
	} `json:"localization"`
	Maps []struct {
		MaxBoxAcc *float64 `json:"max_box_acc"`
	} `json:"maps"`
}

// into fills in the columns of r that belong to a split.
func (g figures) into(r row, split string) {
	set := func(column string, v *float64) {
		if v != nil {
			r[column] = strconv.FormatFloat(*v, 'f', 2, 64)
		}
	}
	r["kernels"], _, _ = strings.Cut(g.Kernels, " ")
	if split == "val" {
		set("val_top1", g.Top1)
		set("val_max_box_acc", g.MaxBoxAcc)
		set("val_max_box_acc_v2", g.MaxBoxAccV2)
		return
	}
	set("top1", g.Top1)
	set("max_box_acc", g.MaxBoxAcc)
	set("max_box_acc_v2", g.MaxBoxAccV2)
	set("max_box_acc_at_val", g.AtVal.MaxBoxAcc)
	set("max_box_acc_v2_at_val", g.AtVal.MaxBoxAccV2)
	set("top1_loc", g.Localization.Top1)
	set("gt_known", g.Localization.GTKnown)
	for i, m := range g.Maps[min(1, len(g.Maps)):] { // the first is the fused map
		set("max_box_acc_branch"+strconv.Itoa(i+1), m.MaxBoxAcc)
	}
}

// contains tells whether rows have the same training as r, on whichever kernels it ran.
func contains(rows []row, r row) bool {
	return slices.ContainsFunc(rows, func(have row) bool {
		for _, c := range append(slices.Clone(what), "seed") {
			if c != "kernels" && have[c] != r[c] {
				return false
			}
		}
		return true
	})
}

// readRows reads a CSV file. A file that is not there has no rows.
func readRows(name string) ([]row, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], columns) {
		return nil, fmt.Errorf("%s: its first line must be %s", name, strings.Join(columns, ","))
	}
	var rows []row
	for _, line := range lines[1:] {
		r := row{}
		for i, v := range line {
			r[columns[i]] = v
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// writeRows writes a CSV file, whole or not at all.
func writeRows(name string, rows []row) error {
	lines := [][]string{columns}
	for _, r := range rows {
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = r[c]
		}
		lines = append(lines, line)
	}
	return atomicfile.Write(name, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(lines) })
}
