package kernel

import "fmt"

// PoolGeom is the geometry of a window that slides over each channel. OH and OW are given, since
// a pool in ceil mode differs from one in floor mode in them alone: a window may reach beyond the
// right and lower padding, where nothing counts.
type PoolGeom struct {
	N, C, H, W       int
	KH, KW           int
	StrideH, StrideW int
	PadH, PadW       int
	OH, OW           int
}

func (g PoolGeom) x() []int { return []int{g.N, g.C, g.H, g.W} }
func (g PoolGeom) y() []int { return []int{g.N, g.C, g.OH, g.OW} }

// Validate reports a window, stride or padding that is out of range.
func (g PoolGeom) Validate() error {
	if g.KH <= 0 || g.KW <= 0 || g.StrideH <= 0 || g.StrideW <= 0 || g.PadH < 0 || g.PadW < 0 {
		return fmt.Errorf("pool %+v: windows and strides must be positive, padding not negative", g)
	}
	return nil
}

// MaxPool is the maximum of each window. Padding counts as minus infinity; NaN wins.
type MaxPool struct{ PoolGeom }

// MaxPoolBack is the gradient of MaxPool: dy goes to the first maximum of each window in raster
// order, or to its last NaN, as in PyTorch. Inputs: x, dy.
type MaxPoolBack struct{ PoolGeom }

// AvgPool is the mean of each window. The divisor is KH*KW everywhere, padding counting as zeros
// (count_include_pad in PyTorch).
type AvgPool struct{ PoolGeom }

// AvgPoolBack is the gradient of AvgPool. Input: dy.
type AvgPoolBack struct{ PoolGeom }

// GlobalAvgPool is the mean over H and W: (N,C,H,W) to (N,C).
type GlobalAvgPool struct{ X Shape4 }

// GlobalAvgPoolBack is the gradient of GlobalAvgPool: (N,C) to (N,C,H,W).
type GlobalAvgPoolBack struct{ X Shape4 }

func (s MaxPool) In() [][]int           { return [][]int{s.x()} }
func (s MaxPool) Out() []int            { return s.y() }
func (s MaxPoolBack) In() [][]int       { return [][]int{s.x(), s.y()} }
func (s MaxPoolBack) Out() []int        { return s.x() }
func (s AvgPool) In() [][]int           { return [][]int{s.x()} }
func (s AvgPool) Out() []int            { return s.y() }
func (s AvgPoolBack) In() [][]int       { return [][]int{s.y()} }
func (s AvgPoolBack) Out() []int        { return s.x() }
func (s GlobalAvgPool) In() [][]int     { return [][]int{s.X.slice()} }
func (s GlobalAvgPool) Out() []int      { return []int{s.X[0], s.X[1]} }
func (s GlobalAvgPoolBack) In() [][]int { return [][]int{{s.X[0], s.X[1]}} }
func (s GlobalAvgPoolBack) Out() []int  { return s.X.slice() }
