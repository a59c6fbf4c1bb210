package localize

import (
	"acol/internal/crf"
	"acol/internal/data/pixels"
)

// NotRefined is said of a map that ClassMap.Unrefined marks.
const NotRefined = "not refined"

// unrefinedNote says what is wrong with a map that ClassMap.Unrefined marks, and what to try.
const unrefinedNote = NotRefined + ": at this threshold the picture's colours leave no object, or " +
	"nothing but object; try another --threshold"

// refine sharpens the score map of a class along the edges of the picture, if the recipe says so.
// in is the network's input. A map in which package crf finds no object, or nothing else,
// stays as it is and is marked.
func (l *Localizer) refine(m *ClassMap, in pixels.Inputs) error {
	if !l.opt.Config.Refine {
		return nil
	}
	const top = 255
	x := in.Values()
	n := len(x) / 3
	for i, v := range x {
		mean, std := l.opt.Data.Mean[i/n], l.opt.Data.Std[i/n]
		x[i] = top * (v*float32(std) + float32(mean))
	}
	refined, found, err := crf.Refine(m.Score, x, m.Threshold, crf.Default())
	if err != nil {
		return err
	}
	m.Score, m.Refined, m.Unrefined = refined, found, !found
	return nil
}
