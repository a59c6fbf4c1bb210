package engine

import (
	"fmt"
	"time"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// peakProduct is a product of matrices of 2048x1024 and 1024x1024 values, which every backend
// computes at about its highest rate.
var peakProduct = kernel.ConvGeom{
	N: 1, C: 1024, H: 32, W: 64, O: 1024, KH: 1, KW: 1,
	StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1,
}

// peakRuns is how often the product is measured; the best run counts.
const peakRuns = 12

// MeasurePeak measures how many floating-point operations a second the kernels reach on this
// machine in one large matrix product. A profile compares the rates of layers with it.
func (e *Engine) MeasurePeak() (flops float64, err error) {
	err = e.do(func() error {
		spec := kernel.Conv{ConvGeom: peakProduct}
		r, err := e.backend.Compile(spec, []backend.Layout{backend.Plain, backend.Plain})
		if err != nil {
			return fmt.Errorf("measuring the peak: %w", err)
		}
		in := make([][]float32, len(r.In))
		for i, shape := range spec.In() {
			in[i] = alloc(e.backend.Size(shape, r.In[i]))
			for j := range in[i] {
				in[i][j] = float32(j%13) / 16
			}
		}
		out, scratch := alloc(e.backend.Size(spec.Out(), r.Out)), alloc(r.Scratch)
		for range peakRuns {
			since := time.Now()
			r.Run(out, in, scratch)
			flops = max(flops, float64(kernel.FLOPs(spec))/time.Since(since).Seconds())
		}
		return nil
	})
	return flops, err
}
