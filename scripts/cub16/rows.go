package main

import (
	"slices"
	"strconv"
	"strings"

	"acol/scripts/rows"
)

// row is one training: what was trained and the figures it reached, by column.
type row = rows.Row

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

// contains tells whether all have the same training as r, on whichever kernels it ran.
func contains(all []row, r row) bool {
	return slices.ContainsFunc(all, func(have row) bool {
		for _, c := range append(slices.Clone(what), "seed") {
			if c != "kernels" && have[c] != r[c] {
				return false
			}
		}
		return true
	})
}
