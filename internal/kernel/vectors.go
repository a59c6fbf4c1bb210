package kernel

import "math"

// vectors are the loops over memory that are worth an instruction set's own
// version. Slices of one call are equally long unless said otherwise; an output may be
// one of the inputs. The loops over rows walk len(x)/c rows of c channels; what is
// per channel has length c.
type vectors struct {
	relu     func(y, x []float32)      // y = max(x, 0)
	reluBack func(dx, y, dy []float32) // dx = dy where y > 0, else 0
	add      func(z, x, y []float32)   // z = x + y
	max      func(z, x, y []float32)   // z = max(x, y), NaN if either is

	// argmax puts x and index into best and arg where x > best or x is NaN; addWhere is
	// z += x where arg is index.
	argmax   func(best, arg, x []float32, index float32)
	addWhere func(z, x, arg []float32, index float32)

	affine func(y, x, mean, scale, shift []float32)        // rows: y = (x-mean)*scale + shift
	blend  func(dx, dy, x, mean, kdy, kx, shift []float32) // rows: dx = dy*kdy + (x-mean)*kx + shift
	scale  func(y, x, scale []float32)                     // rows: y = x*scale
	sum    func(acc, x []float32)                          // acc = sum over rows of x
	sqdev  func(acc, x, mean []float32)                    // acc = sum over rows of (x-mean)^2
	dot    func(acc, accDy, dy, x, mean []float32)         // acc = sum of dy*(x-mean), accDy = sum of dy
}

var goVectors = vectors{
	relu: reluGo, reluBack: reluBackGo, add: addGo,
	max: maxGo, argmax: argmaxGo, addWhere: addWhereGo,
	affine: affineGo, blend: blendGo, scale: scaleGo, sum: sumGo, sqdev: sqdevGo, dot: dotGo,
}

func reluGo(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = max(v, 0)
	}
}

func reluBackGo(dx, y, dy []float32) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for i, v := range y {
		// Without a branch, since signs are random: v > 0 when its bits less one are under those of +Inf.
		keep := uint32((int64(math.Float32bits(v)-1) - 0x7f800000) >> 63)
		dx[i] = math.Float32frombits(math.Float32bits(dy[i]) & keep)
	}
}

func addGo(z, x, y []float32) {
	z, y = z[:len(x)], y[:len(x)]
	for i, v := range x {
		z[i] = v + y[i]
	}
}

func maxGo(z, x, y []float32) {
	z, y = z[:len(x)], y[:len(x)]
	for i, v := range x {
		z[i] = max(v, y[i])
	}
}

func argmaxGo(best, arg, x []float32, index float32) {
	best, arg = best[:len(x)], arg[:len(x)]
	for i, v := range x {
		if v > best[i] || v != v {
			best[i], arg[i] = v, index
		}
	}
}

func addWhereGo(z, x, arg []float32, index float32) {
	z, arg = z[:len(x)], arg[:len(x)]
	for i, v := range x {
		if arg[i] == index {
			z[i] += v
		}
	}
}

func affineGo(y, x, mean, scale, shift []float32) {
	c := len(mean)
	scale, shift = scale[:c], shift[:c]
	for ; len(x) >= c; x, y = x[c:], y[c:] {
		xr, yr := x[:c], y[:c]
		for i, m := range mean {
			yr[i] = (xr[i]-m)*scale[i] + shift[i]
		}
	}
}

func blendGo(dx, dy, x, mean, kdy, kx, shift []float32) {
	c := len(mean)
	kdy, kx, shift = kdy[:c], kx[:c], shift[:c]
	for ; len(x) >= c; x, dy, dx = x[c:], dy[c:], dx[c:] {
		xr, dyr, dxr := x[:c], dy[:c], dx[:c]
		for i, m := range mean {
			dxr[i] = dyr[i]*kdy[i] + ((xr[i]-m)*kx[i] + shift[i])
		}
	}
}

func scaleGo(y, x, scale []float32) {
	c := len(scale)
	for ; len(x) >= c; x, y = x[c:], y[c:] {
		xr, yr := x[:c], y[:c]
		for i, s := range scale {
			yr[i] = xr[i] * s
		}
	}
}

func sumGo(acc, x []float32) {
	c := len(acc)
	clear(acc)
	for ; len(x) >= c; x = x[c:] {
		for i, v := range x[:c] {
			acc[i] += v
		}
	}
}

func sqdevGo(acc, x, mean []float32) {
	c := len(acc)
	mean = mean[:c]
	clear(acc)
	for ; len(x) >= c; x = x[c:] {
		for i, v := range x[:c] {
			d := v - mean[i]
			acc[i] += d * d
		}
	}
}

func dotGo(acc, accDy, dy, x, mean []float32) {
	c := len(acc)
	mean, accDy = mean[:c], accDy[:c]
	clear(acc)
	clear(accDy)
	for ; len(x) >= c; x, dy = x[c:], dy[c:] {
		dyr := dy[:c]
		for i, v := range x[:c] {
			acc[i] += dyr[i] * (v - mean[i])
			accDy[i] += dyr[i]
		}
	}
}
