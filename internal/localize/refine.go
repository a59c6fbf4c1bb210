package localize

import "acol/internal/crf"

// NotRefined is said of a map that ClassMap.Unrefined marks.
const NotRefined = "not refined"

// unrefinedNote says what is wrong with a map that ClassMap.Unrefined marks, and what to try.
const unrefinedNote = NotRefined + ": at this threshold the picture's colours leave no object, or " +
	"nothing but object; try another --threshold"

// refine sharpens the score map of a class along the edges of the picture, if the recipe says so.
// x is the network's input, (3,S,S). A map in which package crf finds no object, or nothing else,
// stays as it is and is marked.
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
	if err != nil {
		return err
	}
	m.Score, m.Refined, m.Unrefined = refined, found, !found
	return nil
}
