package kernel

// patches is a matrix that is not stored: row (n,i,j) of the grid holds the
// pixels of image n of an NHWC source at (i*sy+dy, j*sx+dx), for each tap
// (dy,dx) in turn, zeros where there is no pixel. A convolution is its product
// with the weights.
type patches struct {
	h, w, ld int // of the source; ld is the distance of pixels
	gh, gw   int // rows and columns of the grid of each image
	sy, sx   int
	k        int // columns: taps times channels
	blocks   []columns
}

// columns are the columns [k0,k0+k) of a patch as runs of contiguous floats.
type columns struct {
	k0, k int
	runs  []run
}

// run is n floats of the source's row i*sy+dy, from float j*sx*ld+at of it.
type run struct{ dy, at, n int }

// tap is one position of a kernel: where it looks, and which element of the
// weights' (KH,KW) plane it multiplies.
type tap struct{ dy, dx, weight int }

// cut sets the columns, c channels at each tap, in equal blocks of at most limit, which are multiples of
// step. Taps side by side become one run.
func (t *patches) cut(taps []tap, c, limit, step int) {
	t.k = len(taps) * c
	var runs []run
	for _, p := range taps {
		r := run{p.dy, p.dx * t.ld, c}
		if i := len(runs) - 1; i >= 0 && runs[i].dy == r.dy && runs[i].at+runs[i].n == r.at {
			runs[i].n += c
		} else {
			runs = append(runs, r)
		}
	}
	count := max((t.k+limit-1)/limit, 1)
	size := ((t.k+count-1)/count + step - 1) / step * step
	t.blocks = []columns{{}}
	for _, r := range runs {
		for r.n > 0 {
			b := &t.blocks[len(t.blocks)-1]
			if b.k == size {
				t.blocks = append(t.blocks, columns{k0: b.k0 + b.k})
				continue
			}
			n := min(r.n, size-b.k)
			b.runs = append(b.runs, run{r.dy, r.at, n})
			b.k += n
			r.at, r.n = r.at+n, r.n-n
		}
	}
}

// stored tells that the patches are the source's own pixels, row for row.
func (t *patches) stored() bool {
	return t.sy == 1 && t.sx == 1 && t.gh == t.h && t.gw == t.w && len(t.blocks[0].runs) == 1 &&
		t.k <= t.ld && t.blocks[0].runs[0].dy == 0 && t.blocks[0].runs[0].at == 0
}

// gather writes the columns b of rows [m,m+rows) to dst, whose rows are ldDst apart.
// The channels begin at channel of the source.
func (t *patches) gather(dst []float32, ldDst int, src []float32, channel, m, rows int, b *columns) {
	j := m % t.gw
	i := m / t.gw % t.gh
	n := m / t.gw / t.gh
	width := t.w * t.ld
	for r := range rows {
		to := dst[r*ldDst:][:b.k]
		for _, q := range b.runs {
			y, x := i*t.sy+q.dy, j*t.sx*t.ld+q.at
			if uint(y) >= uint(t.h) {
				clear(to[:q.n])
			} else {
				line := src[(n*t.h+y)*width+channel:]
				if x >= 0 && x+q.n <= width {
					copy(to[:q.n], line[x:x+q.n])
				} else {
					clip(to[:q.n], line, x, width)
				}
			}
			to = to[q.n:]
		}
		if j++; j == t.gw {
			j = 0
			if i++; i == t.gh {
				i, n = 0, n+1
			}
		}
	}
}

// clip copies line[x:x+len(dst)], with zeros for what is outside of [0,width).
func clip(dst, line []float32, x, width int) {
	lo := min(max(-x, 0), len(dst))
	hi := max(min(width-x, len(dst)), lo)
	clear(dst[:lo])
	if lo < hi {
		copy(dst[lo:hi], line[x+lo:x+hi])
	}
	clear(dst[hi:])
}
