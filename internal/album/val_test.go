package album

import (
	"testing"

	"acol/internal/data"
	"acol/internal/eval"
	"acol/internal/model"
)

// predicts is a prediction with these logits of the first branch.
func predicts(logits []float32) model.Prediction {
	return model.Prediction{Logits: [][]float32{logits}}
}

func TestAnImageThatIsTakenForAnotherClassSaysSo(t *testing.T) {
	a := &Album{Classes: []string{"cardinal", "bunting"}}
	one := &data.Sample{}
	for want, s := range map[string]eval.Sight{
		"cardinal":                  {Sample: one, Class: 0, Prediction: predicts([]float32{2, 1})},
		"cardinal, seen as bunting": {Sample: one, Class: 0, Prediction: predicts([]float32{1, 2})},
		"bunting, seen as class 2":  {Sample: one, Class: 1, Prediction: predicts([]float32{1, 2, 3})},
		"class 7, seen as cardinal": {Sample: one, Class: 7, Prediction: predicts([]float32{2, 1})},
		// An image of both classes is right by either.
		"bunting": {Sample: &data.Sample{Labels: []int{0, 1}}, Class: 1, Prediction: predicts([]float32{2, 1})},
	} {
		if got := a.seenAs(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWithoutValNothingOfItIsDrawn(t *testing.T) {
	s := saved{}
	a := &Album{Kinds: "p", Save: s.save}
	a.Validated(&eval.Report{})
	a.Epoch(record(1))
	if len(s[ValMapsName])+len(s[ConfusionName]) > 0 || len(s[CurvesName]) != 1 {
		t.Errorf("drawn: %v", s)
	}
	var none *Album
	none.Watch(nil)
	none.Validated(nil)
}
