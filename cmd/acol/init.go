package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"acol/configs"
	"acol/internal/atomicfile"
	"acol/internal/hub"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/scout"
	"acol/internal/starter"
)

type initOptions struct {
	streams *streams
	Photos  string
	Out     string
	Set     []string
	Recipe  string
	List    bool
	Force   bool
	Minutes float64
}

// usualMinutes is how long a training may take that init proposes a larger network for.
const usualMinutes = 30

func newInitCmd(s *streams, runF func(context.Context, *initOptions) error) *cobra.Command {
	o := &initOptions{streams: s}
	c := &cobra.Command{
		Use:   "init PHOTOS",
		Short: "Write a recipe for a folder of photographs",
		Long: `Look at a folder of photographs and write a recipe that trains on them. Labels may
be the names of folders, with folders train, val and test above them or without; a
table (CSV) or a list of paths and labels; the files of Pascal VOC, COCO, YOLO or
CUB-200-2011. Where there is no val or no test, shares of the training images take
their place. No photograph is changed, copied or moved.

The network is one that this machine trains in reasonable time: init runs a few
steps and says how long a training will take. --set changes what it chooses.

The recipes of known data sets are inside the program: --list shows them, and
--recipe writes one into a file. acol train takes their names, too.`,
		Example: `  acol init birds
  acol init birds --set model.backbone.arch=mobilenet --out birds-mobilenet.yaml
  acol init --list
  acol init --recipe cub-resnet50-pp`,
		Args: func(_ *cobra.Command, args []string) error {
			switch one := o.Recipe != "" || o.List; {
			case len(args) > 1:
				return fmt.Errorf("unexpected %q: one folder at a time", args[1])
			case len(args) == 1 && one:
				return fmt.Errorf("unexpected %q: --recipe and --list look at no folder", args[0])
			case o.Recipe != "" && o.List:
				return errors.New("--recipe and --list are two things")
			case len(args) == 0 && !one:
				return errors.New("name a folder of photographs")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Photos = args[0]
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.Out, "out", "o", "", "`FILE` to write (default: the folder's name and .yaml)")
	f.BoolVar(&o.Force, "force", false, "write over a file that is there")
	f.StringVar(&o.Recipe, "recipe", "", "write the recipe of this `NAME`, which is in the program")
	f.BoolVar(&o.List, "list", false, "list the recipes that are in the program")
	f.Float64Var(&o.Minutes, "minutes", usualMinutes,
		"how many minutes `N` a training may take with a larger network")
	addSetFlag(c, &o.Set, "give a key of the recipe this value, `KEY=VALUE`; may be repeated")
	addComputeFlags(c, &o.Set)
	_ = c.RegisterFlagCompletionFunc("recipe", cobra.FixedCompletions(builtInNames(),
		cobra.ShellCompDirectiveNoFileComp))
	return c
}

// builtInNames lists the recipes that are in the program.
func builtInNames() []string {
	var names []string
	for _, r := range configs.All() {
		names = append(names, r.Name)
	}
	return names
}

func runInit(ctx context.Context, o *initOptions) error {
	switch {
	case o.List:
		for _, r := range configs.All() {
			printf(o.streams.Out, "%-28s %s\n", r.Name, r.Summary())
		}
		return nil
	case o.Recipe != "":
		return copyRecipe(o)
	}
	file, _, err := initPhotos(ctx, o)
	if err != nil {
		return err
	}
	o.streams.hint("acol train %s", shellWord(file))
	return nil
}

// copyRecipe writes a recipe that is in the program into a file.
func copyRecipe(o *initOptions) error {
	r, ok := configs.Find(o.Recipe)
	if !ok {
		err := usagef("--recipe: %w", recipe.UnknownBuiltIn(o.Recipe))
		return hinted{err, "acol init --list shows those that are in the program"}
	}
	if len(o.Set) > 0 {
		return hinted{usagef("--set does not go with --recipe"),
			"change the file, or give --set to acol train"}
	}
	file := o.Out
	if file == "" {
		file = r.Name + ".yaml"
	}
	if err := writeRecipe(o, file, r.Text); err != nil {
		return err
	}
	rec, err := recipe.Load(recipe.Options{File: file, Env: o.streams.Env})
	if err != nil {
		return err
	}
	o.streams.say("wrote %s: %s", file, r.Summary())
	if err := recipe.CheckPaths(rec, recipe.DataPaths); err != nil {
		hint := "set data.root in it to where the data set is, now it is " + rec.Data.Root
		var how interface{ Hint() string }
		if errors.As(hintDataSet(err), &how) {
			hint += "; " + how.Hint()
		}
		o.streams.hint("%s", hint)
		return nil
	}
	o.streams.hint("acol train %s", shellWord(file))
	return nil
}

// writeRecipe writes a recipe. A file that is there is an error without --force.
func writeRecipe(o *initOptions, file, text string) error {
	if _, err := os.Lstat(file); err == nil && !o.Force {
		return hinted{fmt.Errorf("%s is there already", file),
			"--force writes over it, --out names another file"}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing the recipe: %w", err)
	}
	return atomicfile.Write(file, func(w io.Writer) error {
		_, err := w.Write([]byte(text))
		return err
	})
}

// initPhotos looks at a folder, chooses a network, and writes the recipe. It returns the recipe's
// file and what it says.
func initPhotos(ctx context.Context, o *initOptions) (string, *recipe.Recipe, error) {
	file := o.Out
	if file == "" {
		file = recipeName(o.Photos) + ".yaml"
	}
	if _, err := os.Lstat(file); err == nil && !o.Force {
		return "", nil, hinted{fmt.Errorf("%s is there already", file),
			"acol train " + shellWord(file) + " trains by it; --force writes it anew, --out names another file"}
	}
	if err := recipe.CheckSet(o.Set); err != nil {
		return "", nil, err
	}
	found, err := scout.Look(o.Photos)
	if err != nil {
		return "", nil, hintPhotos(err)
	}
	if d := &found.Data; d.Train == "." && within(runsFolder, o.Photos) {
		d.Classes = found.Classes // for acol will write folders of its own beside those of the classes
	}
	sayFound(o, found)
	leaveOutBroken(ctx, o.streams, found)
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	ran := shellWord(filepath.ToSlash(filepath.Join(runsFolder, name)))
	r := starter.Recipe{
		File: file, Found: found, Set: o.Set,
		Commands: []string{
			"acol data check --config " + shellWord(file),
			"acol train " + shellWord(file), "acol eval --run " + ran,
			"acol localize --run " + ran + " PHOTOGRAPHS",
		},
	}
	text, rec, err := chooseNetwork(ctx, o, r)
	if err != nil {
		return "", nil, err
	}
	if err := writeRecipe(o, file, text); err != nil {
		return "", nil, err
	}
	o.streams.say("wrote %s", file)
	sayWeights(o.streams, rec.Model.Backbone)
	return file, rec, nil
}

// sayWeights says which file a training will fetch. That nothing is said where the cache cannot be
// opened is for the training to report.
func sayWeights(s *streams, b model.Backbone) {
	f, ok := b.Published()
	cache, err := hub.Open(s.Env)
	if b.WantsPublished() && ok && err == nil && !cache.Has(f.File) {
		s.say("training fetches the weights %s once (%.0f MiB); acol weights get %s does so now",
			f.Name, f.MiB, f.Name)
	}
}

// recipeName is the name of the recipe for a folder: that of the folder, as far as it can be that
// of a run.
func recipeName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || unicode.IsControl(r) {
			return '-'
		}
		return r
	}, strings.TrimLeft(filepath.Base(dir), "."))
	const most = 100
	if len(name) > most || strings.Trim(name, "-") == "" {
		return "photographs"
	}
	return name
}

// sayFound prints what was found in the folder.
func sayFound(o *initOptions, f *scout.Found) {
	s := o.streams
	s.say("%s: %s: %s of %d classes", o.Photos, f.Kind, counted(f.Images(), "image"), len(f.Classes))
	const few = 12
	if n := len(f.Classes); n <= few {
		s.say("classes: %s", strings.Join(f.Classes, ", "))
	}
	shares := ""
	if c := f.Data; c.ValShare > 0 || c.TestShare > 0 {
		shares = ", drawn by class and seed (data.val_share, data.test_share)"
	}
	s.say("train %d, val %d, test %d images%s", f.Train.Images, f.Val.Images, f.Test.Images, shares)
	if f.Val.Boxed+f.Test.Boxed == 0 {
		s.say("no boxes: acol learns without them, and measures classification alone")
	} else {
		s.say("boxes for %d of val and %d of test, to measure where objects are found",
			f.Val.Boxed, f.Test.Boxed)
	}
	const scarce = 5
	switch {
	case f.Least < scarce:
		s.say("warning: class %s has %s to train on: a dozen or more train better",
			f.Rarest, counted(f.Least, "image"))
	case f.Most > 10*f.Least:
		s.say("warning: class %s has %d images to train on, the largest class %d: "+
			"the network may neglect the rare ones", f.Rarest, f.Least, f.Most)
	}
	for _, note := range f.Notes {
		s.say("%s", note)
	}
}

// hintPhotos adds to a folder that cannot be trained on what to do about it.
func hintPhotos(err error) error {
	switch {
	case errors.Is(err, scout.ErrOneClass):
		return hinted{err, "add a folder of something else, " +
			"such as photographs of the same places without it"}
	case errors.Is(err, scout.ErrNoLabels):
		return hinted{err, "sort them into one folder a class, such as cat/1.jpg and dog/2.jpg, or " +
			"write labels.csv with the columns path and label"}
	case errors.Is(err, scout.ErrNoImages):
		return hinted{err, "acol reads JPEG, PNG, GIF, BMP, TIFF and WebP"}
	}
	return err
}
