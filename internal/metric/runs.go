package metric

import (
	"fmt"
	"slices"
)

// Runs lists the thresholds at which an image is right, as indices of a grid: half-open runs
// [from,to), ascending and apart. Nil means that the image does not count for the figure at
// all; Runs{} means that it counts and is right nowhere.
type Runs [][2]int32

// RunsOf lists the runs of n thresholds at which right holds.
func RunsOf(n int, right func(i int) bool) Runs {
	runs := Runs{}
	for i := range n {
		switch last := len(runs) - 1; {
		case !right(i):
		case last >= 0 && runs[last][1] == int32(i):
			runs[last][1]++
		default:
			runs = append(runs, [2]int32{int32(i), int32(i + 1)})
		}
	}
	return runs
}

// The two results on a grid of one threshold. They are shared, and nobody modifies runs.
var once, never = Runs{{0, 1}}, Runs{}

// Single returns the runs of a figure without thresholds, which has a grid of one.
func Single(right bool) Runs {
	if right {
		return once
	}
	return never
}

// Check returns an error where runs are not those of a grid of n thresholds.
func (r Runs) Check(n int) error {
	end := int32(-1)
	for _, run := range r {
		if run[0] <= end || run[1] <= run[0] || int(run[1]) > n {
			return fmt.Errorf("runs %v: want ascending [from,to) within 0 to %d", [][2]int32(r), n)
		}
		end = run[1]
	}
	return nil
}

// Has reports whether the image is right at threshold i.
func (r Runs) Has(i int) bool {
	return slices.ContainsFunc(r, func(run [2]int32) bool {
		return run[0] <= int32(i) && int32(i) < run[1]
	})
}

// Only returns the result at threshold i alone, on a grid of one. Nil stays nil.
func (r Runs) Only(i int) Runs {
	if r == nil {
		return nil
	}
	return Single(r.Has(i))
}
