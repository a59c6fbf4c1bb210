package kernel

import "fmt"

// Joint is a Spec that several processes, or several devices of one, compute together, each of
// which has a part of a batch. Between processes the executor computes it, and not a backend; a
// backend that compiles whole graphs computes it between the replicas of a graph.
type Joint interface {
	Spec
	// Same says whether all of them get the same value. Else each gets a value of its own part.
	Same() bool
}

// PartSum is the sum of a value over all parts of a batch, in float32. Input: the summand of the
// part that is at hand.
type PartSum struct{ Tensor }

// PartStats is the batch statistics (2,C) of a whole batch, in the form of NormStats. Input: those
// of the part of the batch that is at hand, of which Share is the share of the images.
type PartStats struct {
	C     int
	Share float32
}

// PartSums is the sums (2,C) over a whole batch, times Share. Input: those over the part of the
// batch that is at hand, of which Share is the share of the images. It makes a mean over the part
// one over the whole batch: where the sums of NormBackParams are divided by the number of values of
// the part, as NormBackData does, PartSums of them gives what the whole batch would.
type PartSums struct {
	C     int
	Share float32
}

// PartMean makes a mean over positions of a part of a batch its summand of the mean over those of
// the whole batch: times the number of positions of the part that count, over that of all parts.
// Those count where a mask of GuideMask is below GuideIgnored; at least one is taken to. Inputs:
// the mask (N,1,H,W) of the part and the mean, a scalar.
type PartMean struct{ N, H, W int }

// Same is true of a sum.
func (PartSum) Same() bool { return true }

// Same is true of statistics of the whole batch.
func (PartStats) Same() bool { return true }

// Same is true of sums over the whole batch.
func (PartSums) Same() bool { return true }

// Same is false of what is one part's summand.
func (PartMean) Same() bool { return false }

// Validate reports a share that is none.
func (s PartStats) Validate() error { return validateShare(s.Share) }

// Validate reports a share that is none.
func (s PartSums) Validate() error { return validateShare(s.Share) }

func validateShare(share float32) error {
	if !(share > 0 && share <= 1) {
		return fmt.Errorf("part of a batch: share %g is not above 0 and at most 1", share)
	}
	return nil
}

func (s PartSum) In() [][]int   { return [][]int{s.shape()} }
func (s PartSum) Out() []int    { return s.shape() }
func (s PartStats) In() [][]int { return [][]int{{2, s.C}} }
func (s PartStats) Out() []int  { return []int{2, s.C} }
func (s PartSums) In() [][]int  { return [][]int{{2, s.C}} }
func (s PartSums) Out() []int   { return []int{2, s.C} }

func (s PartMean) In() [][]int { return [][]int{{s.N, 1, s.H, s.W}, {}} }
func (s PartMean) Out() []int  { return nil }
