package main

import (
	"slices"
	"strconv"

	"acol/scripts/rows"
	"acol/scripts/trial"
)

// row is a method with a candidate and a seed, and the figures that it reached, by column. What was
// not chosen on val has no figures of test.
type row = rows.Row

// what are the columns that say what was measured. Rows that are equal in all of them differ in the
// seed alone.
var what = []string{"kernels", "precision", "network", "method", "settings", "epochs"}

// columns are those of the CSV file, in its order. threshold is where eval.threshold: auto cut the
// maps of test, for top1_loc and gt_known. v2_over_cam is how much higher max_box_acc_v2 is than
// plain CAM's with the same seed, and v2_p the p-value of acol eval --compare.
var columns = slices.Concat(what, []string{"seed"}, trial.Columns,
	[]string{"threshold", "v2_over_cam", "v2_p", "machine", "commit"})

// doneBy is by split a column that is not empty once the split has been measured.
var doneBy = map[string]string{"val": "val_max_box_acc_v2", "test": "max_box_acc_v2"}

// find returns the row of a method with a candidate and a seed, and nil where there is none.
func find(all []row, m method, c candidate, seed int, precision string) row {
	want := row{
		"method": m.name, "settings": c.String(), "seed": strconv.Itoa(seed), "precision": precision,
	}
	i := slices.IndexFunc(all, func(r row) bool {
		return r.Same(want, "method", "settings", "seed", "precision")
	})
	if i < 0 {
		return nil
	}
	return all[i]
}

// chosen returns the candidate with the highest MaxBoxAccV2 on val with seed 1, of those that have
// been measured, the first of equal ones. It returns false where none has been.
func chosen(all []row, m method) (best candidate, ok bool) {
	most := -1.0
	for _, c := range m.grid {
		want := row{"method": m.name, "settings": c.String(), "seed": "1"}
		i := slices.IndexFunc(all, func(r row) bool {
			return r.Same(want, "method", "settings", "seed")
		})
		if i < 0 {
			continue
		}
		if v, err := strconv.ParseFloat(all[i][doneBy["val"]], 64); err == nil && v > most {
			best, most, ok = c, v, true
		}
	}
	return best, ok
}
