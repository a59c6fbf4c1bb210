package data

import (
	"errors"
	"fmt"
	"os"
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
	images, err := s.vocSplit(cfg.Root, folder)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	annotations, err := s.vocAnnotations(cfg, images)
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

// vocAnnotations reads the XML files of images.
func (s *Split) vocAnnotations(cfg Config, images []vocImage) ([]*annotation, error) {
	ids, files := make([]string, len(images)), make([]string, len(images))
	for i, im := range images {
		ids[i], files[i] = im.id, im.xml
	}
	return s.readAnnotations(cfg.OnError, ids, files)
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
		others := Split{report: s.quiet()}
		images, err := others.vocSplit(cfg.Root, folder)
		if err != nil { // a split that is not there names no class
			continue
		}
		all, err := others.vocAnnotations(cfg, images)
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
