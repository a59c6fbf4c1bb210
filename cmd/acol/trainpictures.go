package main

import (
	"image"
	"image/png"

	"acol/internal/album"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/viz"
)

// newAlbum draws pictures of a training into the folder of its run; nil where the recipe wants
// none.
func newAlbum(o *trainOptions, rec *recipe.Recipe, classes []string) (*album.Album, error) {
	if !rec.Train.Pictures {
		return nil, nil
	}
	folder := run.Folder(rec.Train.Out)
	a := &album.Album{
		Kinds: rec.Model.Branches.Kinds, Classes: classes, Mean: rec.Data.Mean, Std: rec.Data.Std,
		Save: func(name string, img image.Image) error {
			return viz.WritePNG(folder.PicturePath(name), img, png.BestSpeed)
		},
		Failed: func(err error) {
			o.streams.say("warning: the training goes on without pictures of itself: %v", err)
		},
	}
	if o.Resume != resumeAlways {
		return a, nil
	}
	var err error
	a.Records, err = folder.Log()
	return a, err
}
