package scout

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/data/pixels"
)

// Bounds of what is looked at: entries in all, folders within folders, and the depth up to which
// links to folders are followed, which is where those of classes may be. Links may form circles.
const (
	maxEntries = 1 << 21
	maxDepth   = 12
	maxLinks   = 3
)

// folder is what lies in a folder. Hidden files and folders do not count.
type folder struct {
	name string
	path string
	// images are the files that are named like images which acol reads, directly in the folder.
	images []string
	// lists are other files directly in the folder whose endings lists have: txt, csv, tsv, json,
	// xml, yaml, yml.
	lists []string
	// below are the folders in the folder, by name.
	below []*folder
	// all counts the images of the folder and of all folders below it.
	all int
}

// tree is a folder with everything below it.
type tree struct {
	*folder
	// unread counts pictures and films of kinds that acol does not read, by their ending.
	unread map[string]int
	left   int  // entries that may still be looked at
	cut    bool // not everything was looked at
}

// unreadable are the endings of pictures and films that acol does not read.
var unreadable = []string{
	".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".svg", ".psd", ".eps", ".pdf", ".dng", ".cr2",
	".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".mov", ".mp4", ".avi",
}

// listEndings are the endings of files that may say what is in pictures.
var listEndings = []string{".txt", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml"}

// walk looks at a folder and at all below it, as far as the bounds go.
func walk(dir string) (*tree, error) {
	t := &tree{unread: map[string]int{}, left: maxEntries}
	var err error
	t.folder, err = t.visit(dir, 0)
	return t, err
}

// visit looks at a folder. It is no error if one below cannot be read: it counts as empty.
func (t *tree) visit(dir string, depth int) (*folder, error) {
	f := &folder{name: filepath.Base(dir), path: dir}
	names, err := t.names(dir)
	if err != nil || isRun(names) {
		return f, err
	}
	for _, e := range names {
		path := filepath.Join(dir, e.Name())
		mode := e.Type()
		if mode&os.ModeSymlink != 0 {
			info, err := os.Stat(path)
			if err != nil || info.IsDir() && depth >= maxLinks {
				continue
			}
			mode = info.Mode()
		}
		ending := strings.ToLower(filepath.Ext(e.Name()))
		switch {
		case mode.IsDir() && depth < maxDepth:
			sub, _ := t.visit(path, depth+1)
			f.below = append(f.below, sub)
			f.all += sub.all
		case mode.IsDir():
			t.cut = true
		case !mode.IsRegular():
		case pixels.IsImageName(e.Name()):
			f.images = append(f.images, e.Name())
		case slices.Contains(unreadable, ending):
			t.unread[ending]++
		case slices.Contains(listEndings, ending):
			f.lists = append(f.lists, e.Name())
		}
	}
	f.all += len(f.images)
	return f, nil
}

// isRun says whether the files of a folder are those of a training's run, whose pictures are not
// photographs.
func isRun(names []os.DirEntry) bool {
	of := 0
	for _, e := range names {
		if e.Name() == "recipe.yaml" || e.Name() == "log.jsonl" || e.Name() == "last.safetensors" {
			of++
		}
	}
	return of > 1
}

// names lists a folder by name, without what is hidden.
func (t *tree) names(dir string) ([]os.DirEntry, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.ReadDir(t.left + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(names) > t.left {
		names, t.cut = names[:t.left], true
	}
	t.left -= len(names)
	names = slices.DeleteFunc(names, func(e os.DirEntry) bool {
		return strings.HasPrefix(e.Name(), ".")
	})
	slices.SortFunc(names, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return names, nil
}

// sub returns the folder of one of the names, whichever case it is written in; nil for none.
func (f *folder) sub(names ...string) *folder {
	for _, name := range names {
		for _, b := range f.below {
			if strings.EqualFold(b.name, name) {
				return b
			}
		}
	}
	return nil
}

// has says whether the folder holds a list of a name.
func (f *folder) has(name string) bool { return slices.Contains(f.lists, name) }

// listed gives the lists of the folder with one of the endings.
func (f *folder) listed(endings ...string) []string {
	var names []string
	for _, name := range f.lists {
		if slices.Contains(endings, strings.ToLower(filepath.Ext(name))) {
			names = append(names, name)
		}
	}
	return names
}

// filled gives the folders below that have images, in them or further below.
func (f *folder) filled() []*folder {
	var list []*folder
	for _, b := range f.below {
		if b.all > 0 {
			list = append(list, b)
		}
	}
	return list
}
