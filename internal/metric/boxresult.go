package metric

import (
	"fmt"
	"slices"
	"strconv"

	"acol/internal/cam"
)

// Taus are the thresholds of a result: one for MaxBoxAcc, and for MaxBoxAccV2
// one for each IoU threshold, by its percent in decimal.
type Taus struct {
	MaxBoxAcc   float64            `json:"max_box_acc"`
	MaxBoxAccV2 map[string]float64 `json:"max_box_acc_v2_iou"`
}

// BoxResult holds accuracies in percent.
type BoxResult struct {
	Images       int `json:"images"`
	ConstantMaps int `json:"constant_maps"`
	NaNMaps      int `json:"nan_maps"`
	// MaxBoxAcc is that of the largest contour at IoU 50.
	MaxBoxAcc float64 `json:"max_box_acc"`
	// MaxBoxAccV2 is the mean of MaxBoxAccV2IoU, the accuracies of all contours
	// by IoU threshold.
	MaxBoxAccV2    float64            `json:"max_box_acc_v2"`
	MaxBoxAccV2IoU map[string]float64 `json:"max_box_acc_v2_iou"`
	Thresholds     Taus               `json:"thresholds"`
}

// places are thresholds as indices of the grid: of MaxBoxAcc and, by the order
// of the deltas, of MaxBoxAccV2.
type places struct {
	one int
	all []int
}

// Result is the reference's figure: the accuracies at the thresholds that are
// best on these very images, an oracle.
func (a *BoxAcc) Result() BoxResult { return a.result(a.bestPlaces()) }

// Best are the thresholds of Result, the lowest of equally good ones. Chosen on
// val they are for At on test.
func (a *BoxAcc) Best() Taus { return a.taus(a.bestPlaces()) }

// At is the result at given thresholds, such as those that are best on val.
// Each must be on the grid, to the bit.
func (a *BoxAcc) At(t Taus) (BoxResult, error) {
	var p places
	var err error
	if p.one, err = a.place(t.MaxBoxAcc); err != nil {
		return BoxResult{}, err
	}
	p.all = make([]int, len(a.deltas))
	for k, d := range a.deltas {
		tau, ok := t.MaxBoxAccV2[strconv.Itoa(d)]
		if !ok {
			return BoxResult{}, fmt.Errorf("box accuracy: no threshold for IoU %d", d)
		}
		if p.all[k], err = a.place(tau); err != nil {
			return BoxResult{}, err
		}
	}
	return a.result(p), nil
}

// bestPlaces takes the first maximum, as np.argmax does.
func (a *BoxAcc) bestPlaces() places {
	first := func(right []int) int { return slices.Index(right, slices.Max(right)) }
	p := places{one: first(a.right[cam.Largest][slices.Index(a.deltas, 50)])}
	for _, right := range a.right[cam.All] {
		p.all = append(p.all, first(right))
	}
	return p
}

func (a *BoxAcc) taus(p places) Taus {
	t := Taus{MaxBoxAcc: a.thresholds[p.one], MaxBoxAccV2: map[string]float64{}}
	for k, d := range a.deltas {
		t.MaxBoxAccV2[strconv.Itoa(d)] = a.thresholds[p.all[k]]
	}
	return t
}

func (a *BoxAcc) result(p places) BoxResult {
	r := BoxResult{
		Images: a.images, ConstantMaps: a.constant, NaNMaps: a.nan,
		MaxBoxAcc:      percent(a.right[cam.Largest][slices.Index(a.deltas, 50)][p.one], a.images),
		MaxBoxAccV2IoU: map[string]float64{},
		Thresholds:     a.taus(p),
	}
	for k, d := range a.deltas {
		acc := percent(a.right[cam.All][k][p.all[k]], a.images)
		r.MaxBoxAccV2IoU[strconv.Itoa(d)] = acc
		r.MaxBoxAccV2 += acc
	}
	r.MaxBoxAccV2 /= float64(len(a.deltas))
	return r
}

// place is the index of a threshold on the grid.
func (a *BoxAcc) place(tau float64) (int, error) {
	i, ok := slices.BinarySearch(a.thresholds, tau)
	if !ok {
		return 0, fmt.Errorf("box accuracy: threshold %g is not a multiple below 1 of the step %g", tau, a.step)
	}
	return i, nil
}
