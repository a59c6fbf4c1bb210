package main

import (
	"bytes"
	"image"
	"image/png"
	"slices"
	"strconv"
	"strings"

	"acol/internal/album"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/tensorboard"
	"acol/internal/viz"
)

// newAlbum draws pictures of a training into the folder of its run, and onto a board if there is
// one; nil where the recipe wants neither.
func newAlbum(
	o *trainOptions, rec *recipe.Recipe, classes []string, board *run.Board,
) (*album.Album, error) {
	if !rec.Train.Pictures && board == nil {
		return nil, nil
	}
	folder := run.Folder(rec.Train.Out)
	a := &album.Album{
		Kinds: rec.Model.Branches.Kinds, Classes: classes, Mean: rec.Data.Mean, Std: rec.Data.Std,
		Save: func(name string, img image.Image) error {
			if board != nil && name != album.CurvesName { // which the board draws itself
				board.Picture(strings.TrimSuffix(name, ".png"), img)
			}
			if !rec.Train.Pictures {
				return nil
			}
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

// newBoard writes a training for TensorBoard; nil where the recipe does not want it.
func newBoard(o *trainOptions, rec *recipe.Recipe) (*run.Board, error) {
	if !rec.Train.TensorBoard {
		return nil, nil
	}
	var text bytes.Buffer
	if err := recipe.Write(&text, rec); err != nil {
		return nil, err
	}
	return &run.Board{
		Folder: run.Folder(rec.Train.Out), Recipe: text.String(), Settings: settingsOf(rec),
		Failed: func(err error) {
			o.streams.say("warning: the training goes on without writing for TensorBoard: %v", err)
		},
	}, nil
}

// alwaysCompared are the keys by which runs are compared even where they have their defaults, and
// neverCompared those that say where something is or what is shown.
var (
	alwaysCompared = []string{
		"model.backbone.arch", "model.backbone.depth", "model.branches.kinds", "train.epochs",
		"train.batch_size", "train.seed", "train.optimizer.lr_backbone", "train.optimizer.lr_heads",
	}
	neverCompared = []string{
		"name", "data.root", "data.metadata", "data.class_names", "train.out", "train.tensorboard",
		"train.pictures", "train.workers", "train.threads",
	}
)

// settingsOf returns the settings of a recipe by which TensorBoard compares runs: the most
// important ones, and those that differ from their defaults.
func settingsOf(rec *recipe.Recipe) []tensorboard.Setting {
	keys := slices.Clone(alwaysCompared)
	for _, c := range recipe.Changes(recipe.Default(), rec) {
		keys = append(keys, c.Key)
	}
	var settings []tensorboard.Setting
	for _, c := range recipe.Changes(&recipe.Recipe{}, rec) {
		if !slices.Contains(keys, c.Key) || slices.Contains(neverCompared, c.Key) {
			continue
		}
		s := tensorboard.Setting{Key: c.Key, Value: c.Now}
		if n, err := strconv.ParseFloat(c.Now, 64); err == nil {
			s.Value = n
		} else if c.Now == "true" || c.Now == "false" {
			s.Value = c.Now == "true"
		} else if text, err := strconv.Unquote(c.Now); err == nil {
			s.Value = text
		}
		settings = append(settings, s)
	}
	return settings
}
