//go:build amd64 && !purego

package kernel

//go:noescape
func reluAVX2(y, x []float32)

//go:noescape
func reluBackAVX2(dx, y, dy []float32)

//go:noescape
func addAVX2(z, x, y []float32)

//go:noescape
func maxAVX2(z, x, y []float32)

//go:noescape
func argmaxAVX2(best, arg, x []float32, index float32)

//go:noescape
func addWhereAVX2(z, x, arg []float32, index float32)

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

// avx2Vectors sends whole vectors to the assembly and the rest to Go; loops over rows
// go to Go altogether where a row is not of whole vectors.
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
	max: func(z, x, y []float32) {
		n := len(x) &^ 7
		maxAVX2(z[:n], x[:n], y[:n])
		maxGo(z[n:], x[n:], y[n:])
	},
	argmax: func(best, arg, x []float32, index float32) {
		n := len(x) &^ 7
		argmaxAVX2(best[:n], arg[:n], x[:n], index)
		argmaxGo(best[n:], arg[n:], x[n:], index)
	},
	addWhere: func(z, x, arg []float32, index float32) {
		n := len(x) &^ 7
		addWhereAVX2(z[:n], x[:n], arg[:n], index)
		addWhereGo(z[n:], x[n:], arg[n:], index)
	},
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
