package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"

	"acol/internal/cam"
	"acol/internal/npy"
	"acol/internal/scoremap"
	"acol/internal/viz"
)

// placedSide bounds the sides of a map that is placed on a picture: drawing smooths it further.
const placedSide = 1024

// classMap is what the network says about where one class is in an image.
type classMap struct {
	class int
	maps  []cam.Map // each branch's, low resolution
	fused cam.Map

	score cam.Map // the fused map at the input's size, normalised
	state cam.State
	boxes []cam.Region // on the picture

	overlay, panel, npy string // files; "" for none
}

// nameFiles chooses the files of an image.
func (l *localizer) nameFiles(s *shot) (err error) {
	claim := func(suffix string) string {
		path, e := l.names.claim(s.source, suffix)
		if e != nil {
			err = e
		}
		return path
	}
	for _, m := range s.maps {
		class := ""
		if l.class == topClasses {
			class = "." + fileWord(l.trained.Classes[m.class])
		}
		m.overlay = claim(class + ".png")
		if l.cfg.Panel {
			m.panel = claim(class + ".panel.png")
		}
		if l.o.NPY {
			m.npy = claim(class + ".npy")
		}
	}
	return err
}

// draw finds the boxes of an image and writes its files.
func (l *localizer) draw(s *shot) error {
	for _, m := range s.maps {
		if err := l.findBoxes(s, m); err != nil {
			return err
		}
	}
	return l.feeder.picture(s, func(img image.Image) error {
		if err := os.MkdirAll(filepath.Join(l.o.Out, s.Sub), 0o777); err != nil {
			return err
		}
		for _, m := range s.maps {
			if err := l.write(s, m, img); err != nil {
				return err
			}
		}
		return nil
	})
}

// findBoxes makes the score map and cuts it at the threshold. A constant map has
// no boxes.
func (l *localizer) findBoxes(s *shot, m *classMap) (err error) {
	side := s.geometry.Size
	m.score, m.state = scoremap.Of(m.fused, side)
	if m.state != cam.OK {
		return nil
	}
	if m.boxes, err = cam.Regions(m.score, l.cfg.Threshold); err != nil {
		return err
	}
	if l.cfg.Rule == "largest" {
		m.boxes = m.boxes[:min(1, len(m.boxes))]
	}
	for i := range m.boxes {
		m.boxes[i].Box = s.geometry.Box(m.boxes[i].Box, side, side)
	}
	return nil
}

// write makes the files of one map.
func (l *localizer) write(s *shot, m *classMap, img image.Image) error {
	score, err := scoremap.Place(scoremap.Bounded(s.geometry, placedSide), m.score)
	if err != nil {
		return err
	}
	label := viz.Label(l.trained.Classes[m.class], softmax(s.logits)[m.class])
	var boxes []viz.LabelledBox
	for _, r := range m.boxes {
		boxes = append(boxes, viz.LabelledBox{Box: r.Box, Text: label})
	}
	over := viz.Overlay(img, score, l.overlay)
	viz.DrawBoxes(over, boxes, nil)
	if err := viz.WritePNG(m.overlay, over, png.BestSpeed); err != nil {
		return err
	}
	if m.panel != "" {
		figure, err := l.figure(s, m, img, score, boxes)
		if err != nil {
			return err
		}
		if err := viz.WritePNG(m.panel, figure, png.DefaultCompression); err != nil {
			return err
		}
	}
	if m.npy != "" {
		return npy.WriteFile(m.npy, []int{m.score.H, m.score.W}, m.score.V)
	}
	return nil
}
