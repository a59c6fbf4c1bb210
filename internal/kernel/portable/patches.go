package portable

import "slices"

// patches is a matrix that is not stored. Row (n,i,j) of its grid holds the pixels of image n of an
// NHWC source at (i*sy+dy, j*sx+dx) for each tap (dy,dx) in turn, and zeros where there is no
// pixel. A convolution is the product of this matrix with the weights.
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

// tap is one position of a kernel, as the distance to the pixel that it reads.
type tap struct{ dy, dx int }

// cut divides the columns, c channels for each tap, into equal blocks of at most limit columns,
// each a multiple of step. Taps side by side become one run.
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

// stored says whether the patches are the source's own pixels, row for row.
func (t *patches) stored() bool {
	inPlace := func(b columns) bool { return len(b.runs) == 1 && b.runs[0] == run{0, b.k0, b.k} }
	return t.sy == 1 && t.sx == 1 && t.gh == t.h && t.gw == t.w && t.k <= t.ld &&
		!slices.ContainsFunc(t.blocks, func(b columns) bool { return !inPlace(b) })
}

// gather writes the columns b of rows [m,m+rows) to dst, whose rows are ldDst apart.
// channel is the first channel of the group in the source.
func (t *patches) gather(vec *vectors, dst []float32, ldDst int, src []float32, channel, m,
	rows int, b *columns) {
	j := m % t.gw
	line := m / t.gw // of all grids
	for rows > 0 {
		count := min(rows, t.gw-j)
		image := src[line/t.gh*t.h*t.w*t.ld+channel:]
		to := dst
		for _, q := range b.runs {
			y := line%t.gh*t.sy + q.dy
			if uint(y) < uint(t.h) {
				t.gatherRun(vec, to, ldDst, image[y*t.w*t.ld:], j*t.sx*t.ld+q.at, q.n, count)
			} else {
				for r := range count {
					clear(to[r*ldDst:][:q.n])
				}
			}
			to = to[q.n:]
		}
		rows -= count
		if rows > 0 {
			dst = dst[count*ldDst:]
		}
		j = 0
		line++
	}
}

// gatherRun copies a run of n floats for count patches side by side. The run of the first patch
// begins at index at of the source's line.
func (t *patches) gatherRun(vec *vectors, dst []float32, ldDst int, line []float32, at, n,
	count int) {
	step, width := t.sx*t.ld, t.w*t.ld
	// The runs of patches [lo,hi) lie inside the line as a whole.
	lo := min((max(-at, 0)+step-1)/step, count)
	hi := lo
	if room := width - n - at; room >= 0 {
		hi = max(min(room/step+1, count), lo)
	}
	for r := range lo {
		clip(dst[r*ldDst:][:n], line, at+r*step, width)
	}
	if lo < hi {
		vec.copyRows(dst[lo*ldDst:], ldDst, line[at+lo*step:], step, n, hi-lo)
	}
	for r := hi; r < count; r++ {
		clip(dst[r*ldDst:][:n], line, at+r*step, width)
	}
}

// clip copies line[x:x+len(dst)] to dst, with zeros for what is outside of [0,width).
func clip(dst, line []float32, x, width int) {
	lo := min(max(-x, 0), len(dst))
	hi := max(min(width-x, len(dst)), lo)
	clear(dst[:lo])
	if lo < hi {
		copy(dst[lo:hi], line[x+lo:x+hi])
	}
	clear(dst[hi:])
}
