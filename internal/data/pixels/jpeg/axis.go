package jpeg

// Axis is how the rows or the columns of a picture are resized.
type Axis struct {
	// N is the number of results, and Most the largest number of weights of one, made even.
	N, Most int
	// Results has 2+Most numbers for each result: the first input, the number of weights, and the
	// weights in units of 2^-22, filled up with zeros. First and last inputs never go down.
	Results []int32
}
