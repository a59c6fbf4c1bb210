package kernel

// Normalize makes a network's input of images of 8 bits: y[n,c,h,w] = table[c][x[n,h,w,c]]. Inputs:
// x (N,H,W,3), one byte a value, and table (3,256), what each value of R, G and B becomes. Output:
// (N,3,H,W). It has no gradient.
type Normalize struct{ N, H, W int }

// ByteValues is how many values a byte has.
const ByteValues = 256

func (s Normalize) In() [][]int { return [][]int{{s.N, s.H, s.W, 3}, {3, ByteValues}} }
func (s Normalize) Out() []int  { return []int{s.N, 3, s.H, s.W} }

// ReadsBytes says whether input i of a Spec has a byte a value. All others are float32.
func ReadsBytes(s Spec, i int) bool {
	_, ok := s.(Normalize)
	return ok && i == 0
}
