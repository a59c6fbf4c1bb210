package cam

import "math"

// ruleBins is how many levels of a map the rules tell apart.
const ruleBins = 256

// histogram counts a map's values, divided by the map's maximum, in ruleBins levels from 0 to 1.
// Values below 0 count as 0. It is nil for a map whose maximum is not a positive number.
func histogram(m Map) []int {
	top := m.Max()
	if !(top > 0) || math.IsInf(top, 1) {
		return nil
	}
	counts := make([]int, ruleBins)
	for _, v := range m.V {
		counts[min(max(int(v/top*ruleBins), 0), ruleBins-1)]++
	}
	return counts
}

// level returns the fraction of the maximum at which bin i begins.
func level(i int) float64 { return float64(i) / ruleBins }

// Otsu returns Otsu's threshold of a map as a fraction of its maximum: of 256 levels the one that
// separates the values into the two classes whose means lie farthest apart, by their variance
// between classes (Otsu, IEEE Trans. SMC 9, 1979, equation 18). Of equally good levels it is the
// middle one. It is 0 for a map without a positive maximum, and for one whose values are all in
// one level.
func Otsu(m Map) float64 {
	counts := histogram(m)
	var n, sum float64
	for i, c := range counts {
		n += float64(c)
		sum += float64(i) * float64(c)
	}
	first, last, best := 0, 0, 0.0
	var below, belowSum float64
	for i := 1; i < len(counts); i++ {
		below += float64(counts[i-1])
		belowSum += float64(i-1) * float64(counts[i-1])
		above := n - below
		if below == 0 || above == 0 {
			continue
		}
		d := belowSum/below - (sum-belowSum)/above
		switch between := below * above * d * d; {
		case between > best:
			first, last, best = i, i, between
		case between == best:
			last = i
		}
	}
	return level((first + last) / 2)
}

// EnergyShare returns the highest of 256 levels of a map, as a fraction of its maximum, such that
// the pixels above it hold at least a share of the sum of the map's values. It is 0 for a map
// without a positive maximum.
func EnergyShare(m Map, share float64) float64 {
	counts := histogram(m)
	total, held := 0.0, 0.0
	for i, c := range counts {
		total += (float64(i) + 0.5) * float64(c)
	}
	for i := len(counts) - 1; i > 0; i-- {
		held += (float64(i) + 0.5) * float64(counts[i])
		if held >= share*total {
			return level(i)
		}
	}
	return 0
}

// MeanLevel returns a multiple of the mean of a map as a fraction of its maximum, 0 for a map
// without a positive maximum.
func MeanLevel(m Map, times float64) float64 {
	top := m.Max()
	if !(top > 0) || math.IsInf(top, 1) {
		return 0
	}
	sum := 0.0
	for _, v := range m.V {
		sum += v / top
	}
	return min(max(times*sum/float64(len(m.V)), 0), level(ruleBins-1))
}
