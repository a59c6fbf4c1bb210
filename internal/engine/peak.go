package engine

import (
	"fmt"
	"time"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// peakProduct is a matrix product of 2048x1024 by 1024x1024 values, which
// every kernel computes about as fast as it can.
var peakProduct = kernel.ConvGeom{
	N: 1, C: 1024, H: 32, W: 64, O: 1024, KH: 1, KW: 1,
	StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1,
}

// peakRuns is how often it is measured; the best counts.
const peakRuns = 12

// MeasurePeak is how many floating-point operations a second the kernels reach here in one
// large matrix product: what the layers' rates are held against.
func (e *Engine) MeasurePeak() (flops float64, err error) {
	err = e.do(func() error {
		spec := kernel.Conv{ConvGeom: peakProduct}
		step, err := e.backend.Compile(spec, []backend.Layout{backend.Plain, backend.Plain})
		if err != nil {
			return fmt.Errorf("measuring the peak: %w", err)
		}
		in := make([][]float32, len(step.In))
		for i, shape := range spec.In() {
			in[i] = alloc(e.backend.Size(shape, step.In[i]))
			for j := range in[i] {
				in[i][j] = float32(j%13) / 16
			}
		}
		out, scratch := alloc(e.backend.Size(spec.Out(), step.Out)), alloc(step.Scratch)
		for range peakRuns {
			since := time.Now()
			step.Run(out, in, scratch)
			flops = max(flops, float64(kernel.FLOPs(spec))/time.Since(since).Seconds())
		}
		return nil
	})
	return flops, err
}
