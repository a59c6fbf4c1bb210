package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"acol/internal/run"
	"acol/internal/train"
)

// shown are the figures that each epoch's line has, where val has them.
var shown = [2]train.BestBy{train.ByMaxBoxAcc, train.ByTop1}

// notable returns by how many points a figure of some images has to differ from another epoch's to
// be told: by two standard deviations of a share of one half, and by 5 at least.
func notable(images int) float64 {
	const least = 5
	return max(least, 100/math.Sqrt(float64(max(images, 1))))
}

// highs follows the highest value of each figure that is shown.
type highs [2]struct {
	value float64
	epoch int // 0 is none yet
}

// see takes an epoch in, and says of each figure where it is notably below its highest value.
func (h *highs) see(r *train.EpochRecord) (below [2]string) {
	if r.Validation == nil {
		return below
	}
	for i, by := range shown {
		v, ok := by.Figure().Of(r.Validation)
		switch high := &h[i]; {
		case !ok:
		case high.epoch == 0 || v > high.value:
			high.value, high.epoch = v, r.Epoch
		case high.value-v >= notable(r.Validation.Images):
			below[i] = fmt.Sprintf(" (%.1f %% in epoch %d)", high.value, high.epoch)
		}
	}
	return below
}

// verdict says of a training that has ended which epoch is the best and what that costs, with what
// to do. Nothing is said where the best epoch is the last one and loses nothing.
func verdict(records []train.EpochRecord) (lines, hints []string) {
	var h highs
	byEpoch := map[int]*train.EpochRecord{}
	for i := range records {
		if records[i].Validation == nil || records[i].Validation.Images == 0 {
			return nil, nil
		}
		h.see(&records[i])
		byEpoch[records[i].Epoch] = &records[i]
	}
	if len(records) == 0 {
		return nil, nil
	}
	last := &records[len(records)-1]
	best := byEpoch[last.BestEpoch]
	if best == nil { // its line of the log is damaged
		return nil, nil
	}
	switch {
	case best == last:
	case valText(best) == valText(last):
		lines = append(lines, fmt.Sprintf("best is epoch %d, the first of equally good ones: "+
			"the last one, epoch %d, has the same %s", best.Epoch, last.Epoch, valText(last)))
	default:
		lines = append(lines, fmt.Sprintf("best on val is epoch %d: %s; the last one, epoch %d: %s",
			best.Epoch, valText(best), last.Epoch, valText(last)))
	}
	enough := notable(last.Validation.Images)
	for i, by := range shown {
		f := by.Figure()
		inBest, ok := f.Of(best.Validation)
		if !ok {
			continue
		}
		inLast, _ := f.Of(last.Validation)
		hint := ""
		switch high := h[i]; {
		case inBest-inLast >= enough:
			hint = fmt.Sprintf("%s on val has fallen by %.1f points since epoch %d, "+
				"whose model is --checkpoint best", f.Name, inBest-inLast, best.Epoch)
		case inLast-inBest >= enough:
			hint = fmt.Sprintf("best is chosen by %s; its %s on val is %.1f points "+
				"below that of --checkpoint last", best.ChosenBy().Name, f.Name, inLast-inBest)
		case high.value-max(inBest, inLast) >= enough:
			hint = fmt.Sprintf("%s on val was highest in epoch %d, %.1f %%: neither "+
				"best, chosen by %s, nor last has that", f.Name, high.epoch, high.value, best.ChosenBy().Name)
		}
		if hint != "" {
			hints = append(hints, hint)
		}
	}
	return lines, hints
}

// valText lists the figures of val, and first the one that epochs are compared by.
func valText(r *train.EpochRecord) string {
	by := shown[:]
	if f := r.ChosenBy(); !slices.Contains(by, f.By) {
		by = append([]train.BestBy{f.By}, by...)
	}
	var parts []string
	for _, b := range by {
		if v, ok := b.Figure().Of(r.Validation); ok {
			parts = append(parts, b.Figure().Text(v))
		}
	}
	return strings.Join(parts, ", ")
}

// collapseEpochs is after how many epochs in a row it is told that val has collapsed, since the
// first epochs of a training often name one class.
const collapseEpochs = 3

// collapse returns what is said of a val split whose images were all taken for one class in the
// last epochs, with what to do; nothing where they are fewer than enough.
func collapse(records []train.EpochRecord, enough int) (line, hint string) {
	n, class := 0, ""
	for i := len(records) - 1; i >= 0; i-- {
		v := records[i].Validation
		if v == nil || v.Collapsed == "" {
			break
		}
		if n++; n == 1 {
			class = v.Collapsed
		}
	}
	if n == 0 || n < enough {
		return "", ""
	}
	last := records[len(records)-1]
	line = fmt.Sprintf("warning: the model tells no classes apart: "+
		"after epoch %d it took all of val, or nearly all, for %q", last.Epoch, class)
	const muchBetter = 20
	if last.Top1-last.Validation.Top1 >= muchBetter {
		return line, "it knows the training images: where batches or steps are few, batch norm's " +
			"statistics lag behind; try more epochs or model.backbone.freeze_bn=true"
	}
	return line, "try lower train.optimizer.lr_backbone and lr_heads, more epochs, or " +
		"train.schedule.warmup_epochs; acol data check finds wrong data"
}

// tellVerdict says which of the epochs in a run's log is the best, and what to do.
func tellVerdict(s *streams, dir run.Folder) {
	records, err := dir.Log()
	if err != nil {
		s.say("warning: %v", err)
		return
	}
	lines, hints := verdict(records)
	if line, hint := collapse(records, 1); line != "" {
		lines, hints = append(lines, line), append(hints, hint)
	}
	for _, line := range lines {
		s.say("%s", line)
	}
	for _, hint := range hints {
		s.hint("%s", hint)
	}
}
