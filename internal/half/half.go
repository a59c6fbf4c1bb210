// Package half widens the 16-bit floating-point formats of weight and array files.
package half

import "math"

// Float16 widens an IEEE 754 binary16 number. Every one of them is a float32, so the result is
// exact. No step meets a float32 subnormal, so a thread that flushes those to zero gets the same.
func Float16(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10)&0x1f, uint32(h&0x3ff)
	switch exp {
	case 0x1f: // Inf and NaN, with its payload
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	case 0: // zero or subnormal
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// BFloat16 widens a bfloat16 number.
func BFloat16(h uint16) float32 {
	return math.Float32frombits(uint32(h) << 16)
}
