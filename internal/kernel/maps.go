package kernel

import (
	"fmt"
	"slices"
	"strings"
)

// ClassMap is the class activation map of one class for each image: channel labels[n] of maps,
// min-max normalised over H and W. Inputs: maps (N,K,H,W), labels (N), class indices stored as
// float32. Output: (N,1,H,W) in [0,1]. A map that is constant, or holds a NaN or an infinity,
// becomes all zeros; a label that is no class index gives NaN.
type ClassMap struct{ Maps Shape4 }

// LabelMaps joins the class activation maps of all labels of an image: the maximum over the
// channels j with targets[n][j] > 0 of maps, each min-max normalised as ClassMap does. Inputs:
// maps (N,K,H,W), targets (N,K). Output: (N,1,H,W), zeros where an image has no label.
type LabelMaps struct{ Maps Shape4 }

// Erase is y = 0 in all channels where the map compares over Delta, and y = x elsewhere. Inputs:
// x (N,C,H,W), map (N,1,H,W). It is its own gradient with respect to x; the map is a constant
// (Zhang et al. 2018, section 3.2, https://arxiv.org/abs/1804.06962).
type Erase struct {
	X     Shape4
	Delta float32
	Cmp   Compare
}

// Validate reports a comparison that there is not.
func (s Erase) Validate() error {
	if !slices.Contains(s.Cmp.Choices(), string(s.Cmp)) {
		return fmt.Errorf("erase: comparison %q is not one of %s", s.Cmp,
			strings.Join(s.Cmp.Choices(), ", "))
	}
	return nil
}

func (s ClassMap) In() [][]int  { return [][]int{s.Maps.slice(), {s.Maps[0]}} }
func (s ClassMap) Out() []int   { return []int{s.Maps[0], 1, s.Maps[2], s.Maps[3]} }
func (s LabelMaps) In() [][]int { return [][]int{s.Maps.slice(), {s.Maps[0], s.Maps[1]}} }
func (s LabelMaps) Out() []int  { return []int{s.Maps[0], 1, s.Maps[2], s.Maps[3]} }
func (s Erase) In() [][]int     { return [][]int{s.X.slice(), {s.X[0], 1, s.X[2], s.X[3]}} }
func (s Erase) Out() []int      { return s.X.slice() }
