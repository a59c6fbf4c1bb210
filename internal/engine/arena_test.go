package engine

import (
	"math/rand/v2"
	"testing"
)

func TestArenaNeverOverlapsLiveRanges(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var a arena
	var live []span
	for range 5000 {
		if len(live) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(live))
			a.give(live[i])
			live = append(live[:i], live[i+1:]...)
			continue
		}
		s := a.take(r.IntN(1000))
		if s.off%align != 0 || s.off+s.n > a.size {
			t.Fatalf("range %+v of an arena of %d", s, a.size)
		}
		for _, l := range live {
			if s.off < l.off+l.n && l.off < s.off+s.n {
				t.Fatalf("range %+v overlaps the live %+v", s, l)
			}
		}
		live = append(live, s)
	}
}

func TestArenaJoinsFreedNeighbours(t *testing.T) {
	var a arena
	x, y, z := a.take(16), a.take(16), a.take(16)
	a.give(x)
	a.give(z)
	a.give(y)
	if got := a.take(48); got != (span{0, 48}) || a.size != 48 {
		t.Errorf("took %+v of an arena of %d, want the three freed ranges as one", got, a.size)
	}
	if got := a.take(64); got != (span{48, 64}) {
		t.Errorf("took %+v, want new memory behind", got)
	}
}
