//go:build amd64 && !purego

package portable

//go:noescape
func tapsAVX2(y, x, w, bias *float32, offsets *int, n, c int)

//go:noescape
func rowsAVX2(acc, x, dy *float32, ldX, ldY, n, c int)

//go:noescape
func relu6AVX2(y, x []float32)

//go:noescape
func relu6BackAVX2(dx, y, dy []float32)

// directLoopsOf gives the loops of an instruction set.
func directLoopsOf(is *isa) directLoops {
	if is.name == goISA.name {
		return goDirect
	}
	return avx2Direct
}

// avx2Direct sends whole vectors to the assembly and the rest to Go.
var avx2Direct = directLoops{
	taps: func(y, x, w, bias []float32, offsets []int) {
		c := len(y) &^ 7
		if c > 0 && len(offsets) > 0 {
			tapsAVX2(&y[0], &x[0], &w[0], &bias[0], &offsets[0], len(offsets)/2, c)
		} else {
			copy(y[:c], bias)
		}
		if c < len(y) {
			tapsGo(y[c:], x[c:], w[c:], bias[c:], offsets)
		}
	},
	rows: func(acc, x, dy []float32, ldX, ldY, n int) {
		c := len(acc) &^ 7
		if c > 0 {
			_, _ = x[(n-1)*ldX+c-1], dy[(n-1)*ldY+c-1]
			rowsAVX2(&acc[0], &x[0], &dy[0], ldX*4, ldY*4, n, c)
		}
		if c < len(acc) {
			rowsGo(acc[c:], x[c:], dy[c:], ldX, ldY, n)
		}
	},
	relu6: func(y, x []float32) {
		n := len(x) &^ 7
		relu6AVX2(y[:n], x[:n])
		relu6Go(y[n:], x[n:])
	},
	relu6Back: func(dx, y, dy []float32) {
		n := len(y) &^ 7
		relu6BackAVX2(dx[:n], y[:n], dy[:n])
		relu6BackGo(dx[n:], y[n:], dy[n:])
	},
}
