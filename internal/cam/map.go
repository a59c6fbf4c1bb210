// Package cam turns class activation maps into score maps and score maps into
// boxes, by the rules of the wsolevaluation code (Choe et al., "Evaluating
// Weakly Supervised Object Localization Methods Right", CVPR 2020).
//
// Where a rule looks odd, as the boxes that end one pixel too far do, it is odd
// in the reference too and kept, since published figures depend on it.
package cam

import (
	"fmt"
	"math"
)

// Map is a class activation map or a score map: axes (H,W), row-major, float64.
// A score map is one normalised to [0,1].
type Map struct {
	H, W int
	V    []float64
	// At says where the positions lie on what the map is of, for a map that is not spread over it
	// evenly. Resizing takes it into account, and gives maps that are.
	At Grid
}

// Grid is where the rows and the columns of a map lie. The zero Grid spreads them evenly.
type Grid struct{ Y, X Axis }

// Axis is where the positions of one axis have their centres: the first at First, the others Step
// apart, in units of the whole side. n positions that are spread evenly have 0.5/n and 1/n. The
// zero Axis stands for those.
type Axis struct{ First, Step float64 }

// Mirrored is the axis of n positions in the opposite order.
func (a Axis) Mirrored(n int) Axis {
	if a == (Axis{}) {
		return a
	}
	return Axis{1 - (a.First + float64(n-1)*a.Step), a.Step}
}

// Nearest is the one of n positions, which do not lie evenly, whose centre is nearest to a place of
// the side, from 0 to 1.
func (a Axis) Nearest(place float64, n int) int {
	return min(max(int(math.Round((place-a.First)/a.Step)), 0), n-1)
}

// New returns a map of zeros; a size below 1 gives the empty map.
func New(h, w int) Map {
	if h < 1 || w < 1 {
		return Map{}
	}
	return Map{H: h, W: w, V: make([]float64, h*w)}
}

// FromFloat32 copies v, axes (h,w) row-major, into a map.
func FromFloat32(h, w int, v []float32) (Map, error) {
	if err := checkShape(h, w, len(v)); err != nil {
		return Map{}, err
	}
	m := New(h, w)
	for i, x := range v {
		m.V[i] = float64(x)
	}
	return m, nil
}

// Clone returns a copy that shares nothing with m.
func (m Map) Clone() Map {
	m.V = append([]float64(nil), m.V...)
	return m
}

// Max returns the largest value: NaN where the map holds one, minus infinity where it is empty.
func (m Map) Max() float64 {
	top := math.Inf(-1)
	for _, v := range m.V {
		top = max(top, v)
	}
	return top
}

// check reports what is wrong with the shape: a map without pixels, or one with another number of
// values than its sides say.
func (m Map) check() error { return checkShape(m.H, m.W, len(m.V)) }

func checkShape(h, w, n int) error {
	if h < 1 || w < 1 {
		return fmt.Errorf("map of %dx%d: sides must be at least 1", h, w)
	}
	if n%h != 0 || n/h != w {
		return fmt.Errorf("map of %dx%d: %d values", h, w, n)
	}
	return nil
}

// State is what Normalize found a map to be.
type State int

// The states of a map.
const (
	// OK is a map that has a scale.
	OK State = iota
	// Constant is a map whose values are all equal.
	Constant
	// NaN is a map that holds a NaN or an infinity, or spans more than a float64 can hold.
	NaN
)

// String returns the state in lower case.
func (s State) String() string {
	switch s {
	case OK:
		return "ok"
	case Constant:
		return "constant"
	case NaN:
		return "nan"
	}
	return fmt.Sprintf("State(%d)", int(s))
}

// Normalize maps m onto [0,1] in place as (c-min)/max(c-min), wsolevaluation's
// normalize_scoremap. A map that is not OK becomes all zeros: the reference does so
// for a constant map and for one with a NaN; infinities, which it would turn
// into NaN, are treated alike here. The empty map is Constant.
func Normalize(m Map) State {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range m.V {
		lo, hi = min(lo, v), max(hi, v)
	}
	span := hi - lo
	switch {
	case len(m.V) == 0:
		return Constant
	case math.IsNaN(span) || math.IsInf(span, 0):
		clear(m.V)
		return NaN
	case span == 0:
		clear(m.V)
		return Constant
	}
	for i, v := range m.V {
		m.V[i] = (v - lo) / span
	}
	return OK
}

// Fuse sets dst to the element-wise maximum of maps, ACoL's fusion (section 3.2
// of the paper). A NaN in any map is kept, so that it is counted and not
// hidden. dst may be one of maps.
func Fuse(dst Map, maps ...Map) error {
	if len(maps) == 0 {
		return fmt.Errorf("fusing maps: none given")
	}
	for i, m := range maps {
		if m.H != dst.H || m.W != dst.W || len(m.V) != len(dst.V) {
			return fmt.Errorf("fusing maps: map %d is %dx%d (%d values), want %dx%d (%d)",
				i, m.H, m.W, len(m.V), dst.H, dst.W, len(dst.V))
		}
	}
	for p := range dst.V {
		v := maps[0].V[p]
		for _, m := range maps[1:] {
			v = max(v, m.V[p])
		}
		dst.V[p] = v
	}
	return nil
}

// Erased returns a mask of m's positions, axes (H,W) row-major: those whose value is over delta.
// The comparison is the caller's (kernel.Compare.Over); it sees both numbers rounded to float32,
// as the network compares them.
func Erased(m Map, delta float64, over func(v, delta float32) bool) []bool {
	out := make([]bool, len(m.V))
	for i, v := range m.V {
		out[i] = over(float32(v), float32(delta))
	}
	return out
}
