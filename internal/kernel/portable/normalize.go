package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// normalize looks up each value of the images in the table.
func (p *Backend) normalize(s kernel.Normalize) *backend.Routine {
	plane, width := s.H*s.W, s.W
	var y, table []float32
	var x []byte
	body := func(lo, hi int) { // of rows of all images
		r, g, b := table[:256], table[256:512], table[512:768]
		for i := lo; i < hi; i++ {
			src := x[i*3*width:][:3*width]
			at := i/s.H*3*plane + i%s.H*width
			red, green, blue := y[at:][:width], y[at+plane:][:width], y[at+2*plane:][:width]
			for k := range red {
				red[k], green[k], blue[k] = r[src[3*k]], g[src[3*k+1]], b[src[3*k+2]]
			}
		}
	}
	return &backend.Routine{
		In: layouts{backend.Bytes, plain}, Out: plain, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x, table = out, backend.AsBytes(in[0], s.N*3*plane), in[1]
			p.Parallel(s.N*s.H, rowGrain(3*width), body)
		},
	}
}
