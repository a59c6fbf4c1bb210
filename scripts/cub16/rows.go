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

// row is a training and its figures by columns.
type row map[string]string

// what are the columns that tell what was made; one more seed of the same is in the same row of the table.
var what = []string{"program", "kernels", "precision", "network", "kinds", "head", "delta", "epochs"}

// measures are the columns of figures, in percent. Those of val are at the thresholds best on val, and tell
// which recipe to take; those of test are at the thresholds best on test, at_val at those of val, and
// top1_loc and gt_known at 0.2 of the map's maximum.
var measures = []string{
	"val_top1", "val_max_box_acc", "val_max_box_acc_v2", "top1", "max_box_acc", "max_box_acc_v2",
	"max_box_acc_at_val", "max_box_acc_v2_at_val", "top1_loc", "gt_known", "max_box_acc_branch1", "max_box_acc_branch2",
}

var columns = slices.Concat(what, []string{"seed"}, measures, []string{"machine", "commit"})

// figures are what of acol eval's JSON goes into a row.
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

// into fills in the columns of a split.
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
	for i, m := range g.Maps[min(1, len(g.Maps)):] { // the fused map is the first
		set("max_box_acc_branch"+strconv.Itoa(i+1), m.MaxBoxAcc)
	}
}

// contains tells that the same was made, with whatever kernels.
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
