package localize

import "acol/internal/crf"

// refine sharpens the score map of a class along the edges of the picture, if the recipe says so.
// x is the network's input, (3,S,S). A map in which package crf finds no object stays as it is.
func (l *Localizer) refine(m *ClassMap, x []float32) error {
	if !l.opt.Config.Refine {
		return nil
	}
	const top = 255
	n := len(x) / 3
	pixels := make([]float32, len(x))
	for i, v := range x {
		mean, std := l.opt.Data.Mean[i/n], l.opt.Data.Std[i/n]
		pixels[i] = top * (v*float32(std) + float32(mean))
	}
	refined, found, err := crf.Refine(m.Score, pixels, m.Threshold, crf.Default())
	if err == nil && found {
		m.Score = refined
	}
	return err
}
