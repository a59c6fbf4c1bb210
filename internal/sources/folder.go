package sources

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/data/pixels"
	"acol/internal/regular"
)

// Folder is a folder that was searched.
type Folder struct {
	Path string
	// Found is how many images it has.
	Found int
	// Pictures are the kinds of pictures that were left out because package pixels does not read
	// them; Others are the other files, by the endings of their names. The most frequent come
	// first.
	Pictures, Others []Left
}

// Left counts the files of one kind that were left out of a folder.
type Left struct {
	// Kind is what people call the pictures, such as HEIC, or the ending of the names, such as
	// .xml; "" for names without one.
	Kind  string
	N     int
	First string // the path of the first of them
}

// idle are files that systems leave in folders of pictures.
var idle = []string{"thumbs.db", "desktop.ini", "icon\r"}

// folder adds the images below a folder. A folder in it that cannot be listed is an image with an
// error. Outputs go to prefix and the folders below.
func (s *Set) folder(root, prefix string) error {
	top, err := Absolute(root)
	if err != nil {
		return err
	}
	f := &Folder{Path: root}
	s.Folders = append(s.Folders, f)
	visit := func(path string, e fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(root, path)
		switch {
		case relErr != nil:
			return relErr
		case err != nil:
			path = filepath.Clean(path)
			s.Images = append(s.Images, &Image{Name: path, Path: path, Err: err})
			f.Found++
			return nil
		case rel == ".":
			return nil
		case strings.HasPrefix(e.Name(), "."), e.IsDir() && filepath.Join(top, rel) == s.opt.Out:
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir(), s.marked(e.Name()):
			return nil
		case !pixels.IsImageName(e.Name()):
			f.leave(filepath.Join(root, rel))
			return nil
		}
		path = filepath.Join(root, rel)
		im := &Image{Name: path, Path: path, Sub: filepath.Join(prefix, filepath.Dir(rel))}
		info, err := os.Stat(path)
		if im.Err = err; err == nil {
			im.Err = regular.Check(path, info)
		}
		s.Images = append(s.Images, im)
		f.Found++
		return nil
	}
	// A trailing slash makes WalkDir follow a link to a folder.
	err = filepath.WalkDir(root+string(filepath.Separator), visit)
	for _, left := range [][]Left{f.Pictures, f.Others} {
		slices.SortStableFunc(left, func(a, b Left) int { return cmp.Compare(b.N, a.N) })
	}
	return err
}

// leave counts a file that is no image.
func (f *Folder) leave(path string) {
	name := strings.ToLower(filepath.Base(path))
	if slices.Contains(idle, name) {
		return
	}
	list, kind := &f.Pictures, pixels.ForeignKind(name)
	if kind == "" {
		list, kind = &f.Others, filepath.Ext(name)
	}
	for i := range *list {
		if (*list)[i].Kind == kind {
			(*list)[i].N++
			return
		}
	}
	*list = append(*list, Left{kind, 1, path})
}
