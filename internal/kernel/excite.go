package kernel

// ScaleChannels is y = x*s with one factor for each image and channel (squeeze and excite, Hu et
// al. 2017, arXiv 1709.01507): inputs x (N,C,H,W), s (N,C,1,1). It is its own gradient with respect to x.
type ScaleChannels struct{ X Shape4 }

// ScaleChannelsBack is the gradient of s, the sum of x*dy over H and W: inputs x, dy; output (N,C,1,1).
type ScaleChannelsBack struct{ X Shape4 }

func (s ScaleChannels) In() [][]int     { return [][]int{s.X.slice(), {s.X[0], s.X[1], 1, 1}} }
func (s ScaleChannels) Out() []int      { return s.X.slice() }
func (s ScaleChannelsBack) In() [][]int { return [][]int{s.X.slice(), s.X.slice()} }
func (s ScaleChannelsBack) Out() []int  { return []int{s.X[0], s.X[1], 1, 1} }

func (p *Portable) scaleChannels(s ScaleChannels) *Step {
	c, hw := s.X[1], s.X[2]*s.X[3]
	var y, x, factors []float32
	body := func(lo, hi int) {
		for lo < hi {
			end := min((lo/hw+1)*hw, hi) // of the image
			p.isa.vec.scale(y[lo*c:end*c], x[lo*c:end*c], factors[lo/hw*c:][:c])
			lo = end
		}
	}
	return &Step{In: []Layout{NHWC, NHWC}, Out: NHWC, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		y, x, factors = out, in[0], in[1]
		p.Parallel(s.X[0]*hw, rowGrain(c), body)
	}}
}

func (p *Portable) scaleChannelsBack(s ScaleChannelsBack) *Step {
	c, hw := s.X[1], s.X[2]*s.X[3]
	rows := directLoopsOf(p.isa).rows
	var ds, x, dy []float32
	body := func(lo, hi int) {
		for n := lo; n < hi; n++ {
			acc := ds[n*c:][:c]
			clear(acc)
			for r := 0; r < hw; r += maxBlockRows { // short sums first
				at := (n*hw + r) * c
				rows(acc, x[at:], dy[at:], c, c, min(maxBlockRows, hw-r))
			}
		}
	}
	return &Step{In: []Layout{NHWC, NHWC}, Out: NHWC, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		ds, x, dy = out, in[0], in[1]
		p.Parallel(s.X[0], 1, body)
	}}
}
