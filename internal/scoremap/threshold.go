package scoremap

import (
	"encoding/json"
	"fmt"

	"acol/internal/cam"
	"acol/internal/section"
)

// Threshold says where score maps are cut into object and background: at one fraction of the
// maximum of each, or at the fraction that a rule finds for each. The zero value is a fraction of
// 0 that somebody stated.
type Threshold struct {
	// Fraction is of a map's maximum, from 0 to below 1. It is not used where there is a Rule.
	Fraction float64
	// Rule is the word of the rule that chooses; empty where there is none.
	Rule section.Threshold
	// From says who chose.
	From Chooser
}

// Chooser says who chose a threshold.
type Chooser string

const (
	// Stated is the recipe or a flag, by a number or the word of a rule.
	Stated Chooser = "stated"
	// Val is the split val, for the very model.
	Val Chooser = "val"
	// NoVal is nobody: section.Auto, with no choice of val, takes the default rule of the maps.
	NoVal Chooser = "none"
)

// Resolve returns what a valid value of a key says of a model. Kept is what val chose for the
// model, empty where it chose nothing: then section.Auto is otherwise, a rule.
func Resolve(key, kept, otherwise section.Threshold) Threshold {
	t := Threshold{From: Stated}
	if key == section.Auto {
		if t.From, key = Val, kept; kept == "" {
			t.From, key = NoVal, otherwise
		}
	}
	if key.IsRule() {
		t.Rule = key
	} else {
		t.Fraction, _ = key.Fraction()
	}
	return t
}

// Key returns the fraction, or the word of the rule, as the value of a key.
func (t Threshold) Key() section.Threshold {
	if t.Rule != "" {
		return t.Rule
	}
	return section.Fraction(t.Fraction)
}

// Of returns the fraction of its maximum at which a score map is cut.
func (t Threshold) Of(score cam.Map) float64 {
	switch t.Rule {
	case section.Otsu:
		return cam.Otsu(score)
	case section.Energy:
		return cam.EnergyShare(score, energyShare)
	case section.Mean:
		return cam.MeanLevel(score, 1)
	case section.RaisedMean:
		return cam.MeanLevel(score, raisedMean)
	}
	return t.Fraction
}

// raisedMean is the factor of section.RaisedMean.
const raisedMean = 1.25

// energyShare is the share of a map's sum that section.Energy keeps above its threshold.
const energyShare = 0.6

// String says where maps are cut: "0.3 of the maximum".
func (t Threshold) String() string {
	switch t.Rule {
	case section.Otsu:
		return "Otsu's threshold of each map"
	case section.Energy:
		return fmt.Sprintf("the level of each map with %g %% of its sum above", 100*energyShare)
	case section.Mean:
		return "the mean of each map"
	case section.RaisedMean:
		return fmt.Sprintf("%g times the mean of each map", raisedMean)
	}
	return fmt.Sprintf("%g of the maximum", t.Fraction)
}

// MarshalJSON writes the fraction as a number, or the word of the rule.
func (t Threshold) MarshalJSON() ([]byte, error) { return json.Marshal(t.Key()) }

// UnmarshalJSON reads what MarshalJSON wrote. From is left as it is.
func (t *Threshold) UnmarshalJSON(text []byte) error {
	var key section.Threshold
	err := json.Unmarshal(text, &key)
	read := Resolve(key, "", "")
	t.Fraction, t.Rule = read.Fraction, read.Rule
	return err
}
