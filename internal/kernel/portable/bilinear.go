package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

func (p *Backend) bilinear(s kernel.Bilinear) *backend.Routine {
	c, h, w := s.X[1], s.X[2], s.X[3]
	rows, columns := kernel.Betweens(h, s.OutH), kernel.Betweens(w, s.OutW)
	var y, x []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			row, image := rows[r%s.OutH], x[r/s.OutH*h*w*c:][:h*w*c]
			top, bottom := image[row.At[0]*w*c:][:w*c], image[row.At[1]*w*c:][:w*c]
			dst := y[r*s.OutW*c:][:s.OutW*c]
			for i, col := range columns {
				left, right := col.At[0]*c, col.At[1]*c
				for k := range c {
					dst[i*c+k] = row.Take[0]*(col.Take[0]*top[left+k]+col.Take[1]*top[right+k]) +
						row.Take[1]*(col.Take[0]*bottom[left+k]+col.Take[1]*bottom[right+k])
				}
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x = out, in[0]
			p.Parallel(s.X[0]*s.OutH, rowGrain(s.OutW*c), body)
		},
	}
}

// bilinearBack adds up what each output took: along a row first, then the rows. An image is the
// work of one thread, so that sums do not depend on how many there are.
func (p *Backend) bilinearBack(s kernel.BilinearBack) *backend.Routine {
	n, c, h, w := s.X[0], s.X[1], s.X[2], s.X[3]
	rows, columns := kernel.Betweens(h, s.OutH), kernel.Betweens(w, s.OutW)
	var dx, dy, sums []float32
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			image, sum := dx[i*h*w*c:][:h*w*c], sums[i*w*c:][:w*c]
			clear(image)
			for r, row := range rows {
				clear(sum)
				from := dy[(i*s.OutH+r)*s.OutW*c:][:s.OutW*c]
				for j, col := range columns {
					left, right := col.At[0]*c, col.At[1]*c
					for k := range c {
						v := from[j*c+k]
						sum[left+k] += col.Take[0] * v
						sum[right+k] += col.Take[1] * v
					}
				}
				for side, at := range row.At {
					to := image[at*w*c:][:w*c]
					for j, v := range sum {
						to[j] += row.Take[side] * v
					}
				}
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: nhwc, InPlace: -1, Scratch: n * w * c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			dx, dy, sums = out, in[0], scratch
			p.Parallel(n, 1, body)
		},
	}
}
