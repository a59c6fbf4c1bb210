//go:build onednn && amd64 && cgo

package native

import (
	"fmt"

	"acol/internal/kernel/backend"
	"acol/internal/kernel/native/cpp"
)

// SGD implements backend.Updater.
func (b *Backend) SGD(w, g, buf []float32, s backend.SGDStep) {
	b.update(w, g)
	if buf != nil {
		b.update(w, buf)
	}
	cpp.SGD(w, g, buf, s.LR, s.Decay, s.Clip, s.Momentum, s.Keep, s.Nesterov)
}

// AdamW implements backend.Updater.
func (b *Backend) AdamW(w, g, m, v []float32, s backend.AdamWStep) {
	b.update(w, g, m, v)
	cpp.AdamW(w, g, m, v, [...]float32{
		s.Clip, s.Keep, s.Take1, s.Beta2, s.Take2, s.Rate, s.Root, s.Eps,
	})
}

// Blend implements backend.Updater.
func (b *Backend) Blend(dst, src []float32, keep, take float32) {
	b.update(dst, src)
	cpp.Blend(dst, src, keep, take)
}

// update prepares a loop over as many values as to has, which trusts the lengths of the others.
func (b *Backend) update(to []float32, others ...[]float32) {
	for _, o := range others {
		if len(o) < len(to) {
			panic(fmt.Sprintf("updating %d values from %d", len(to), len(o)))
		}
	}
	cpp.SetThreads(b.threads)
}
