package kernel

import "fmt"

// Compare is the comparison by which a class activation map is held against the erasing
// threshold delta (Zhang et al. 2018, section 3.2, https://arxiv.org/abs/1804.06962).
type Compare uint8

const (
	// Greater erases where map > delta: junkwhinger's reimplementation.
	Greater Compare = iota
	// GreaterEqual erases where map >= delta: the authors' code and wsolevaluation.
	GreaterEqual
)

// compares are the names of the comparisons in recipes, by value.
var compares = [...]string{Greater: "gt", GreaterEqual: "ge"}

// ParseCompare reads a comparison by its name, gt or ge.
func ParseCompare(name string) (Compare, error) {
	for i, n := range compares {
		if n == name {
			return Compare(i), nil
		}
	}
	return 0, fmt.Errorf("comparison %q is not one of gt, ge", name)
}

// String is the comparison's name, gt or ge.
func (c Compare) String() string { return compares[c] }

// Over says whether a value of the map is erased at delta. NaN never is.
func (c Compare) Over(v, delta float32) bool {
	return v > delta || c == GreaterEqual && v == delta
}
