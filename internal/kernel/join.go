package kernel

import "fmt"

// Add is the element-wise sum of two tensors of one shape. Dims says how many leading entries of
// Shape count.
type Add struct {
	Dims  int
	Shape Shape4
}

// Validate reports a number of dimensions that Shape does not have.
func (s Add) Validate() error {
	if s.Dims < 0 || s.Dims > len(s.Shape) {
		return fmt.Errorf("add: %d dimensions, want 0 to %d", s.Dims, len(s.Shape))
	}
	return nil
}

func (s Add) In() [][]int { return [][]int{s.Out(), s.Out()} }
func (s Add) Out() []int  { return s.Shape.slice()[:s.Dims] }

// Row takes row I of a (Rows,C) tensor.
type Row struct{ Rows, C, I int }

// Validate reports a row that the tensor does not have.
func (s Row) Validate() error {
	if s.I < 0 || s.I >= s.Rows {
		return fmt.Errorf("row: %d of %d", s.I, s.Rows)
	}
	return nil
}

func (s Row) In() [][]int { return [][]int{{s.Rows, s.C}} }
func (s Row) Out() []int  { return []int{s.C} }

// MaxConcat is how many tensors Concat joins at most.
const MaxConcat = 8

// Concat joins Count tensors (N,Parts[i],H,W) along the channels.
type Concat struct {
	N, H, W int
	Count   int
	Parts   [MaxConcat]int
}

// Validate reports a number of parts that is out of range.
func (s Concat) Validate() error {
	if s.Count < 1 || s.Count > MaxConcat {
		return fmt.Errorf("concat: %d parts, want 1 to %d", s.Count, MaxConcat)
	}
	return nil
}

func (s Concat) In() [][]int {
	in := make([][]int, s.Count)
	for i := range in {
		in[i] = []int{s.N, s.Parts[i], s.H, s.W}
	}
	return in
}

func (s Concat) Out() []int {
	c := 0
	for _, p := range s.Parts[:s.Count] {
		c += p
	}
	return []int{s.N, c, s.H, s.W}
}

// ChannelSlice takes channels [From,To) of an (N,C,H,W) tensor.
type ChannelSlice struct {
	X        Shape4
	From, To int
}

// Validate reports a range of channels that the tensor does not have.
func (s ChannelSlice) Validate() error {
	if s.From < 0 || s.To <= s.From || s.To > s.X[1] {
		return fmt.Errorf("channel slice: [%d,%d) of %d channels", s.From, s.To, s.X[1])
	}
	return nil
}

func (s ChannelSlice) In() [][]int { return [][]int{s.X.slice()} }
func (s ChannelSlice) Out() []int  { return []int{s.X[0], s.To - s.From, s.X[2], s.X[3]} }
