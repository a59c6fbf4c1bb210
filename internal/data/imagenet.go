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

// Names of files in Kaggle's archive and in the devkits of ILSVRC.
const (
	kaggleClasses = "LOC_synset_mapping.txt"
	kaggleTruth   = "LOC_val_solution.csv"
	devkitClasses = "map_clsloc.txt"
	devkitMeta    = "meta.mat"
	groundTruth   = "ILSVRC2012_validation_ground_truth.txt"
)

// openImageNet reads the classification and localization set of ILSVRC 2012 as its owners pack
// it. The folders of the splits are below root, in Data/CLS-LOC, or in ILSVRC/Data/CLS-LOC as in
// Kaggle's archive. A split may have a folder for each synset, which gives the labels. The images
// of a flat validation folder are labelled by the first of
//
//	Annotations/CLS-LOC/val/*.xml, bbox_val/*.xml or ILSVRC2012_bbox_val_v3/val/*.xml
//	LOC_val_solution.csv
//	ILSVRC2012_validation_ground_truth.txt
//
// below root or metadata. Labels are in torchvision's order, that of the sorted synsets, whatever
// the source: the devkit's numbers are mapped by map_clsloc.txt if it is there, else by the order
// that all devkits have; see ilsvrcText.
func (s *Split) openImageNet(cfg Config, key, folder string) error {
	in := imageNetPlaces(cfg)
	dir := filepath.Join(in.images, folder)
	const what = "one folder a synset, or ImageNet's validation images"
	if err := wantFolder(key, dir, what); err != nil {
		return err
	}
	var err error
	if s.Classes, err = in.synsets(cfg, dir); err != nil {
		return err
	}
	index := indexOf(s.Classes)
	if folders, err := classFolders(dir); err == nil {
		err = s.addSynsets(in, folder, folders, index)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	} else if err := s.addFlat(in, folder); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if err := s.addImageNetTruth(in, folder, index); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if err := s.checkMeasured(in.images, imageNetCorners.clip); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// imageNetCorners says that boxes are used as the files have them, as wsolevaluation uses them.
var imageNetCorners = corners{origin: 0, clip: false}

// imageNet is where the parts of ImageNet are.
type imageNet struct {
	images  string   // the folder of the splits
	places  []string // where annotations and the devkit may be
	onError OnError
}

// imageNetPlaces finds out where the parts of the data set are.
func imageNetPlaces(cfg Config) imageNet {
	in := imageNet{images: cfg.Root, onError: cfg.OnError}
	inner := filepath.Join("Data", "CLS-LOC")
	for _, sub := range []string{"", "ILSVRC"} {
		base := filepath.Join(cfg.Root, sub)
		in.places = append(in.places, base)
		if info, err := os.Stat(filepath.Join(base, inner)); err == nil && info.IsDir() {
			in.images = filepath.Join(base, inner)
		}
	}
	if cfg.Metadata != "" {
		in.places = append(in.places, cfg.Metadata)
	}
	for _, base := range slices.Clone(in.places) {
		for _, sub := range []string{"data", "devkit/data", "ILSVRC2012_devkit_t12/data"} {
			in.places = append(in.places, filepath.Join(base, filepath.FromSlash(sub)))
		}
	}
	return in
}

// find gives the path of the first of some files or folders that is in one of the places, or "".
func (in imageNet) find(names ...string) string {
	for _, name := range names {
		for _, base := range in.places {
			p := filepath.Join(base, filepath.FromSlash(name))
			if _, err := os.Stat(p); err == nil {
				return p
			}
		}
	}
	return ""
}

// synsets gives the classes, sorted as torchvision sorts them. They come from a list of all
// classes, else from the folders of train, else from the folders of the split itself. The
// devkit's meta.mat stands for a list of all classes of ILSVRC, and so does its ground truth if
// there are no folders.
func (in imageNet) synsets(cfg Config, dir string) ([]string, error) {
	if file := in.find(kaggleClasses, devkitClasses); file != "" {
		_, names, err := readSynsets(file)
		return names, err
	}
	if in.find(devkitMeta) != "" {
		return ilsvrcClasses().sorted(), nil
	}
	for _, d := range []string{filepath.Join(in.images, cfg.Train), dir} {
		folders, err := classFolders(d)
		if err != nil || cfg.Train == "" && d != dir {
			continue
		}
		for _, name := range folders {
			if !isSynset(name) {
				return nil, fmt.Errorf("data.root: folder %s is not named by a synset like n01440764",
					filepath.Join(d, name))
			}
		}
		return folders, nil
	}
	if in.find(groundTruth) != "" {
		return ilsvrcClasses().sorted(), nil
	}
	return nil, fmt.Errorf("data.root: %s: found no synsets; "+
		"looked for folders like %s/n01440764, %s, %s, %s and %s",
		in.images, cfg.Train, kaggleClasses, devkitClasses, devkitMeta, groundTruth)
}

// addSynsets adds the images of a split with a folder for each synset.
func (s *Split) addSynsets(
	in imageNet, folder string, folders []string, index map[string]int,
) error {
	ids := map[string]int{}
	for _, name := range folders {
		label, known := index[name]
		if !known {
			reason := fmt.Errorf("folder %s %w the %d synsets of the data set", name, ErrLabel, len(index))
			p := &Problem{File: filepath.Join(in.images, folder, name), Err: reason}
			if err := s.problem(p); err != nil {
				return err
			}
			continue
		}
		if err := s.addFolder(filepath.Join(in.images, folder), name, label, ids); err != nil {
			return err
		}
	}
	for i := range s.Samples { // from the folder of the splits on, as in wsolevaluation's ids
		s.Samples[i].ID = below(in.images, s.Samples[i].Path)
	}
	return nil
}

// addFlat adds the images of a folder without synsets, not labelled yet.
func (s *Split) addFlat(in imageNet, folder string) error {
	names, err := imageNames(filepath.Join(in.images, folder))
	if err != nil {
		return err
	}
	for _, name := range names {
		sample, err := newSample(in.images, path.Join(filepath.ToSlash(folder), name))
		if err != nil {
			return err
		}
		s.Samples = append(s.Samples, sample)
	}
	return nil
}

// addImageNetTruth gives the validation images their boxes and, if no folders of synsets tell them,
// their labels. Training images have boxes too, but nothing needs these half a million files.
func (s *Split) addImageNetTruth(in imageNet, folder string, index map[string]int) error {
	isVal := func(x Sample) bool { return strings.HasPrefix(path.Base(x.ID), valPrefix) }
	noLabel := func(x Sample) bool { return x.Label < 0 }
	if !slices.ContainsFunc(s.Samples, isVal) {
		return s.wantLabels(in)
	}
	base := path.Base(filepath.ToSlash(folder))
	boxes := []string{"Annotations/CLS-LOC/" + base, "bbox_val", "ILSVRC2012_bbox_val_v3/val"}
	if dir := in.find(boxes...); dir != "" {
		return s.addImageNetXML(in.onError, dir, index)
	}
	if file := in.find(kaggleTruth); file != "" {
		return s.addImageNetCSV(file, index)
	}
	if file := in.find(groundTruth); file != "" && slices.ContainsFunc(s.Samples, noLabel) {
		return s.addGroundTruth(in, file, index)
	}
	return s.wantLabels(in)
}

// wantLabels is an error if an image has no label, because nothing labels a flat folder.
func (s *Split) wantLabels(in imageNet) error {
	for i := range s.Samples {
		if s.Samples[i].Label < 0 {
			return fmt.Errorf("%w for %s; looked below %s for Annotations/CLS-LOC, %s and %s; "+
				"data.metadata names another place",
				ErrNoLabel, s.Samples[i].Path, in.places[0], kaggleTruth, groundTruth)
		}
	}
	return nil
}

// readSynsets reads a list of classes: devkitClasses, with lines like `n02119789 1 kit_fox`, or
// kaggleClasses, with lines like `n01440764 tench, Tinca tinca`. It gives the synsets sorted and,
// if the file has numbers, by these.
func readSynsets(file string) (byNumber map[int]string, sorted []string, err error) {
	byNumber = map[int]string{}
	numbered := filepath.Base(file) == devkitClasses
	err = eachLine(file, nil, func(line string) error {
		fields := strings.Fields(line)
		if !isSynset(fields[0]) {
			return fmt.Errorf("%q is not a synset like n01440764", fields[0])
		}
		sorted = append(sorted, fields[0])
		if !numbered {
			return nil
		}
		if len(fields) < 2 {
			return errors.New("has no number after the synset")
		}
		whole, err := parseWhole(fields[1], maxClasses)
		n := int(whole)
		if err != nil || n < 1 || n > maxClasses || byNumber[n] != "" {
			return fmt.Errorf("number %q is no number, or is there twice", fields[1])
		}
		byNumber[n] = fields[0]
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(sorted)
	if len(slices.Compact(slices.Clone(sorted))) != len(sorted) || len(sorted) == 0 {
		return nil, nil, fmt.Errorf("%s: has no synset, or one twice", file)
	}
	return byNumber, sorted, nil
}
