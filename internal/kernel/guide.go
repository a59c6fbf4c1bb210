package kernel

// Bilinear resizes every channel of x (N,C,H,W) to OutH x OutW by bilinear interpolation between
// the centres of pixels, as torch.nn.Upsample(mode="bilinear", align_corners=False) does. Outside
// of the outermost centres the value stays that of the nearest pixel.
type Bilinear struct {
	X          Shape4
	OutH, OutW int
}

// Between says which two inputs along an axis an output lies between, and what it takes of each.
type Between struct {
	At   [2]int
	Take [2]float32
}

// Betweens lists for Bilinear where each of out outputs along an axis lies among in inputs.
func Betweens(in, out int) []Between {
	list := make([]Between, out)
	for i := range list {
		at := max(0, (float64(i)+0.5)*float64(in)/float64(out)-0.5)
		first := min(int(at), in-1)
		part := float32(at - float64(first))
		list[i] = Between{[2]int{first, min(first+1, in-1)}, [2]float32{1 - part, part}}
	}
	return list
}

// BilinearBack is the gradient of Bilinear with respect to x. Input: dy (N,C,OutH,OutW).
type BilinearBack struct{ Bilinear }

// GuideMask cuts attention maps into what they are sure of (Zhang et al. 2018, Self-produced
// Guidance, https://arxiv.org/abs/1807.08902). Input: a (N,1,H,W). Output, of the same shape: 0,
// background, where a < Low; else 1, object, where a > High; else GuideIgnored. Where fewer than
// GuideLeast positions of an image are over High, the object is instead what is over GuideShare of
// the image's largest a. Comparisons with a NaN are false, and it is ignored.
type GuideMask struct {
	N, H, W   int
	Low, High float32
}

// The constants of GuideMask, which are those of the published code.
const (
	GuideIgnored = 255
	GuideLeast   = 30
	GuideShare   = float32(0.7)
)

// GuideLoss is the binary cross-entropy of logits against a mask of GuideMask: the scalar mean of
// log(1+exp(x)) - x*mask over the positions of all images where the mask is below GuideIgnored. It
// is zero where there is no such position. Inputs: logits x and mask, both (N,1,H,W).
type GuideLoss struct{ N, H, W int }

// GuideLossBack is the gradient of GuideLoss with respect to the logits: (sigmoid(x) - mask) * g
// over the number of positions that count, and zero at the others. Inputs: x, mask, g (a scalar).
type GuideLossBack struct{ N, H, W int }

func (s Bilinear) In() [][]int      { return [][]int{s.X.slice()} }
func (s Bilinear) Out() []int       { return []int{s.X[0], s.X[1], s.OutH, s.OutW} }
func (s BilinearBack) In() [][]int  { return [][]int{s.Bilinear.Out()} }
func (s BilinearBack) Out() []int   { return s.X.slice() }
func (s GuideMask) In() [][]int     { return [][]int{{s.N, 1, s.H, s.W}} }
func (s GuideMask) Out() []int      { return []int{s.N, 1, s.H, s.W} }
func (s GuideLoss) In() [][]int     { return [][]int{{s.N, 1, s.H, s.W}, {s.N, 1, s.H, s.W}} }
func (s GuideLoss) Out() []int      { return nil }
func (s GuideLossBack) In() [][]int { return append(GuideLoss(s).In(), []int{}) }
func (s GuideLossBack) Out() []int  { return []int{s.N, 1, s.H, s.W} }
