package train

// ClipFactor is clipFactor, for tests.
var ClipFactor = clipFactor

// Hide is HideAndSeek.hide on the stream of an image.
func Hide(h HideAndSeek, x []float32, size int, seed uint64, epoch, index int) {
	h.hide(x, size, stream(forHiding, seed, epoch, index))
}

// Mixed is a mixed batch.
type Mixed = mixed

// Mix is CutMix's drawing and mixing of a batch on the stream of a step.
func Mix(c CutMix, x []float32, n, size int, seed uint64, epoch, step int) (Mixed, bool) {
	m, ok := c.draw(n, size, stream(forMixing, seed, epoch, step))
	if ok {
		m.apply(x, size)
	}
	return m, ok
}
