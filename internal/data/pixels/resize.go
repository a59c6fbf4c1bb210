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

// coeffBits is the precision of PIL's resampling weights, which are fixed-point numbers.
const coeffBits = 32 - 8 - 2

// taps are the weights of one output pixel. They apply to the inputs from first on.
type taps struct {
	first   int
	weights []int32
}

// triangleTaps gives the weights of PIL's BILINEAR (precompute_coeffs in Pillow's Resample.c) for
// the outputs lo to hi-1 of out. All outputs together cover the inputs between from and to, which
// may be fractions, and of which those from first to last-1 exist. The triangle of weights is as
// wide as the reduction, so that it antialiases.
func triangleTaps(from, to float64, first, last, out, lo, hi int) []taps {
	scale := (to - from) / float64(out)
	support := max(scale, 1)
	all := make([]taps, hi-lo)
	// No output has more weights than this: all are parts of one array.
	most := min(int(2*support)+3, last-first+1)
	weights, exact := make([]int32, most*len(all)), make([]float64, most)
	for i := range all {
		center := from + (float64(lo+i)+0.5)*scale
		start := max(int(center-support+0.5), first)
		end := min(int(center+support+0.5), last)
		start = min(start, last-1)
		end = max(end, start+1)
		exact := exact[:end-start]
		sum := 0.0
		for k := range exact {
			exact[k] = max(0, 1-math.Abs((float64(start+k)-center+0.5)/support))
			sum += exact[k]
		}
		if sum == 0 {
			exact[0], sum = 1, 1
		}
		all[i] = taps{start, weights[:len(exact):len(exact)]}
		weights = weights[len(exact):]
		for k, w := range exact {
			all[i].weights[k] = int32(math.Floor(0.5 + w/sum*(1<<coeffBits)))
		}
	}
	return all
}

// mostTaps gives the largest number of weights of one output.
func mostTaps(all []taps) int {
	n := 0
	for _, t := range all {
		n = max(n, len(t.weights))
	}
	return n
}

// plane is an 8-bit image with n values a pixel, at the beginning of every step bytes.
type plane struct {
	pix             []uint8
	stride, step, n int
}

// shrunk is a plane after the horizontal pass: its rows from top on, packed, of width bytes each.
type shrunk struct {
	pix        []uint8
	top, width int
}

// shrink is the horizontal pass. It applies the weights of columns to the rows that the vertical
// pass needs, and rounds to 8 bits as PIL does.
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

// row is the vertical pass for one output row. It gives the fixed-point sums, with half a unit
// added so that truncating them rounds.
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

// resample resizes a plane. The result is packed, with the axes (rows,columns,n).
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

// resampleJPEG resizes luma and chroma and converts the sums, before they are rounded, to packed
// RGB as JFIF defines it.
func resampleJPEG(
	m *image.YCbCr, lumaColumns, lumaRows, chromaColumns, chromaRows []taps,
) []uint8 {
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
			d[0] = clipFloat(l + 1.402*cr)
			d[1] = clipFloat(l - 0.344136*cb - 0.714136*cr)
			d[2] = clipFloat(l + 1.772*cb)
		}
	}
	return out
}

// clipFloat truncates to a byte.
func clipFloat(v float32) uint8 { return uint8(min(max(int32(v), 0), 255)) }

// rowOf1 applies the weights of columns to a row of one value a pixel.
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

// rowOf3 applies the weights of columns to a row of three values a pixel, step bytes apart.
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

// clip8 turns a fixed-point sum into a byte.
func clip8(v int32) uint8 { return uint8(min(max(v>>coeffBits, 0), 255)) }

// Placement says what becomes of an image: the rectangle From of it is resized to W x H pixels, of
// which Window is taken.
type Placement struct {
	From   image.Rectangle
	W, H   int
	Window image.Rectangle
}

// weights gives the weights of the columns and rows of the window, for a plane whose values span
// sx x sy pixels each.
func (p Placement) weights(sx, sy int) (columns, rows []taps) {
	axis := func(from, to, s, out, lo, hi int) []taps {
		first, last := from/s, (to+s-1)/s
		return triangleTaps(float64(from)/float64(s), float64(to)/float64(s), first, last, out, lo, hi)
	}
	columns = axis(p.From.Min.X, p.From.Max.X, sx, p.W, p.Window.Min.X, p.Window.Max.X)
	rows = axis(p.From.Min.Y, p.From.Max.Y, sy, p.H, p.Window.Min.Y, p.Window.Max.Y)
	return columns, rows
}

// Resize crops the rectangle from out of img, resizes that to w x h pixels and returns the window
// of the result. The image must be one that Load returns. For RGB and grey the result equals
// PIL's crop and resize(BILINEAR) to the bit. The planes of a JPEG that image/jpeg decoded are
// resized before they become RGB, the subsampled ones straight to the final size. That is as close
// to libjpeg's smooth upsampling as libjpeg is to other decoders, and several times faster.
func Resize(img image.Image, from image.Rectangle, w, h int, window image.Rectangle) (*RGB, error) {
	p := Placement{from, w, h, window}
	out := &RGB{W: window.Dx(), H: window.Dy()}
	columns, rows := p.weights(1, 1)
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
		chromaColumns, chromaRows := p.weights(subsampling(m.SubsampleRatio))
		out.Pix = resampleJPEG(m, columns, rows, chromaColumns, chromaRows)
	default:
		return nil, fmt.Errorf("resizing: image is a %T, want what Load returns", img)
	}
	return out, nil
}

// subsampling gives the number of pixels that a chroma value spans in x and y.
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
