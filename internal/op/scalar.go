package op

import (
	"unsafe"

	G "gorgonia.org/gorgonia"
)

// scalar views Gorgonia's boxed float32 as memory, since results are written into it.
func scalar(f *G.F32) []float32 { return unsafe.Slice((*float32)(f), 1) }
