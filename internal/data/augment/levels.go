package augment

import "acol/internal/data/pixels"

// posterize is PIL's ImageOps.posterize: it keeps the upper bits of each value.
func posterize(m *pixels.RGB, bits int) {
	mask := uint8(0xff) << (8 - min(max(bits, 0), 8))
	for i := range m.Pix {
		m.Pix[i] &= mask
	}
}

// solarize is PIL's ImageOps.solarize: it inverts values that are not below the threshold.
func solarize(m *pixels.RGB, threshold float64) {
	t := unchanged()
	for v := range t {
		if float64(v) >= threshold {
			t[v] = uint8(255 - v)
		}
	}
	table(m, &t)
}

// histograms counts the values of each channel.
func histograms(m *pixels.RGB) *[3][256]int {
	h := &[3][256]int{}
	for i := 0; i+2 < len(m.Pix); i += 3 {
		h[0][m.Pix[i]]++
		h[1][m.Pix[i+1]]++
		h[2][m.Pix[i+2]]++
	}
	return h
}

// levels replaces every value by its entry in the table that of makes of its channel's histogram.
func levels(m *pixels.RGB, of func(h *[256]int) [256]uint8) {
	h := histograms(m)
	red, green, blue := of(&h[0]), of(&h[1]), of(&h[2])
	for i := 0; i+2 < len(m.Pix); i += 3 {
		v := m.Pix[i : i+3 : i+3]
		v[0], v[1], v[2] = red[v[0]], green[v[1]], blue[v[2]]
	}
}

// unchanged is the table that changes nothing.
func unchanged() (t [256]uint8) {
	for v := range t {
		t[v] = uint8(v)
	}
	return t
}

// autoContrast is PIL's ImageOps.autocontrast without a cutoff.
func autoContrast(m *pixels.RGB) {
	levels(m, func(h *[256]int) [256]uint8 {
		t := unchanged()
		low, high := 0, 255
		for low < 255 && h[low] == 0 {
			low++
		}
		for high > 0 && h[high] == 0 {
			high--
		}
		if high <= low {
			return t
		}
		scale := 255 / float64(high-low)
		// Conversions keep products and sums from being fused.
		offset := float64(float64(-low) * scale)
		for v := range t {
			t[v] = uint8(min(max(int(float64(float64(v)*scale)+offset), 0), 255))
		}
		return t
	})
}

// equalize is PIL's ImageOps.equalize.
func equalize(m *pixels.RGB) {
	levels(m, func(h *[256]int) [256]uint8 {
		t := unchanged()
		sum, last, kinds := 0, 0, 0
		for _, n := range h {
			if n > 0 {
				sum, last, kinds = sum+n, n, kinds+1
			}
		}
		step := (sum - last) / 255
		if kinds <= 1 || step == 0 {
			return t
		}
		n := step / 2
		for v := range t {
			t[v] = uint8(min(n/step, 255))
			n += h[v]
		}
		return t
	})
}

// sharpness is PIL's ImageEnhance.Sharpness: it blends the smoothed image with the image.
func (c *Canvas) sharpness(factor float32) {
	out, p := c.second(), newProducts(factor)
	smooth(out, c.Image)
	for i, v := range c.Image.Pix {
		out.Pix[i] = p.blend(out.Pix[i], v)
	}
	c.swap()
}

// smooth is PIL's filter SMOOTH: thirteenths of the pixel, five, and of its eight neighbours, one
// each, rounded. Pixels at the border stay. PIL sums in float32; no sum of thirteenths is near
// enough to a half for that to round another way.
func smooth(dst, src *pixels.RGB) {
	copy(dst.Pix, src.Pix)
	stride := 3 * src.W
	for y := 1; y < src.H-1; y++ {
		above, row, below := src.Pix[(y-1)*stride:][:stride], src.Pix[y*stride:][:stride],
			src.Pix[(y+1)*stride:][:stride]
		out := dst.Pix[y*stride:][:stride]
		for i := 3; i < stride-3; i++ {
			sum := uint32(above[i-3]) + uint32(above[i]) + uint32(above[i+3]) +
				uint32(row[i-3]) + 5*uint32(row[i]) + uint32(row[i+3]) +
				uint32(below[i-3]) + uint32(below[i]) + uint32(below[i+3])
			out[i] = uint8((2*sum + 13) / 26)
		}
	}
}
