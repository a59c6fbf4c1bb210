package viz

import (
	"math"
	"runtime"
	"sync"

	"acol/internal/cam"
)

// taps says which inputs make each output of a one-dimensional resize: output
// i is the sum over k of weight[i*width+k] * input[first[i]+k].
type taps struct {
	width  int
	first  []int
	weight []float32
}

// cubicTaps resizes n samples to m (both >= 1) around half-pixel centres with
// the cubic kernel of A = -0.75, edges replicated. To a larger size that is OpenCV's
// INTER_CUBIC; to a smaller one the kernel is stretched, so that no sample is skipped.
func cubicTaps(n, m int) taps {
	stretch := max(float64(n)/float64(m), 1)
	width := min(int(math.Ceil(4*stretch))+1, n)
	t := taps{width, make([]int, m), make([]float32, m*width)}
	for i := range m {
		centre := (float64(i)+0.5)*float64(n)/float64(m) - 0.5
		low := int(math.Floor(centre-2*stretch)) + 1
		high := int(math.Floor(centre + 2*stretch))
		first := min(max(low, 0), n-width)
		w := t.weight[i*width : (i+1)*width]
		sum := 0.0
		for k := low; k <= high; k++ {
			sum += cubic((float64(k) - centre) / stretch)
		}
		for k := low; k <= high; k++ {
			w[min(max(k, 0), n-1)-first] += float32(cubic((float64(k)-centre)/stretch) / sum)
		}
		t.first[i] = first
	}
	return t
}

// cubic is Keys' kernel with A = -0.75, OpenCV's choice.
func cubic(x float64) float64 {
	const a = -0.75
	x = math.Abs(x)
	switch {
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}

// sampler yields a score map row by row at the size of a picture.
type sampler struct {
	w        int
	vertical taps
	rows     []float32 // the map's rows, resized to the picture's width
}

// newSampler prepares a map for a picture of w x h pixels (both >= 1). Scores are clamped
// to [0,1] and NaN is 0; a map without values or of the wrong length is 0 everywhere.
func newSampler(m cam.Map, w, h int) *sampler {
	if !consistent(m.H, m.W, len(m.V)) {
		m = cam.Map{H: 1, W: 1, V: []float64{0}}
	}
	horizontal := cubicTaps(m.W, w)
	s := &sampler{w: w, vertical: cubicTaps(m.H, h), rows: make([]float32, m.H*w)}
	in := make([]float32, m.W)
	for y := range m.H {
		for x := range in {
			in[x] = float32(unit(m.V[y*m.W+x]))
		}
		out := s.rows[y*w : (y+1)*w]
		for x := range out {
			k := x * horizontal.width
			var sum float32
			for j, c := range horizontal.weight[k : k+horizontal.width] {
				sum += c * in[horizontal.first[x]+j]
			}
			out[x] = sum
		}
	}
	return s
}

// row writes the scores of the picture's row y into dst (w values), clamped to [0,1].
func (s *sampler) row(y int, dst []float32) {
	clear(dst)
	for k, c := range s.vertical.weight[y*s.vertical.width : (y+1)*s.vertical.width] {
		if c == 0 {
			continue
		}
		from := (s.vertical.first[y] + k) * s.w
		in := s.rows[from : from+len(dst)]
		for x, v := range in {
			dst[x] += c * v
		}
	}
	for x, v := range dst {
		dst[x] = min(max(v, 0), 1)
	}
}

// parallelRows calls f on stripes of [0,h) from as many goroutines as there
// are processors, and waits.
func parallelRows(h int, f func(y0, y1 int)) {
	n := min(runtime.GOMAXPROCS(0), h)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i*h/n, (i+1)*h/n) })
	}
	wg.Wait()
}
