package main

import (
	"slices"
	"strconv"

	"acol/scripts/rows"
	"acol/scripts/trial"
)

// row is one training: what was trained and the figures it reached, by column.
type row = rows.Row

// what are the columns that say what was trained. Trainings that are equal in all of them, and so
// differ in the seed alone, are averaged in one row of the printed table.
var what = []string{
	"program", "kernels", "precision", "network", "kinds", "head", "delta", "epochs",
}

// measures are the columns of figures. top1_loc and gt_known are at 0.2 of the map's maximum.
var measures = append(slices.Clone(trial.Columns), "max_box_acc_branch1", "max_box_acc_branch2")

// columns are those of the CSV file, in its order.
var columns = slices.Concat(what, []string{"seed"}, measures, []string{"machine", "commit"})

// ofBranches fills in the figures of each branch's own map.
func ofBranches(f trial.Figures, r row) {
	for i, m := range f.Maps[min(1, len(f.Maps)):] { // the first is the fused map
		trial.Set(r, "max_box_acc_branch"+strconv.Itoa(i+1), m.MaxBoxAcc)
	}
}

// contains tells whether all have the same training as r, on whichever kernels it ran.
func contains(all []row, r row) bool {
	same := slices.DeleteFunc(append(slices.Clone(what), "seed"), func(c string) bool {
		return c == "kernels"
	})
	return slices.ContainsFunc(all, func(have row) bool { return have.Same(r, same...) })
}
