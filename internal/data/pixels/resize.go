package pixels

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
)

// RGB is an image of 8-bit values R, G, B. Pix is packed, with the axes (H,W,3).
type RGB struct {
	Pix  []uint8
	W, H int
}

// coeffBits is the fixed-point precision of PIL's resampling weights.
const coeffBits = 32 - 8 - 2

// taps are the weights of one output pixel: of the inputs from first on.
type taps struct {
	first   int
	weights []int32
}

// triangleTaps are the weights of PIL's BILINEAR for the outputs lo to hi-1 of
// out, which cover the inputs from to to (fractions allowed), of which first to
// last-1 exist (Pillow's Resample.c, precompute_coeffs). The triangle widens
// with the reduction: it antialiases.
func triangleTaps(from, to float64, first, last, out, lo, hi int) []taps {
	scale := (to - from) / float64(out)
	support := max(scale, 1)
	all := make([]taps, hi-lo)
	for i := range all {
		center := from + (float64(lo+i)+0.5)*scale
		start := max(int(center-support+0.5), first)
		end := min(int(center+support+0.5), last)
		start = min(start, last-1)
		end = max(end, start+1)
		exact := make([]float64, end-start)
		sum := 0.0
		for k := range exact {
			exact[k] = max(0, 1-math.Abs((float64(start+k)-center+0.5)/support))
			sum += exact[k]
		}
		if sum == 0 {
			exact[0], sum = 1, 1
		}
		all[i] = taps{start, make([]int32, len(exact))}
		for k, w := range exact {
			all[i].weights[k] = int32(math.Floor(0.5 + w/sum*(1<<coeffBits)))
		}
	}
	return all
}

// mostTaps is the largest number of weights of one output.
func mostTaps(all []taps) int {
	n := 0
	for _, t := range all {
		n = max(n, len(t.weights))
	}
	return n
}

// plane is an 8-bit image of n interleaved values, step bytes a pixel.
type plane struct {
	pix             []uint8
	stride, step, n int
}

// shrunk is a plane after its horizontal pass: packed rows from top on.
type shrunk struct {
	pix        []uint8
	top, width int
}

// shrink applies the columns' weights to the rows that will be needed, and rounds to 8 bits as PIL does.
func (p plane) shrink(columns, rows []taps) shrunk {
	top, bottom := extent(rows)
	s := shrunk{top: top, width: len(columns) * p.n}
	s.pix = make([]uint8, (bottom-top)*s.width)
	if p.step == 1 && mostTaps(columns) <= laneTaps {
		p.shrinkRows(s.pix, columns, top, bottom)
		return s
	}
	for y := top; y < bottom; y++ {
		src, dst := p.pix[y*p.stride:], s.pix[(y-top)*s.width:(y-top+1)*s.width]
		if p.n == 1 {
			rowOf1(dst, src, columns)
		} else {
			rowOf3(dst, src, columns, p.step)
		}
	}
	return s
}

// row gives the fixed-point sums of one output row, half a unit added to round.
func (s shrunk) row(sums []int32, t taps) {
	pix := s.pix[(t.first-s.top)*s.width:]
	x := 0
	for ; x+8 <= len(sums); x += 8 {
		l := halves
		at := x
		for _, w := range t.weights {
			l = l.add(binary.LittleEndian.Uint64(pix[at:]), w)
			at += s.width
		}
		l.put(sums[x:])
	}
	for ; x < len(sums); x++ {
		sums[x] = 1 << (coeffBits - 1)
		for k, w := range t.weights {
			sums[x] += int32(pix[k*s.width+x]) * w
		}
	}
}

// resample resizes a plane; the result is packed (rows, columns, n).
func (p plane) resample(columns, rows []taps) []uint8 {
	s := p.shrink(columns, rows)
	out, sums := make([]uint8, len(rows)*s.width), make([]int32, s.width)
	for y, t := range rows {
		s.row(sums, t)
		dst := out[y*s.width:][:len(sums)]
		for i, v := range sums {
			dst[i] = clip8(v)
		}
	}
	return out
}

// resampleJPEG resizes luma and chroma and turns the unrounded sums into packed RGB (JFIF).
func resampleJPEG(m *image.YCbCr, lumaColumns, lumaRows, chromaColumns, chromaRows []taps) []uint8 {
	luma := plane{m.Y, m.YStride, 1, 1}.shrink(lumaColumns, lumaRows)
	blue := plane{m.Cb, m.CStride, 1, 1}.shrink(chromaColumns, chromaRows)
	red := plane{m.Cr, m.CStride, 1, 1}.shrink(chromaColumns, chromaRows)
	out := make([]uint8, 3*len(lumaRows)*luma.width)
	ys, cbs, crs := make([]int32, luma.width), make([]int32, luma.width), make([]int32, luma.width)
	const unit, half = 1.0 / (1 << coeffBits), 1 << (coeffBits - 1)
	for i, t := range lumaRows {
		luma.row(ys, t)
		blue.row(cbs, chromaRows[i])
		red.row(crs, chromaRows[i])
		dst := out[i*3*luma.width:][:3*len(ys)]
		for x, y := range ys {
			l := float32(y) * unit // its half unit rounds the sum
			cb, cr := float32(cbs[x]-half)*unit-128, float32(crs[x]-half)*unit-128
			d := dst[3*x : 3*x+3 : 3*x+3]
			d[0], d[1], d[2] = clipFloat(l+1.402*cr), clipFloat(l-0.344136*cb-0.714136*cr), clipFloat(l+1.772*cb)
		}
	}
	return out
}

func clipFloat(v float32) uint8 { return uint8(min(max(int32(v), 0), 255)) }

func rowOf1(dst, src []uint8, columns []taps) {
	for x, t := range columns {
		sum := int32(1 << (coeffBits - 1))
		in := src[t.first:][:len(t.weights)]
		for k, w := range t.weights {
			sum += int32(in[k]) * w
		}
		dst[x] = clip8(sum)
	}
}

func rowOf3(dst, src []uint8, columns []taps, step int) {
	for x, t := range columns {
		r, g, b := int32(1<<(coeffBits-1)), int32(1<<(coeffBits-1)), int32(1<<(coeffBits-1))
		at := t.first * step
		for _, w := range t.weights {
			in := src[at : at+3 : at+3]
			r += int32(in[0]) * w
			g += int32(in[1]) * w
			b += int32(in[2]) * w
			at += step
		}
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0], d[1], d[2] = clip8(r), clip8(g), clip8(b)
	}
}

func clip8(v int32) uint8 { return uint8(min(max(v>>coeffBits, 0), 255)) }

// Resize crops the rectangle from out of img, resizes that to w x h pixels and returns the
// window of the result. The image must be one that Load returns. The result equals PIL's crop and resize(BILINEAR) to the bit for
// RGB and grey. A JPEG's planes are resized before they become RGB, the
// subsampled ones straight to the same size: as close to libjpeg's smooth
// upsampling as that is to other decoders, and several times faster.
func Resize(img image.Image, from image.Rectangle, w, h int, window image.Rectangle) (*RGB, error) {
	out := &RGB{W: window.Dx(), H: window.Dy()}
	weights := func(sx, sy int) (columns, rows []taps) {
		x, y := float64(sx), float64(sy)
		columns = triangleTaps(float64(from.Min.X)/x, float64(from.Max.X)/x, from.Min.X/sx, (from.Max.X+sx-1)/sx, w, window.Min.X, window.Max.X)
		rows = triangleTaps(float64(from.Min.Y)/y, float64(from.Max.Y)/y, from.Min.Y/sy, (from.Max.Y+sy-1)/sy, h, window.Min.Y, window.Max.Y)
		return columns, rows
	}
	columns, rows := weights(1, 1)
	switch m := img.(type) {
	case *image.NRGBA:
		out.Pix = plane{m.Pix, m.Stride, 4, 3}.resample(columns, rows)
	case *image.Gray:
		grey := plane{m.Pix, m.Stride, 1, 1}.resample(columns, rows)
		out.Pix = make([]uint8, 3*len(grey))
		for i, v := range grey {
			out.Pix[3*i], out.Pix[3*i+1], out.Pix[3*i+2] = v, v, v
		}
	case *image.YCbCr:
		chromaColumns, chromaRows := weights(subsampling(m.SubsampleRatio))
		out.Pix = resampleJPEG(m, columns, rows, chromaColumns, chromaRows)
	default:
		return nil, fmt.Errorf("resizing: image is a %T, want what Load returns", img)
	}
	return out, nil
}

// subsampling gives how many pixels a chroma value spans in x and y.
func subsampling(r image.YCbCrSubsampleRatio) (sx, sy int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}
