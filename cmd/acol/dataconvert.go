package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"acol/internal/data"
	"acol/internal/recipe"
)

type dataConvertOptions struct {
	streams *streams
	Config  string
	Set     []string
	Splits  []string
	To      string
	Dir     string
	JSON    bool
}

func newDataConvertCmd(
	s *streams, runF func(context.Context, *dataConvertOptions) error,
) *cobra.Command {
	o := &dataConvertOptions{streams: s}
	c := &cobra.Command{
		Use:   "convert --to FORMAT DIR",
		Short: "Write a data set's lists in the format of wsolevaluation or COCO",
		Long: `Write the lists of a recipe's data set into the new folder DIR. They may be in any
format that acol reads. The formats to write are wsol, the metadata of
wsolevaluation with a folder for each split, and coco, COCO's JSON with a file for
each split. The names of the classes go to DIR/CLASSES.

The images stay where they are, and the last message says which data.root finds
them. Reading the lists again gives the same samples. Where images have several
labels, only coco keeps them all. DIR is written as a whole or not at all.

Exit codes: 0 done; 1 failed, for example because DIR is not empty; 2 wrong flags or
recipe; 130 interrupted, with nothing written.`,
		Example: `  acol data convert --config configs/cub-resnet50-pp.yaml --to wsol data/cub-metadata
  acol data convert --set data.format=voc --set data.root=/data/VOC2012 --to coco out`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Dir = args[0]
			if o.To == "" {
				return hinted{usagef("--to is missing"), "--to " + strings.Join(data.Writable(), " or --to ")}
			}
			if err := o.convert().Check(); err != nil {
				return usageError{fmt.Errorf("--to: %w", err)}
			}
			return runF(c.Context(), o)
		},
	}
	recipeFlags(c, &o.Config, &o.Set, &o.Splits)
	c.Flags().StringVar(&o.To, "to", "", "`FORMAT` to write: "+strings.Join(data.Writable(), " or "))
	c.Flags().BoolVar(&o.JSON, "json", false,
		"print what was written, and the keys that read it, as one JSON object")
	return c
}

func (o *dataConvertOptions) convert() data.ConvertOptions {
	return data.ConvertOptions{To: data.Format(o.To), Dir: o.Dir, Splits: o.Splits}
}

// convertedJSON says what was written.
type convertedJSON struct {
	Format     string         `json:"format"`
	Root       string         `json:"root"`
	Metadata   string         `json:"metadata"`
	ClassNames string         `json:"class_names"`
	Masks      string         `json:"masks,omitempty"`
	Images     map[string]int `json:"images"`
	Unread     int            `json:"unread"`
}

func runDataConvert(ctx context.Context, o *dataConvertOptions) error {
	rec, err := recipe.Load(recipe.Options{File: o.Config, Set: o.Set, Env: o.streams.Env})
	if err != nil {
		return err
	}
	if _, err := rec.Data.Named(o.Splits); err != nil {
		return usageError{err}
	}
	bar := newProgress(o.streams, "measuring", "images")
	defer bar.done()
	listed := o.streams.saySlow("reading the lists")
	opt := o.convert()
	var mu sync.Mutex
	opt.Progress = func(done, total int) {
		mu.Lock()
		defer mu.Unlock()
		listed()
		bar.update(done, total)
	}
	done, err := data.Convert(ctx, rec.Data, opt)
	listed()
	if err != nil {
		return fmt.Errorf("converting data: %w", err)
	}
	bar.done()
	out := convertedJSON{
		Format: o.To, Root: done.Root, Metadata: o.Dir, ClassNames: done.Names, Masks: done.Masks,
		Images: map[string]int{}, Unread: done.Unread,
	}
	var parts []string
	for i, split := range done.Splits {
		out.Images[split] = done.Images[i]
		parts = append(parts, fmt.Sprintf("%d %s", done.Images[i], split))
	}
	o.streams.say("wrote the lists of %s images to %s", strings.Join(parts, ", "), o.Dir)
	if done.LeftOut > 0 {
		o.streams.say("%s left out: no annotation", counted(done.LeftOut, "image"))
	}
	if done.Unread > 0 {
		o.streams.say("%s without a size: no file that can be read", counted(done.Unread, "image"))
		o.streams.hint("acol data check says what is wrong with them")
	}
	keys := fmt.Sprintf("--set data.format=%s --set data.root=%s --set data.metadata=%s "+
		"--set data.class_names=%s", out.Format, shellWord(out.Root), shellWord(out.Metadata),
		shellWord(out.ClassNames))
	if out.Masks != "" {
		keys += " --set data.masks=" + shellWord(out.Masks)
	}
	if rec.Data.ValShare > 0 || rec.Data.TestShare > 0 { // the lists have the shares as splits
		keys += " --set data.train=train --set data.val_share=0 --set data.test_share=0"
	}
	o.streams.hint("read with %s", keys)
	if o.JSON {
		return newJSONLines(o.streams.Out).Encode(out)
	}
	return nil
}
