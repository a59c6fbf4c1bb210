package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"acol/internal/data/pixels"
	"acol/internal/regular"
)

// source is an image to localize.
type source struct {
	Path string
	// Sub is the folder below the output folder that its pictures go to.
	Sub string
	// Err says why it cannot be read, where that is known before trying.
	Err error
}

// findImages lists the images that the arguments name, those of a folder in the
// order of their names.
func findImages(o *localizeOptions) ([]source, error) {
	out, err := absolute(o.Out)
	if err != nil {
		return nil, err
	}
	var all []source
	for _, arg := range o.Images {
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			all = append(all, source{Path: arg, Err: err})
		case info.IsDir():
			found, err := walkImages(arg, out)
			if err != nil {
				return nil, err
			}
			if len(found) == 0 {
				o.streams.say("no images in %s", arg)
			}
			all = append(all, found...)
		default:
			all = append(all, source{Path: arg, Err: regular.Check(arg, info)})
		}
	}
	if len(all) == 0 {
		return nil, hinted{errors.New("no images to localize"),
			"folders are searched for .jpg, .jpeg, .png, .gif, .bmp, .tif, .tiff and .webp"}
	}
	return all, nil
}

// ours marks the pictures that acol writes beside inputs.
const ours = ".acol"

// walkImages lists the images below a folder; out, an absolute path, is left out if
// it lies deeper. A folder in it that cannot be listed is an entry with an error.
func walkImages(root, out string) ([]source, error) {
	top, err := absolute(root)
	if err != nil {
		return nil, err
	}
	var found []source
	visit := func(path string, e fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(root, path)
		switch {
		case relErr != nil:
			return relErr
		case err != nil:
			found = append(found, source{Path: filepath.Clean(path), Err: err})
			return nil
		case rel == ".":
			return nil
		case strings.HasPrefix(e.Name(), "."), e.IsDir() && filepath.Join(top, rel) == out:
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir(), !pixels.IsImageName(e.Name()), strings.Contains(e.Name(), ours+"."):
			return nil
		}
		s := source{Path: filepath.Join(root, rel), Sub: filepath.Dir(rel)}
		info, err := os.Stat(s.Path)
		if s.Err = err; err == nil {
			s.Err = regular.Check(s.Path, info)
		}
		found = append(found, s)
		return nil
	}
	// A trailing slash makes WalkDir follow a link to a folder.
	err = filepath.WalkDir(root+string(filepath.Separator), visit)
	return found, err
}

// absolute is a path from the root with links followed as far as it exists.
func absolute(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	rest := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest), nil
		}
		if dir == filepath.Dir(dir) {
			return path, nil
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}
