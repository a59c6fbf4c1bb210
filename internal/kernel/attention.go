package kernel

import "fmt"

// ScaleChannels multiplies x by one factor for each image and channel: the excitation of a
// squeeze-and-excite block (Hu et al. 2017, https://arxiv.org/abs/1709.01507). Inputs:
// x (N,C,H,W), s (N,C,1,1). It is its own gradient with respect to x.
type ScaleChannels struct{ X Shape4 }

// ScaleChannelsBack is the gradient of ScaleChannels with respect to the factors: the sum of x*dy
// over H and W. Inputs: x, dy. Output: (N,C,1,1).
type ScaleChannelsBack struct{ X Shape4 }

func (s ScaleChannels) In() [][]int     { return [][]int{s.X.slice(), {s.X[0], s.X[1], 1, 1}} }
func (s ScaleChannels) Out() []int      { return s.X.slice() }
func (s ScaleChannelsBack) In() [][]int { return [][]int{s.X.slice(), s.X.slice()} }
func (s ScaleChannelsBack) Out() []int  { return []int{s.X[0], s.X[1], 1, 1} }

// AttentionDrop is the attention-based dropout layer in training (Choe and Shim 2019,
// https://arxiv.org/abs/1908.10028): y = x*m. With a the mean over the channels at each position,
// m is either the drop mask, one where a < Threshold * the image's largest a and zero elsewhere,
// or the importance map sigmoid(a). Inputs: x (N,C,H,W) and choice (1), which is 1 for the drop
// mask and 0 for the importance map.
type AttentionDrop struct {
	X         Shape4
	Threshold float32
}

// AttentionDropBack is the gradient of AttentionDrop with respect to x. It flows through the
// importance map, but not through the drop mask. Inputs: x, choice, dy.
type AttentionDropBack struct{ AttentionDrop }

// Validate reports a threshold outside of 0 to 1.
func (s AttentionDrop) Validate() error {
	if !(s.Threshold >= 0 && s.Threshold <= 1) {
		return fmt.Errorf("attention dropout: threshold %g is not in 0 to 1", s.Threshold)
	}
	return nil
}

func (s AttentionDrop) In() [][]int     { return [][]int{s.X.slice(), {1}} }
func (s AttentionDrop) Out() []int      { return s.X.slice() }
func (s AttentionDropBack) In() [][]int { return [][]int{s.X.slice(), {1}, s.X.slice()} }
