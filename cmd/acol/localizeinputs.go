package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"acol/internal/data/pixels"
	"acol/internal/localize"
	"acol/internal/run"
	"acol/internal/sources"
)

// ours marks the pictures that acol writes beside inputs.
const ours = ".acol"

func addSourceFlags(c *cobra.Command, o *localizeOptions) {
	c.Flags().StringVar(&o.List, "list", "",
		"`FILE` with a path or an address on each line; - for standard input")
}

// findImages finds the images that the arguments name, and says what it left out of folders.
func findImages(ctx context.Context, o *localizeOptions) (*sources.Set, error) {
	out, err := sources.Absolute(o.Out)
	if err != nil {
		return nil, err
	}
	if err := checkStdin(o); err != nil {
		return nil, err
	}
	set, err := sources.Find(ctx, sources.Options{
		Args: o.Images, List: o.List, Out: out, Mark: ours + ".", In: o.streams.In,
	})
	if ctx.Err() != nil {
		return nil, stoppedError{}
	}
	if err != nil {
		return nil, err
	}
	for _, f := range set.Folders {
		sayLeftOut(o.streams, f)
	}
	if len(set.Images) == 0 {
		return nil, hinted{errors.New("no images to localize"),
			"folders are searched for .jpg, .jpeg, .png, .gif, .bmp, .tif, .tiff and .webp"}
	}
	return set, nil
}

// stoppedError says that the user stopped the command before it had its images.
type stoppedError struct{}

func (stoppedError) Error() string { return "interrupted while images were looked for" }

func (stoppedError) Is(target error) bool { return target == context.Canceled }

// checkStdin refuses to wait for a person to type an image, which looks as if acol hung.
func checkStdin(o *localizeOptions) error {
	image, list := false, o.List == sources.Stdin
	for _, arg := range o.Images {
		image = image || arg == sources.Stdin
	}
	if image && list {
		return usagef("standard input is either an image or a list: - and --list - exclude each other")
	}
	if f, ok := o.streams.In.(*os.File); !ok || !image && !list || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	if image {
		return hinted{usagef("standard input is a terminal, not an image"),
			"acol localize - < bird.jpg"}
	}
	return hinted{usagef("standard input is a terminal, not a list of images"),
		"find photos -name '*.jpg' | acol localize --list -"}
}

// sayLeftOut tells of the files of a folder that are no images for acol.
func sayLeftOut(s *streams, f *sources.Folder) {
	if f.Found == 0 {
		s.say("no images in %s", f.Path)
	}
	if len(f.Pictures) > 0 {
		s.say("left out of %s, since acol does not read them: %s", f.Path, leftList(f.Pictures))
		first := f.Pictures[0].First
		s.hint("convert them first, for example: magick %s %s", shellWord(first),
			shellWord(strings.TrimSuffix(first, filepath.Ext(first))+".png"))
	}
	if len(f.Others) > 0 {
		s.say("left out of %s: %s", f.Path, leftList(f.Others))
	}
	if run.Folder(f.Path).IsRun() {
		s.hint("%s is the folder of a run: acol localize --run %s IMAGE uses its model",
			f.Path, shellWord(f.Path))
	}
}

// leftList counts files by their kinds: "3 HEIC (photos/a.heic, …), 1 .txt (photos/notes.txt)".
func leftList(left []sources.Left) string {
	const most = 4
	var parts []string
	rest := 0
	for i, l := range left {
		if i >= most {
			rest += l.N
			continue
		}
		kind, more := l.Kind, ""
		if kind == "" {
			kind = "without an ending"
		}
		if l.N > 1 {
			more = ", …"
		}
		parts = append(parts, fmt.Sprintf("%d %s (%s%s)", l.N, kind, l.First, more))
	}
	if rest > 0 {
		parts = append(parts, counted(rest, "other"))
	}
	return strings.Join(parts, ", ")
}

// opened is an image as a localizer takes it.
func opened(ctx context.Context, in *sources.Image) localize.Source {
	switch {
	case in.Err != nil:
		return localize.Failed(in.Name, in.Err)
	case !in.Remote():
		return localize.File(in.Path)
	}
	return localize.Source{
		Name: in.Name,
		Need: func() (pixels.Need, error) {
			path, err := in.File(ctx)
			if err != nil {
				return pixels.Need{}, err
			}
			return pixels.MeasureAs(path, in.Name, true)
		},
		Load: func() (image.Image, error) {
			path, err := in.File(ctx)
			if err != nil {
				return nil, err
			}
			return pixels.LoadAs(path, in.Name, true)
		},
	}
}

// failedImage is what --json prints of an image that could not be processed.
type failedImage struct {
	Image string `json:"image"`
	Error string `json:"error"`
}

// anyReadable is an error where not one of the images can be read, each of which it reports, so
// that no weights are fetched for a mistyped name.
func anyReadable(o *localizeOptions, images []*sources.Image) error {
	for _, im := range images {
		if im.Err == nil {
			return nil
		}
	}
	w := &resultWriter{o: o}
	for _, im := range images {
		o.streams.say("failed: %v", im.Err)
		if err := w.printFailure(im.Name, im.Err.Error()); err != nil {
			return fmt.Errorf("printing the results: %w", err)
		}
	}
	return partialError{len(images), len(images)}
}

// printFailure prints the line of an image that failed, where lines are JSON.
func (w *resultWriter) printFailure(name, text string) error {
	if !w.o.JSON {
		return nil
	}
	return newJSONLines(w.o.streams.Out).Encode(failedImage{name, text})
}
