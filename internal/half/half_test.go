package half

import (
	"math"
	"testing"
)

// Every binary16 number, against its definition (IEEE 754-2008, 3.4).
func TestHalfConversionOfEveryNumber(t *testing.T) {
	for bits := range 1 << 16 {
		sign := 1.0
		if bits>>15 == 1 {
			sign = -1
		}
		exp, frac := bits>>10&0x1f, float64(bits&0x3ff)
		var want float64
		switch {
		case exp == 0x1f && frac != 0:
			want = math.NaN()
		case exp == 0x1f:
			want = math.Inf(int(sign))
		case exp == 0:
			want = math.Copysign(math.Ldexp(frac, -24), sign)
		default:
			want = sign * math.Ldexp(1024+frac, exp-25)
		}
		got := float64(Float16(uint16(bits)))
		if math.IsNaN(want) != math.IsNaN(got) || math.Signbit(got) != (sign < 0) || !math.IsNaN(want) && got != want {
			t.Fatalf("%04x: got %g, want %g", bits, got, want)
		}
	}
}
