package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"acol/internal/brief"
	"acol/internal/data"
	"acol/internal/recipe"
	"acol/internal/run"
)

// take settles what is trained: a recipe, by its file or name; the run in a folder, by the recipe
// that lies there; or photographs in a folder.
func (o *trainOptions) take(args []string) error {
	what := o.Config
	if len(args) > 0 {
		what = args[0]
	}
	if what == "" && o.Resume != resumeNever {
		return hinted{usagef("name the run to go on with"), "acol train --resume RUN"}
	}
	if what == "" {
		return hinted{usagef("name what to train: a recipe, or a folder of photographs"),
			"acol train PHOTOS makes a recipe and trains by it; acol init --list shows known recipes"}
	}
	o.Config = what
	info, err := os.Stat(what)
	if err != nil || !info.IsDir() {
		return nil // a recipe, which may be in the program
	}
	if own := run.Folder(what); own.IsRun() {
		o.Config = own.RecipePath()
		return nil
	}
	o.Config, o.Photos = "", what
	return nil
}

// initPhotos makes the recipe for a folder of photographs, or takes the one that was made before.
func (o *trainOptions) initPhotos(ctx context.Context) error {
	if o.Photos == "" {
		return nil
	}
	if n := o.streams.Ranks.world().Size(); n > 1 {
		return hinted{usagef("%d processes were started, and the recipe for a folder is made by one", n),
			"make it first: acol init " + shellWord(o.Photos)}
	}
	i := &initOptions{streams: o.streams, Photos: o.Photos, Set: o.Set, Minutes: usualMinutes}
	o.Config = recipeName(o.Photos) + ".yaml"
	if _, err := os.Lstat(o.Config); err != nil {
		if o.Resume == resumeAlways {
			return hinted{fmt.Errorf("nothing to resume: %s is not the folder of a run", o.Photos),
				"leave --resume out to train on its photographs"}
		}
		i.Out = o.Config
		_, _, err := initPhotos(ctx, i)
		return err
	}
	rec, err := recipe.Load(recipe.Options{File: o.Config, Env: o.streams.Env})
	if err != nil {
		return err
	}
	if !within(rec.Data.Root, o.Photos) && !within(rec.Data.Metadata, o.Photos) {
		return hinted{fmt.Errorf("%s is there already, and its data is in %s", o.Config, rec.Data.Root),
			"acol init " + shellWord(o.Photos) + " --out FILE writes another recipe"}
	}
	o.streams.say("training by %s, which is there for %s", o.Config, o.Photos)
	return nil
}

// within says whether a path is that of a folder or lies in it.
func within(path, dir string) bool {
	p, err := filepath.Abs(path)
	if err != nil || path == "" {
		return false
	}
	d, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(d, p)
	return err == nil && filepath.IsLocal(rel)
}

// checkClasses refuses to train on one class, which every network gets right without learning.
func checkClasses(split *data.Split) error {
	if len(split.Classes) > 1 {
		return nil
	}
	name := ""
	if len(split.Classes) == 1 {
		name = ", " + brief.Quote(split.Classes[0])
	}
	return hinted{usagef("the train split has one class alone%s: one class teaches nothing", name),
		"add images of something else, such as photographs of the same places without it"}
}

// checkStep is an error where the training split has fewer images than a step.
func checkStep(rec *recipe.Recipe, images int) error {
	batch, of := rec.Train.BatchSize, rec.Train.Accumulate
	switch {
	case images < batch:
		return hinted{usagef("train.batch_size: %d is more than the %d images of the train split",
			batch, images),
			fmt.Sprintf("--set train.batch_size=%d", images)}
	case images < batch*of:
		return hinted{usagef("train.accumulate: %d batches of %d are more than the %d images of "+
			"the train split", of, batch, images),
			fmt.Sprintf("--set train.accumulate=%d", images/batch)}
	}
	return nil
}
