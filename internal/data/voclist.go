package data

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/data/pixels"
)

// vocSplit lists the images of a split, in any of the layouts, and reports annotations without an
// image.
func (s *Split) vocSplit(root, folder string) ([]vocImage, error) {
	list := filepath.Join(root, filepath.FromSlash(vocLists), folder+".txt")
	if _, err := os.Stat(list); err == nil {
		return s.vocListed(root, list)
	}
	dir := filepath.Join(root, folder)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: found neither the list %s/%s.txt nor the folder %s",
			root, vocLists, folder, folder)
	}
	images, annotations := folder, dir
	if _, err := os.Stat(filepath.Join(dir, vocImages)); err == nil {
		images, annotations = path.Join(folder, vocImages), filepath.Join(dir, vocAnnotations)
	}
	return s.vocFolder(root, images, annotations)
}

// vocFolder lists the images of the folder of that name below root, and those of folders in it that
// have an XML file at the same place below annotations.
func (s *Split) vocFolder(root, images, annotations string) ([]vocImage, error) {
	xmls, err := filesBelow(annotations, func(name string) bool {
		return strings.EqualFold(path.Ext(name), ".xml")
	})
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	names, err := filesBelow(filepath.Join(root, images), pixels.IsImageName)
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(xmls)) // whether it has an image
	for _, x := range xmls {
		have[x] = false
	}
	var all []vocImage
	for _, n := range names {
		xml := strings.TrimSuffix(n, path.Ext(n)) + ".xml"
		if _, there := have[xml]; there {
			have[xml] = true
		} else if strings.Contains(n, "/") {
			continue
		}
		all = append(all, vocImage{
			path.Join(images, n), filepath.Join(annotations, filepath.FromSlash(xml)),
		})
	}
	for _, x := range xmls {
		if !have[x] {
			file := filepath.Join(annotations, filepath.FromSlash(x))
			s.remark(&Problem{File: file, Err: ErrNoImage})
		}
	}
	return all, nil
}

// filesBelow lists the files in dir and its folders whose names are wanted, sorted, as paths below
// dir with slashes. Hidden files and folders do not count.
func filesBelow(dir string, wanted func(name string) bool) ([]string, error) {
	var names []string
	top := filepath.Clean(dir)
	// A trailing slash makes WalkDir follow a link to a folder.
	walk := top + string(filepath.Separator)
	err := filepath.WalkDir(walk, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(e.Name(), ".") && p != walk
		switch {
		case e.IsDir() && hidden:
			return fs.SkipDir
		case !e.IsDir() && !hidden && wanted(e.Name()):
			names = append(names, below(top, p))
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// vocListed reads a list of ImageSets/Main. It names images without their endings, which are
// those of the files in JPEGImages.
func (s *Split) vocListed(root, list string) ([]vocImage, error) {
	dir := filepath.Join(root, vocImages)
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	files := vocFiles{dir: dir, folders: map[string]map[string][]string{}}
	seen := map[string]bool{}
	var all []vocImage
	err := eachNumberedLine(list, s.report, func(number int, line string) error {
		id := strings.TrimSpace(line)
		if !filepath.IsLocal(filepath.FromSlash(id)) {
			return fmt.Errorf("image id %q leaves the data root", id)
		}
		found := files.of(id)
		if fields := strings.Fields(id); len(found) == 0 && len(fields) == 2 &&
			slices.Contains([]string{"-1", "0", "1"}, fields[1]) && len(files.of(fields[0])) > 0 {
			return fmt.Errorf("%q is a line of a class's list: name one that has images alone", id)
		}
		file := id + ".jpg"
		if len(found) > 0 {
			file = found[0]
		}
		if seen[file] {
			return fmt.Errorf("image %q %w", id, ErrTwice)
		}
		seen[file] = true
		if err := checkSlashes(filepath.Join(dir, file), id); err != nil {
			return err
		}
		name := path.Join(vocImages, file)
		xml := strings.TrimSuffix(file, path.Ext(file)) + ".xml"
		xml = filepath.Join(root, vocAnnotations, filepath.FromSlash(xml))
		all = append(all, vocImage{name, xml})
		if len(found) > 1 {
			reason := fmt.Errorf("image %q %w, %s; the first is read",
				id, ErrSeveral, strings.Join(found, " and "))
			s.remark(&Problem{File: list, Line: number, Image: name, Err: reason})
		}
		return nil
	})
	return all, err
}

// vocFiles finds the images of JPEGImages by their names without endings. It lists each folder
// once.
type vocFiles struct {
	dir     string
	folders map[string]map[string][]string // the files by folder and by name without ending
}

// of gives the files of an id below dir, .jpg first, which is what the devkit has. An id may have
// the ending of its file.
func (v *vocFiles) of(id string) []string {
	folder, name := path.Split(id)
	files, listed := v.folders[folder]
	if !listed {
		files = map[string][]string{}
		names, err := imageNames(filepath.Join(v.dir, filepath.FromSlash(folder)))
		if err != nil {
			names = nil
		}
		for _, n := range names {
			stem, ending := strings.TrimSuffix(n, path.Ext(n)), path.Ext(n)
			if ending == ".jpg" {
				files[stem] = slices.Insert(files[stem], 0, n)
			} else {
				files[stem] = append(files[stem], n)
			}
		}
		v.folders[folder] = files
	}
	found := files[name]
	stem := strings.TrimSuffix(name, path.Ext(name))
	if found == nil && slices.Contains(files[stem], name) {
		found = []string{name}
	}
	all := make([]string, len(found))
	for i, f := range found {
		all[i] = folder + f
	}
	return all
}
