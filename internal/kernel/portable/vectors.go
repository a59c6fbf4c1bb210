package portable

import "math"

// vectors are the loops over memory that are worth a version for each instruction set. The slices
// of a call are equally long unless said otherwise, and an output may be one of the inputs. The
// loops over rows walk len(x)/c rows of c channels; slices with a value for each channel have
// length c.
type vectors struct {
	relu     func(y, x []float32)      // y = max(x, 0)
	reluBack func(dx, y, dy []float32) // dx = dy where y > 0, else 0
	add      func(z, x, y []float32)   // z = x + y

	// maxWindow sets y, one pixel, to the maximum over a window of kh x kw pixels; NaN wins. x
	// begins at the window's first pixel; pixels lie step apart, rows of pixels line apart.
	maxWindow func(y, x []float32, kh, kw, step, line int)
	// maxWindowBack adds dy to dx at the first maximum of such a window, or at its last NaN. Rows
	// of dx outside of [r0,r1) are not touched.
	maxWindowBack func(dx, x, dy []float32, kh, kw, step, line, r0, r1 int)

	// copyRows copies rows of n floats that lie ldSrc apart to rows ldDst apart.
	copyRows func(dst []float32, ldDst int, src []float32, ldSrc, n, rows int)
	// transpose8 is dst[j*ldDst+i] = src[i*ldSrc+j] for i, j < 8.
	transpose8 func(dst []float32, ldDst int, src []float32, ldSrc int)

	// The loops over rows, of x and of every other slice but those of one value for each channel.
	affine func(y, x, mean, scale, shift []float32)        // y = (x-mean)*scale + shift
	blend  func(dx, dy, x, mean, kdy, kx, shift []float32) // dx = dy*kdy + (x-mean)*kx + shift
	scale  func(y, x, scale []float32)                     // y = x*scale
	sum    func(acc, x []float32)                          // acc = sum of x
	sqdev  func(acc, x, mean []float32)                    // acc = sum of (x-mean)^2
	dot    func(acc, accDy, dy, x, mean []float32)         // acc = sum of dy*(x-mean), accDy of dy
}

var goVectors = vectors{
	relu: reluGo, reluBack: reluBackGo, add: addGo,
	maxWindow: maxWindowGo, maxWindowBack: maxWindowBackGo,
	copyRows: copyRowsGo, transpose8: transpose8Go,
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
		// Without a branch, since signs are random: v > 0 where its bits, less one, are below those
		// of +Inf.
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

func maxWindowGo(y, x []float32, kh, kw, step, line int) {
	copy(y, x)
	for r := range kh {
		for c := range kw {
			for j, v := range x[r*line+c*step:][:len(y)] {
				y[j] = max(y[j], v)
			}
		}
	}
}

func maxWindowBackGo(dx, x, dy []float32, kh, kw, step, line, r0, r1 int) {
	for j, g := range dy {
		row, at := 0, j
		best := x[j]
		for r := range kh {
			for c := range kw {
				if v := x[r*line+c*step+j]; v > best || v != v {
					best, row, at = v, r, r*line+c*step+j
				}
			}
		}
		if row >= r0 && row < r1 {
			dx[at] += g
		}
	}
}

func copyRowsGo(dst []float32, ldDst int, src []float32, ldSrc, n, rows int) {
	for r := range rows {
		copy(dst[r*ldDst:][:n], src[r*ldSrc:])
	}
}

func transpose8Go(dst []float32, ldDst int, src []float32, ldSrc int) {
	for i := range 8 {
		for j, v := range src[i*ldSrc:][:8] {
			dst[j*ldDst+i] = v
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
