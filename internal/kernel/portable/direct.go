package portable

// directLoops are the loops over channels of depthwise convolutions, and those of ReLU6.
type directLoops struct {
	// taps computes y[j] = bias[j] + the sum over i of x[xo_i+j]*w[wo_i+j]; offsets holds the pairs
	// (xo, wo) in bytes.
	taps func(y, x, w, bias []float32, offsets []int)
	// rows computes acc[j] += the sum over r < n of x[r*ldX+j]*dy[r*ldY+j].
	rows func(acc, x, dy []float32, ldX, ldY, n int)
	// relu6 computes y = min(max(x, 0), 6), relu6Back dx = dy where 0 < y < 6, else 0.
	relu6     func(y, x []float32)
	relu6Back func(dx, y, dy []float32)
}

var goDirect = directLoops{taps: tapsGo, rows: rowsGo, relu6: relu6Go, relu6Back: relu6BackGo}

func tapsGo(y, x, w, bias []float32, offsets []int) {
	copy(y, bias)
	for i := 0; i < len(offsets); i += 2 {
		xs, ws := x[offsets[i]/4:][:len(y)], w[offsets[i+1]/4:][:len(y)]
		for j, v := range xs {
			y[j] += v * ws[j]
		}
	}
}

func rowsGo(acc, x, dy []float32, ldX, ldY, n int) {
	for j := range acc {
		sum := float32(0)
		for r := range n {
			sum += x[r*ldX+j] * dy[r*ldY+j]
		}
		acc[j] += sum
	}
}

func relu6Go(y, x []float32) {
	for i, v := range x {
		y[i] = min(max(v, 0), 6)
	}
}

func relu6BackGo(dx, y, dy []float32) {
	for i, v := range y {
		g := dy[i]
		if !(v > 0 && v < 6) {
			g = 0
		}
		dx[i] = g
	}
}
