package train

import (
	"fmt"
	"math"
)

// BestBy names the figure of val by which the epochs of a training are compared.
type BestBy string

// The figures.
const (
	ByAuto        BestBy = "auto"
	ByMaxBoxAcc   BestBy = "max_box_acc"
	ByMaxBoxAccV2 BestBy = "max_box_acc_v2"
	ByTop1Loc     BestBy = "top1_loc"
	ByTop1        BestBy = "top1"
	ByLoss        BestBy = "loss"
)

// Choices lists auto and the figures.
func (BestBy) Choices() []string {
	words := []string{string(ByAuto)}
	for _, f := range figures {
		words = append(words, string(f.By))
	}
	return words
}

// NeedsVal reports whether the figure is one of a val split.
func (b BestBy) NeedsVal() bool { return b != ByAuto && b != ByLoss }

// NeedsBoxes reports whether the figure is one of a val split with boxes.
func (b BestBy) NeedsBoxes() bool { return b.NeedsVal() && b != ByTop1 }

// Figure is a figure by which epochs can be compared.
type Figure struct {
	By BestBy
	// Name is what people call the figure.
	Name string
	// Falls says that less is better, and that the figure is not in percent.
	Falls bool
	of    func(*Validation) *float64
}

var figures = []Figure{
	{By: ByMaxBoxAcc, Name: "MaxBoxAcc", of: func(v *Validation) *float64 { return v.MaxBoxAcc }},
	{
		By: ByMaxBoxAccV2, Name: "MaxBoxAccV2",
		of: func(v *Validation) *float64 { return v.MaxBoxAccV2 },
	},
	{By: ByTop1Loc, Name: "top-1 loc", of: func(v *Validation) *float64 { return v.Top1Loc }},
	{By: ByTop1, Name: "top-1", of: func(v *Validation) *float64 { return &v.Top1 }},
	{By: ByLoss, Name: "loss", Falls: true, of: func(v *Validation) *float64 { return v.Loss }},
}

// Figure returns the figure of that name; of auto it is the zero Figure.
func (b BestBy) Figure() Figure {
	for _, f := range figures {
		if f.By == b {
			return f
		}
	}
	return Figure{}
}

// Of returns the figure's value on val; ok is false where val lacks it.
func (f Figure) Of(v *Validation) (value float64, ok bool) {
	if v == nil || v.Images == 0 || f.of == nil {
		return 0, false
	}
	p := f.of(v)
	if p == nil {
		return 0, false
	}
	return *p, true
}

// Text writes a value of the figure with its name, such as MaxBoxAcc 45.1 %.
func (f Figure) Text(value float64) string {
	if f.Falls {
		return fmt.Sprintf("%s %.3f", f.Name, value)
	}
	return fmt.Sprintf("%s %.1f %%", f.Name, value)
}

// ChosenBy returns the figure by which the epoch was compared with others: that of BestBy, or of a
// record without it, which is of an earlier version of acol, the one that auto takes.
func (rec *EpochRecord) ChosenBy() Figure {
	if rec.BestBy != "" {
		return rec.BestBy.Figure()
	}
	return ByAuto.resolve(rec).Figure()
}

// resolve returns the figure that auto stands for: MaxBoxAcc on val, top-1 where val has no boxes,
// and the loss of training without a val split.
func (b BestBy) resolve(rec *EpochRecord) BestBy {
	if b != ByAuto {
		return b
	}
	switch v := rec.Validation; {
	case v == nil || v.Images == 0:
		return ByLoss
	case v.MaxBoxAcc == nil:
		return ByTop1
	}
	return ByMaxBoxAcc
}

// score returns the value by which epochs are compared, higher being better, and which figure it
// is of. An epoch that lacks the figure is worse than all that have it.
func (b BestBy) score(rec *EpochRecord) (score float64, by BestBy) {
	by = b.resolve(rec)
	if v := rec.Validation; by == ByLoss && (v == nil || v.Images == 0) {
		return -rec.Loss, by
	}
	f := by.Figure()
	value, ok := f.Of(rec.Validation)
	switch {
	case !ok:
		return -math.MaxFloat64, by
	case f.Falls:
		return -value, by
	}
	return value, by
}

// Ended reports whether a training ends after a number of epochs of which best, counted from 1, is
// the best: all of them are done, or patience is at its end.
func (c Config) Ended(epochs, best int) bool {
	return epochs >= c.Epochs || c.Patience > 0 && epochs-best >= c.Patience
}
