package recipe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"acol/internal/model"
	"acol/internal/regular"
)

// Paths says which files and folders of a recipe a command is about to read. Values combine with |.
type Paths uint

// The files and folders that CheckPaths looks for.
const (
	// DataPaths are data.root, data.masks, data.class_names and, for a format that reads it,
	// data.metadata.
	DataPaths Paths = 1 << iota
	// WeightsPath is model.backbone.weights.
	WeightsPath
)

// CheckPaths returns an *Error that lists the files and folders of r that are missing, or that are
// not what they should be. Relative paths are below the working directory.
func CheckPaths(r *Recipe, which Paths) error {
	var p problems
	if which&DataPaths != 0 {
		checkPath(&p, "data.root", r.Data.Root, true)
		if r.Data.ReadsMetadata() {
			checkPath(&p, "data.metadata", r.Data.Metadata, true)
		}
		if r.Data.Masks != "" {
			checkPath(&p, "data.masks", r.Data.Masks, true)
		}
		if r.Data.ClassNames != "" {
			checkPath(&p, "data.class_names", r.Data.ClassNames, false)
		}
	}
	if which&WeightsPath != 0 && r.Model.Backbone.Weights != "" {
		checkWeights(&p, r.Model.Backbone)
	}
	return p.err()
}

// checkWeights reports a file of weights that is missing, and a name of weights that torchvision
// does not publish for the backbone. It opens no connection.
func checkWeights(p *problems, b model.Backbone) {
	const key = "model.backbone.weights"
	if !b.WantsPublished() {
		checkPath(p, key, string(b.Weights), false)
	} else if _, ok := b.Published(); !ok {
		what := strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Arch, b.Depth, b.Variant))
		if b.Width != 1 {
			what += fmt.Sprintf(" of width %g", b.Width)
		}
		p.add(Problem{
			Key: key, Msg: fmt.Sprintf("torchvision publishes no weights %s for %s", b.Weights, what),
			Hint: "acol weights list shows what there is",
		})
	}
}

// checkPath reports a path that does not exist, or that is not a folder or not a file as wanted.
func checkPath(p *problems, key, path string, folder bool) {
	info, err := os.Stat(path)
	x := Problem{Key: key, Cause: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.Msg = show(path) + " does not exist"
		x.Hint = didYouMean(nearestPath(path))
		if x.Hint == "" {
			x.Hint = fmt.Sprintf("pass where it lies with --set %s=PATH", key)
		}
	case err != nil:
		x.Msg = err.Error()
	case folder && !info.IsDir():
		x.Msg = show(path) + " is not a folder"
	case !folder:
		if x.Cause = regular.Check(show(path), info); x.Cause == nil {
			return
		}
		x.Msg = x.Cause.Error()
	default:
		return
	}
	p.add(x)
}

// nearestPath corrects the first part of a path that does not exist. It returns "" if the folder
// above that part holds no similar name, or if the corrected path does not exist either.
func nearestPath(path string) string {
	rest := ""
	for path = filepath.Clean(path); ; path = filepath.Dir(path) {
		dir := filepath.Dir(path)
		if dir == path {
			return ""
		}
		if names, err := someNames(dir); err == nil {
			name := nearestName(filepath.Base(path), names)
			found := filepath.Join(dir, name, rest)
			if _, err := os.Stat(found); name == "" || err != nil {
				return ""
			}
			return found
		}
		rest = filepath.Join(filepath.Base(path), rest)
	}
}

// someNames lists a folder, or the first few thousand names of a large one.
func someNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(4096)
	if len(names) > 0 {
		return names, nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return names, nil
}
