package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

func (p *Backend) classMap(s kernel.ClassMap) *backend.Routine {
	n, k, hw := s.Maps[0], s.Maps[1], s.Maps[2]*s.Maps[3]
	var y, maps, labels []float32
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dst := y[i*hw:][:hw]
			at, ok := classOf(labels[i], k)
			for j := range dst {
				dst[j] = maps[(i*hw+j)*k+at]
				if !ok {
					dst[j] = float32(math.NaN())
				}
			}
			if ok {
				minMax(dst)
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, plain}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, maps, labels = out, in[0], in[1]
			p.Parallel(n, rowGrain(hw), body)
		},
	}
}

// classOf reads a class index in [0,k) that is stored as a float32.
func classOf(label float32, k int) (int, bool) {
	if !(label >= 0 && label < float32(k)) || label != float32(int(label)) {
		return 0, false
	}
	return int(label), true
}

// minMax scales a map to [0,1]. It clears a map that cannot be scaled: a constant one, or one with
// a NaN or an infinity.
func minMax(m []float32) {
	lo, hi := m[0], m[0]
	for _, v := range m {
		lo, hi = min(lo, v), max(hi, v) // NaN stays
	}
	span := hi - lo
	if !(span > 0) || math.IsInf(float64(lo), 0) || math.IsInf(float64(hi), 0) {
		clear(m)
		return
	}
	if math.IsInf(float64(span), 0) {
		for i, v := range m {
			m[i] = float32((float64(v) - float64(lo)) / (float64(hi) - float64(lo)))
		}
		return
	}
	for i, v := range m {
		m[i] = (v - lo) / span
	}
}

func (p *Backend) erase(s kernel.Erase) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var y, x, m []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			dst := y[r*c:][:c]
			if s.Cmp.Over(m[r], s.Delta) {
				clear(dst)
			} else {
				copy(dst, x[r*c:]) // nothing to do in place
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: nhwc, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x, m = out, in[0], in[1]
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}

func (p *Backend) labelMaps(s kernel.LabelMaps) *backend.Routine {
	n, k, hw := s.Maps[0], s.Maps[1], s.Maps[2]*s.Maps[3]
	var y, maps, targets, one []float32
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dst, m := y[i*hw:][:hw], one[i*hw:][:hw]
			clear(dst)
			for c, t := range targets[i*k:][:k] {
				if !(t > 0) {
					continue
				}
				for j := range m {
					m[j] = maps[(i*hw+j)*k+c]
				}
				minMax(m)
				for j, v := range m {
					dst[j] = max(dst[j], v)
				}
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, plain}, Out: nhwc, InPlace: -1, Scratch: n * hw,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, maps, targets, one = out, in[0], in[1], scratch
			p.Parallel(n, 1, body)
		},
	}
}
