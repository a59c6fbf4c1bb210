package main

import (
	"context"
	"fmt"

	"acol/internal/album"
	"acol/internal/data"
	"acol/internal/eval"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/train"
)

// follow gives a training its store and, on the first rank, those who watch it: the view and, where
// the recipe asks for them, the TensorBoard files and the album, which is nil otherwise. end ends
// them.
func follow(
	o *trainOptions, t *train.Trainer, view *trainView, rec *recipe.Recipe, classes []string,
) (pictures *album.Album, end func(), err error) {
	folder := run.Folder(rec.Train.Out)
	if t.World.Rank() > 0 {
		t.Store = folder.Reader()
		return nil, func() {}, nil
	}
	w := folder.Writer("train", classes)
	w.Replace, w.Note = o.Force, o.streams.note
	t.Store, t.Prepared = w, func() error { return keepRecipe(o, rec) }
	t.Observers = train.Observers{view}
	board, err := newBoard(o, rec)
	if err != nil {
		return nil, nil, err
	}
	if board != nil {
		t.Observers = append(t.Observers, board)
	}
	if pictures, err = newAlbum(o, rec, classes, board); err != nil {
		return nil, nil, err
	}
	if pictures != nil {
		t.Observers = append(t.Observers, pictures)
	}
	return pictures, func() {
		if pictures != nil {
			pictures.Close()
		}
		if board != nil {
			board.Close()
		}
		w.Close()
	}, nil
}

// training is what a training begins with.
type training struct {
	rec   *recipe.Recipe
	split *data.Split
	model *model.Model
	// resumes says that the training goes on from a state.
	resumes bool
}

// footing is what ranks have to have in common; that of nil is empty.
func (t *training) footing() footing {
	if t == nil {
		return footing{}
	}
	return footing{
		Recipe: checksumOf(t.rec), Images: eval.Listed(t.split),
		Model: fmt.Sprintf("start, resumed %t", t.resumes),
	}
}

// prepareTraining reads the recipe and the list of images, and makes the model with the weights
// that it starts from.
func prepareTraining(ctx context.Context, o *trainOptions) (*training, error) {
	if err := o.initPhotos(ctx); err != nil {
		return nil, err
	}
	rec, err := loadTrainRecipe(o)
	if err != nil {
		return nil, err
	}
	if o.streams.Ranks.first() { // which writes into it
		if err := checkRunFolder(o, run.Folder(rec.Train.Out)); err != nil {
			return nil, hintFolder(err)
		}
		warnIdle(o.streams, rec)
	}
	split, err := data.Open(rec.Data, "train")
	if err != nil {
		return nil, err
	}
	if split.LeftOut > 0 {
		o.streams.say("%s of train left out, the first because of %v",
			counted(split.LeftOut, "image"), split.WhyLeftOut)
	}
	if err := checkClasses(split); err != nil {
		return nil, err
	}
	m, err := model.New(rec.Model, len(split.Classes))
	if err != nil {
		return nil, err
	}
	if err := checkLayers(rec, m, evalMaps, localizeMaps); err != nil {
		return nil, err
	}
	if err := checkStep(rec, len(split.Samples)); err != nil {
		return nil, err
	}
	if err := o.streams.Ranks.checkBatch(rec.Train); err != nil {
		return nil, err
	}
	// Last, since it may fetch weights.
	if err := initialize(ctx, o, m, rec, split.Classes); err != nil {
		return nil, err
	}
	return &training{rec, split, m, o.Resume == resumeAlways}, nil
}
