package section

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"acol/internal/brief"
)

// Threshold is the value of a key that says where a score map is cut into object and background:
// the word Auto, the word of a rule, or a fraction of the map's maximum, such as 0.3.
type Threshold string

const (
	// Auto is what val chose for the model, a fraction or a rule. Where val chose nothing, because
	// it has no boxes, it is DefaultRule, or for maps of gradients RaisedMean.
	Auto Threshold = "auto"
	// Mean is the mean of each map.
	Mean Threshold = "mean"
	// RaisedMean is 1.25 times the mean of each map.
	RaisedMean Threshold = "raised-mean"
	// Otsu is Otsu's threshold of each map (IEEE Trans. SMC 9, 1979), which separates the values
	// into the two classes that differ most.
	Otsu Threshold = "otsu"
	// Energy is the threshold of each map above which a fixed share of the sum of its values lies.
	Energy Threshold = "energy"
)

// DefaultRule is what Auto stands for where val chose no threshold, of maps that the heads of a
// network make. docs/results/threshold.md compares the rules.
const DefaultRule = Mean

// CAMThreshold is the CAM paper's threshold (Zhou et al., CVPR 2016): a box holds what is above 20
// % of the score map's maximum.
const CAMThreshold Threshold = "0.2"

// rules are the words that choose a threshold on each map.
var rules = []Threshold{Mean, RaisedMean, Otsu, Energy}

// Fraction returns the value for a fraction of a map's maximum, to nine digits: multiples of 0.01,
// as 35 of them, differ from what a user would write by rounding alone.
func Fraction(v float64) Threshold { return Threshold(strconv.FormatFloat(v, 'g', 9, 64)) }

// Suggestions lists the words.
func (Threshold) Suggestions() []string {
	words := []string{string(Auto)}
	for _, r := range rules {
		words = append(words, string(r))
	}
	return words
}

// Written says what may be written for the key.
func (Threshold) Written() string { return "a word or a number" }

// IsRule reports whether the value is the word of a rule.
func (t Threshold) IsRule() bool { return slices.Contains(rules, t) }

// Fraction returns the fraction of a map's maximum that the value is; ok is false where it is a
// word or no number.
func (t Threshold) Fraction() (v float64, ok bool) {
	v, err := strconv.ParseFloat(string(t), 64)
	return v, err == nil && v == v
}

// MarshalYAML writes a fraction as a number.
func (t Threshold) MarshalYAML() (any, error) {
	if v, ok := t.Fraction(); ok {
		return v, nil
	}
	return string(t), nil
}

// MarshalJSON writes a fraction as a number.
func (t Threshold) MarshalJSON() ([]byte, error) {
	if v, ok := t.Fraction(); ok {
		return json.Marshal(v)
	}
	return json.Marshal(string(t))
}

// UnmarshalJSON reads a number or a word.
func (t *Threshold) UnmarshalJSON(text []byte) error {
	var v float64
	if json.Unmarshal(text, &v) == nil {
		*t = Fraction(v)
		return nil
	}
	return json.Unmarshal(text, (*string)(t))
}

// Cuts reports whether the value is a rule or a fraction that CheckThreshold takes, and so says by
// itself where a map is cut.
func (t Threshold) Cuts() bool {
	v, number := t.Fraction()
	return t.IsRule() || number && v >= 0 && v < 1
}

// CheckThreshold wants a word of Suggestions, or a fraction of a score map's maximum: at 1 no pixel
// would be above it.
func CheckThreshold(bad func(key, msg string), key string, t Threshold) {
	v, number := t.Fraction()
	switch {
	case t == Auto || t.Cuts():
	case number:
		bad(key, fmt.Sprintf("%g is not in 0 to below 1, a fraction of the map's maximum", v))
	default:
		bad(key, fmt.Sprintf("%s is not a number and not one of %s",
			brief.Quote(string(t)), strings.Join(t.Suggestions(), ", ")))
	}
}
