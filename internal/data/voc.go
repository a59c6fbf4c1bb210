package data

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Folders of a Pascal VOC data set.
const (
	vocImages      = "JPEGImages"
	vocAnnotations = "Annotations"
	vocLists       = "ImageSets/Main"
)

// vocCorners says that coordinates count from 1 (VOC2012 devkit, section 5.2).
var vocCorners = corners{origin: 1, clip: true}

// vocImage is the id of an image and the XML file that describes it.
type vocImage struct{ id, xml string }

// openVOC reads XML files as Pascal VOC has them, in one of the layouts
//
//	ImageSets/Main/SPLIT.txt (an id a line), JPEGImages/ID.jpg, Annotations/ID.xml
//	SPLIT/JPEGImages/ID.jpg, SPLIT/Annotations/ID.xml
//	SPLIT/ID.jpg beside SPLIT/ID.xml
//
// Classes are in the order of their names, which come from the lists CLASS_SPLIT.txt of
// ImageSets/Main or, if there are none, from the objects of all splits. An image may have several
// labels. An image without an object is left out.
func (s *Split) openVOC(cfg Config, key, folder string) error {
	images, err := vocSplit(cfg.Root, folder, s.report)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	files := make([]string, len(images))
	for i, im := range images {
		files[i] = im.xml
	}
	annotations, err := s.readAnnotations(files)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if s.Classes, err = s.vocClasses(cfg, annotations); err != nil {
		return err
	}
	index := indexOf(s.Classes)
	for i, im := range images {
		if annotations[i] == nil {
			continue
		}
		sample, err := newSample(cfg.Root, im.id)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if err := s.annotated(&sample, annotations[i], im.xml, index, vocCorners); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		s.Samples = append(s.Samples, sample)
	}
	if err := s.checkMeasured(cfg.Root, vocCorners.clip); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// vocSplit lists the images of a split, in any of the layouts.
func vocSplit(root, folder string, report func(*Problem)) ([]vocImage, error) {
	list := filepath.Join(root, filepath.FromSlash(vocLists), folder+".txt")
	if _, err := os.Stat(list); err == nil {
		return vocListed(root, list, report)
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
	names, err := imageNames(filepath.Join(root, images))
	if err != nil {
		return nil, err
	}
	all := make([]vocImage, len(names))
	for i, n := range names {
		all[i] = vocImage{path.Join(images, n), filepath.Join(annotations, xmlName(n))}
	}
	return all, nil
}

// vocListed reads a list of ImageSets/Main. It names images without their endings, which are
// those of the files in JPEGImages.
func vocListed(root, list string, report func(*Problem)) ([]vocImage, error) {
	names, err := imageNames(filepath.Join(root, vocImages))
	if err != nil {
		return nil, err
	}
	name := map[string]string{}
	for _, n := range names {
		name[strings.TrimSuffix(n, filepath.Ext(n))] = n
	}
	seen := map[string]bool{}
	var all []vocImage
	err = eachLine(list, report, func(line string) error {
		fields := strings.Fields(line)
		id := fields[0]
		if len(fields) != 1 {
			return fmt.Errorf("%q has %d fields, want an image's name", line, len(fields))
		}
		if seen[id] {
			return fmt.Errorf("image %q %w", id, ErrTwice)
		}
		if !filepath.IsLocal(id) {
			return fmt.Errorf("image id %q leaves the data root", id)
		}
		seen[id] = true
		file := name[id]
		if file == "" {
			file = id + ".jpg"
		}
		xml := filepath.Join(root, vocAnnotations, id+".xml")
		all = append(all, vocImage{path.Join(vocImages, file), xml})
		return nil
	})
	return all, err
}

// vocClasses gives the names of the classes, sorted. own are the annotations of this split.
func (s *Split) vocClasses(cfg Config, own []*annotation) ([]string, error) {
	if names := vocListedClasses(cfg.Root); len(names) > 0 {
		return names, nil
	}
	var names []string
	take := func(all []*annotation) {
		for _, a := range all {
			if a != nil {
				for _, o := range a.objects {
					names = append(names, o.name)
				}
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	take(own)
	for _, split := range splitNames {
		key, folder, err := cfg.folderOf(split)
		if err != nil {
			return nil, err
		}
		if folder == "" || split == s.Name {
			continue
		}
		images, err := vocSplit(cfg.Root, folder, s.quiet())
		if err != nil { // a split that is not there names no class
			continue
		}
		files := make([]string, len(images))
		for i, im := range images {
			files[i] = im.xml
		}
		others := Split{report: s.quiet()}
		all, err := others.readAnnotations(files)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		take(all)
	}
	if len(names) == 0 {
		return nil, errors.New("data.root: no object in any annotation")
	}
	return names, nil
}

// vocListedClasses gives the classes that have lists of their own in ImageSets/Main.
func vocListedClasses(root string) []string {
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(vocLists)))
	if err != nil {
		return nil
	}
	for _, ending := range []string{"_trainval.txt", "_train.txt", "_test.txt"} {
		var names []string
		for _, e := range entries { // sorted
			if name, ok := strings.CutSuffix(e.Name(), ending); ok {
				names = append(names, name)
			}
		}
		if len(names) > 1 {
			slices.Sort(names)
			return names
		}
	}
	return nil
}
