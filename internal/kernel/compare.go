package kernel

// Compare is the comparison by which a class activation map is held against the erasing
// threshold delta (Zhang et al. 2018, section 3.2, https://arxiv.org/abs/1804.06962). It is
// also the value of model.branches.compare in a recipe.
type Compare string

// The comparisons that published code uses.
const (
	// Greater erases where map > delta: junkwhinger's reimplementation.
	Greater Compare = "gt"
	// GreaterEqual erases where map >= delta: the authors' code and wsolevaluation.
	GreaterEqual Compare = "ge"
)

// Choices lists the comparisons.
func (Compare) Choices() []string { return []string{string(Greater), string(GreaterEqual)} }

// Over reports whether a value of the map is erased at delta. Both are float32, as the network
// compares them; NaN is never erased.
func (c Compare) Over(v, delta float32) bool {
	return v > delta || v == delta && c == GreaterEqual
}
