package cam

// joins says which components a pixel joins when it is put into a set: those of its neighbours that
// are in the set. There is one for each mask of neighbours, which has bit k for neighbour k of the
// 3x3 window around the pixel, in raster order; the pixel itself would be bit 4, which is 0:
//
//	0 1 2
//	3 . 5
//	6 7 8
//
// Neighbours that touch one another are in one component already, so one of them stands for all.
type joins struct {
	n      uint8    // how many neighbours to join
	at     [4]uint8 // which ones
	halves uint8    // contourArea gained, in half pixels
}

// window returns the neighbours' offsets on a grid of the given stride.
func window(stride int) (at [9]int) {
	for k := range at {
		at[k] = (k/3-1)*stride + k%3 - 1
	}
	return at
}

// joins8 is the table for 8-connected foreground, joins4 that for 4-connected background.
var joins8, joins4 = joinTable(true), joinTable(false)

func joinTable(eight bool) *[512]joins {
	var table [512]joins
	near := touching(eight)
	for mask := range table {
		j := &table[mask]
		j.halves = halvesGained(mask)
		joined := 0
		for _, k := range [8]int{1, 3, 5, 7, 0, 2, 6, 8} {
			side := k%2 == 1
			if mask>>k&1 == 1 && joined>>k&1 == 0 && (side || eight) {
				j.at[j.n] = uint8(k)
				j.n++
				joined |= reached(mask, k, &near)
			}
		}
	}
	return &table
}

// reached returns a mask of the neighbours that are connected with k through neighbours in mask.
func reached(mask, k int, near *[9]int) int {
	seen := 1 << k
	for {
		grown := seen
		for a, n := range near {
			if seen>>a&1 == 1 {
				grown |= n & mask
			}
		}
		if grown == seen {
			return seen
		}
		seen = grown
	}
}

// touching returns, for each place of the window, a bit for each place that touches it.
func touching(eight bool) (near [9]int) {
	for a := range near {
		for b := range near {
			dy, dx := a/3-b/3, a%3-b%3
			if d := dy*dy + dx*dx; d == 1 || (eight && d == 2) {
				near[a] |= 1 << b
			}
		}
	}
	return near
}

// halvesGained counts the 2x2 cells around a pixel that it completes to three
// or to four pixels: either is worth half a pixel of area more.
func halvesGained(mask int) (n uint8) {
	for _, others := range [4]int{
		1<<0 | 1<<1 | 1<<3, 1<<1 | 1<<2 | 1<<5, 1<<3 | 1<<6 | 1<<7, 1<<5 | 1<<7 | 1<<8,
	} {
		if missing := others &^ mask; missing&(missing-1) == 0 {
			n++
		}
	}
	return n
}
