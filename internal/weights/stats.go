package weights

import "math"

// Stats describes the elements of a tensor. Min, Max and Mean are over the finite ones; all three
// are 0 where there is no finite element.
type Stats struct {
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Mean   float64 `json:"mean"`
	Finite int     `json:"finite"`
	NaN    int     `json:"nan"`
	Inf    int     `json:"inf"` // of either sign
}

// Stats computes the statistics of t in float64. It is an error if DType, Shape and Raw disagree.
func (t Tensor) Stats() (Stats, error) {
	if err := t.check(); err != nil {
		return Stats{}, err
	}
	s := Stats{Min: math.Inf(1), Max: math.Inf(-1)}
	for i := range t.Len() {
		v := t.at(i)
		switch {
		case math.IsNaN(v):
			s.NaN++
			continue
		case math.IsInf(v, 0):
			s.Inf++
			continue
		}
		s.Finite++
		s.Min, s.Max = min(s.Min, v), max(s.Max, v)
		n := float64(s.Finite)
		s.Mean += v/n - s.Mean/n // a running mean: a sum of large float64s could overflow
	}
	if s.Finite == 0 {
		s.Min, s.Max = 0, 0
	}
	return s, nil
}
