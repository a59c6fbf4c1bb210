//go:build amd64 && !purego

package portable

//go:noescape
func reluAVX2(y, x []float32)

//go:noescape
func reluBackAVX2(dx, y, dy []float32)

//go:noescape
func addAVX2(z, x, y []float32)

//go:noescape
func maxWindowAVX2(y, x []float32, kh, kw, step, line int)

//go:noescape
func maxWindowBackAVX2(dx, x, dy []float32, kh, kw, step, line, r0, r1 int)

//go:noescape
func copyRowsAVX2(dst []float32, ldDst int, src []float32, ldSrc, n, rows int)

//go:noescape
func transpose8AVX2(dst []float32, ldDst int, src []float32, ldSrc int)

//go:noescape
func affineAVX2(y, x, mean, scale, shift []float32)

//go:noescape
func blendAVX2(dx, dy, x, mean, kdy, kx, shift []float32)

//go:noescape
func scaleAVX2(y, x, scale []float32)

//go:noescape
func sumAVX2(acc, x []float32)

//go:noescape
func sqdevAVX2(acc, x, mean []float32)

//go:noescape
func dotAVX2(acc, accDy, dy, x, mean []float32)

// avx2Vectors sends whole vectors to the assembly and the rest to Go. A loop over rows runs in Go
// as a whole where a row does not consist of whole vectors.
var avx2Vectors = vectors{
	relu: func(y, x []float32) {
		n := len(x) &^ 7
		reluAVX2(y[:n], x[:n])
		reluGo(y[n:], x[n:])
	},
	reluBack: func(dx, y, dy []float32) {
		n := len(y) &^ 7
		reluBackAVX2(dx[:n], y[:n], dy[:n])
		reluBackGo(dx[n:], y[n:], dy[n:])
	},
	add: func(z, x, y []float32) {
		n := len(x) &^ 7
		addAVX2(z[:n], x[:n], y[:n])
		addGo(z[n:], x[n:], y[n:])
	},
	maxWindow: func(y, x []float32, kh, kw, step, line int) {
		n := len(y) &^ 7
		maxWindowAVX2(y[:n], x, kh, kw, step, line)
		if n < len(y) {
			maxWindowGo(y[n:], x[n:], kh, kw, step, line)
		}
	},
	maxWindowBack: func(dx, x, dy []float32, kh, kw, step, line, r0, r1 int) {
		n := len(dy) &^ 7
		maxWindowBackAVX2(dx, x, dy[:n], kh, kw, step, line, r0, r1)
		if n < len(dy) {
			maxWindowBackGo(dx[n:], x[n:], dy[n:], kh, kw, step, line, r0, r1)
		}
	},
	copyRows: func(dst []float32, ldDst int, src []float32, ldSrc, n, rows int) {
		if n < 8 {
			copyRowsGo(dst, ldDst, src, ldSrc, n, rows)
			return
		}
		_, _ = dst[(rows-1)*ldDst+n-1], src[(rows-1)*ldSrc+n-1]
		copyRowsAVX2(dst, ldDst, src, ldSrc, n, rows)
	},
	transpose8: transpose8AVX2,
	affine: func(y, x, mean, scale, shift []float32) {
		if len(mean)%8 != 0 {
			affineGo(y, x, mean, scale, shift)
			return
		}
		affineAVX2(y, x, mean, scale, shift)
	},
	blend: func(dx, dy, x, mean, kdy, kx, shift []float32) {
		if len(mean)%8 != 0 {
			blendGo(dx, dy, x, mean, kdy, kx, shift)
			return
		}
		blendAVX2(dx, dy, x, mean, kdy, kx, shift)
	},
	scale: func(y, x, scale []float32) {
		if len(scale)%8 != 0 {
			scaleGo(y, x, scale)
			return
		}
		scaleAVX2(y, x, scale)
	},
	sum: func(acc, x []float32) {
		if len(acc)%8 != 0 {
			sumGo(acc, x)
			return
		}
		sumAVX2(acc, x)
	},
	sqdev: func(acc, x, mean []float32) {
		if len(acc)%8 != 0 {
			sqdevGo(acc, x, mean)
			return
		}
		sqdevAVX2(acc, x, mean)
	},
	dot: func(acc, accDy, dy, x, mean []float32) {
		if len(acc)%8 != 0 {
			dotGo(acc, accDy, dy, x, mean)
			return
		}
		dotAVX2(acc, accDy, dy, x, mean)
	},
}
