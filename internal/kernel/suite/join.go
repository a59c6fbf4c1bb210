package suite

import "acol/internal/kernel"

var joins = family{cases: joinCases, large: []kernel.Spec{
	kernel.Add{Dims: 4, Shape: largeShape}, kernel.Row{Rows: 2, C: 64, I: 1},
	kernel.Concat{N: 4, H: 27, W: 27, Count: 2, Parts: [kernel.MaxConcat]int{30, 50}},
	kernel.ChannelSlice{X: largeShape, From: 3, To: 60},
}, reference: joinReference}

func joinCases() []kernel.Spec {
	specs := []kernel.Spec{kernel.Row{Rows: 2, C: 5, I: 1}, kernel.Row{Rows: 2, C: 64, I: 0}}
	for _, x := range activations {
		specs = append(specs, kernel.Add{Dims: 4, Shape: x}, kernel.Add{Dims: 1, Shape: x},
			kernel.Add{Dims: 0, Shape: x})
		if c := x[1]; c > 2 {
			specs = append(specs,
				kernel.ChannelSlice{X: x, From: 1, To: c}, kernel.ChannelSlice{X: x, From: 0,
					To: c - 1}, kernel.ChannelSlice{X: x, From: 1, To: 2},
				kernel.Concat{N: x[0], H: x[2], W: x[3], Count: 3, Parts: [kernel.MaxConcat]int{c, 1, 20}},
				kernel.Concat{N: x[0], H: x[2], W: x[3], Count: 1, Parts: [kernel.MaxConcat]int{c}})
		}
	}
	return specs
}

func joinReference(s kernel.Spec, in [][]float32) []float64 {
	out := make([]float64, kernel.Elements(s.Out()))
	switch s := s.(type) {
	case kernel.Add:
		return Mapped(in[0], func(i int, v float64) float64 { return v + float64(in[1][i]) })
	case kernel.Row:
		for i := range out {
			out[i] = float64(in[0][s.I*s.C+i])
		}
	case kernel.Concat:
		from := 0
		for p, c := range s.Parts[:s.Count] {
			each(kernel.Shape4{s.N, c, s.H, s.W}, func(i, n, j, h, w int) {
				out[at(kernel.Shape4(s.Out()), n, from+j, h, w)] = float64(in[p][i])
			})
			from += c
		}
	case kernel.ChannelSlice:
		each(kernel.Shape4(s.Out()),
			func(i, n, c, h, w int) { out[i] = float64(in[0][at(s.X, n, s.From+c, h, w)]) })
	default:
		return nil
	}
	return out
}
