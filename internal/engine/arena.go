package engine

import "sort"

// arena plans ranges of one block of memory, in float32, by best fit. The block is allocated later,
// with the size that the plan reaches.
type arena struct {
	size int
	free []span // sorted by offset, never adjacent
}

type span struct{ off, n int }

// align is the number of floats of a cache line: no two ranges share one.
const align = 16

func roundUp(n int) int { return (n + align - 1) &^ (align - 1) }

func (a *arena) take(n int) span {
	n = roundUp(max(n, 1))
	best := -1
	for i, f := range a.free {
		if f.n >= n && (best < 0 || f.n < a.free[best].n) {
			best = i
		}
	}
	if best >= 0 {
		f := &a.free[best]
		s := span{f.off, n}
		f.off, f.n = f.off+n, f.n-n
		if f.n == 0 {
			a.free = append(a.free[:best], a.free[best+1:]...)
		}
		return s
	}
	if k := len(a.free) - 1; k >= 0 && a.free[k].off+a.free[k].n == a.size { // grow the last hole
		s := span{a.free[k].off, n}
		a.free = a.free[:k]
		a.size = s.off + n
		return s
	}
	s := span{a.size, n}
	a.size += n
	return s
}

func (a *arena) give(s span) {
	i := sort.Search(len(a.free), func(i int) bool { return a.free[i].off > s.off })
	a.free = append(a.free, span{})
	copy(a.free[i+1:], a.free[i:])
	a.free[i] = s
	if i+1 < len(a.free) && s.off+s.n == a.free[i+1].off {
		a.free[i].n += a.free[i+1].n
		a.free = append(a.free[:i+1], a.free[i+2:]...)
	}
	if i > 0 && a.free[i-1].off+a.free[i-1].n == a.free[i].off {
		a.free[i-1].n += a.free[i].n
		a.free = append(a.free[:i], a.free[i+1:]...)
	}
}
