// Package data reads data sets in place, in the formats of their owners: the splits, classes, boxes
// and masks that their lists describe. Package pixels below it turns image files into pixels, and
// package loader above it turns a split into batches.
package data

import (
	"fmt"

	"acol/internal/brief"
	"acol/internal/choice"
	"acol/internal/data/pixels"
)

// Config is the data section of a recipe: which images there are, and how they become the
// network's input.
type Config struct {
	// Format is the layout of the data set. docs/data.md says which files go where.
	//   - wsol: wsolevaluation's metadata, of any data set
	//   - cub: CUB-200-2011 as Caltech packs it
	//   - folder: a folder of images for each class
	//   - imagenet: ILSVRC CLS-LOC, as ImageNet or Kaggle pack it
	//   - voc: Pascal VOC, or other images with XML files
	//   - coco: COCO, or other images with its JSON files
	//   - list: the ACoL authors' lists, a path and its labels a line
	//   - csv: tables of comma-separated values with the paths of images and their labels
	//   - yolo: image folders with YOLO's text files
	Format Format `mapstructure:"format"`
	// Root is the folder of the images, which the paths in lists are relative to. For cub it is the
	// folder that holds images.txt.
	Root string `mapstructure:"root"`
	// Metadata is the folder of the lists; "" is Root. For wsol, which always needs it, it has a
	// folder for each split; for list, csv and coco a file for each. For imagenet it has the
	// annotations and the devkit.
	Metadata string `mapstructure:"metadata"`
	// Masks is the folder of the masks that localization.txt names; "" is Root.
	Masks string `mapstructure:"masks"`
	// Train is the name of the split to train on. For wsol it is a folder of Metadata, for list,
	// csv and coco a file there, for folder, imagenet and yolo a folder of Root, and for voc either
	// that or a list of ImageSets/Main. For cub it is train, val or test. "" is none, where the
	// recipe only measures a model.
	Train string `mapstructure:"train"`
	// Val is the name of the split that chooses the best checkpoint and the threshold; "" is none.
	Val string `mapstructure:"val"`
	// Test is the name of the split that the final figures are measured on; "" is none.
	Test string `mapstructure:"test"`
	// ValShare is the share of Train's images that are val instead, in each class; 0 is none. Above
	// 0 it takes the place of Val. No file is copied or moved.
	ValShare float64 `mapstructure:"val_share"`
	// TestShare is the share of Train's images that are test instead, in each class; 0 is none.
	// Above 0 it takes the place of Test. ValShare does not change which images these are.
	TestShare float64 `mapstructure:"test_share"`
	// ShareSeed is the start of the random choice behind ValShare and TestShare. The same seed
	// always chooses the same images, whatever the seed of the training is.
	ShareSeed uint64 `mapstructure:"share_seed"`
	// ValEvery is the rate at which training images are held out as val, for format cub. It is
	// every n-th official training image of a class; 0 holds out none.
	ValEvery int `mapstructure:"val_every"`
	// ClassNames is a file with one class name a line, in the order of the labels. "" takes the
	// names that the format has.
	ClassNames string `mapstructure:"class_names"`
	// Classes are the only classes to keep, by their names or labels; [] keeps all. They get new
	// labels from 0 on, in the order of their old labels.
	Classes []string `mapstructure:"classes" recipe:"number"`
	// OnError says what becomes of a training at an image that cannot be read. An image without its
	// XML file is one, too.
	//   - fail: it stops, with the name of the image
	//   - skip: it leaves the image out, and counts it
	OnError OnError `mapstructure:"on_error"`
	// CacheMB is the memory for decoded images between epochs, in MiB; 0 decodes every image anew.
	CacheMB int `mapstructure:"cache_mb"`
	// DecodeMB is the memory for images that all workers decode at the same time, in MiB. Who would
	// exceed it waits, and an image that takes more is decoded alone. 0 is 192 MiB for each
	// processor, but at most a quarter of the memory that is free.
	DecodeMB int          `mapstructure:"decode_mb"`
	Input    pixels.Input `mapstructure:"input"`
	Augment  Augment      `mapstructure:"augment"`
	// Mean is what is subtracted from the red, green and blue of an image, on a scale of 0 to 1.
	// The default is ImageNet's, [0.485, 0.456, 0.406]; for torchvision's googlenet and inception,
	// whose weights were trained so, it is [0.5, 0.5, 0.5].
	Mean []float64 `mapstructure:"mean"`
	// Std is what red, green and blue are divided by once Mean is subtracted. Its default follows
	// the network as that of Mean does: [0.229, 0.224, 0.225] or [0.5, 0.5, 0.5].
	Std []float64 `mapstructure:"std"`
}

// formats are the formats that Open reads. A new format is a file of its own, a row here, and a
// word in the explanation of Config.Format.
var formats = []format{
	{
		name: "wsol", open: (*Split).openWSOL, write: writeWSOL,
		needsMetadata: "the folder that holds one folder a split",
	},
	{name: "cub", open: (*Split).openCUB, has: cubHas},
	{name: "folder", open: (*Split).openFolder},
	{name: "voc", open: (*Split).openVOC},
	{name: "imagenet", open: (*Split).openImageNet, readsMetadata: true},
	{name: "coco", open: (*Split).openCOCO, write: writeCOCO, readsMetadata: true},
	{name: "list", open: (*Split).openList, readsMetadata: true},
	{name: "csv", open: (*Split).openCSV, readsMetadata: true},
	{name: "yolo", open: (*Split).openYOLO},
}

// OnError says what becomes of an image that cannot be read: Fail or Skip.
type OnError string

// What becomes of an image that cannot be read.
const (
	// Fail ends the work with the image's error.
	Fail OnError = "fail"
	// Skip leaves the image out and counts it.
	Skip OnError = "skip"
)

// Choices lists what may become of it.
func (OnError) Choices() []string { return []string{string(Fail), string(Skip)} }

// DefaultConfig gives the input of wsolevaluation: training images are warped to 256 pixels,
// cropped to 224 at random and flipped, test images are warped to 224, and values are normalised by
// ImageNet's mean and standard deviation.
func DefaultConfig() Config {
	return Config{
		Format: "wsol", Train: "train", Val: "val", Test: "test", ValEvery: 6, ShareSeed: 1,
		OnError: Fail, CacheMB: 1024,
		Input:   pixels.Input{Size: 224, Resize: pixels.Warp, TrainResize: 256, TestResize: 224},
		Augment: defaultAugment(),
		Mean:    []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225},
	}
}

// Validate calls bad for everything that is wrong with the configuration, with the key relative to
// the section. It does not look for files: Open reports those that are missing.
func (c Config) Validate(bad func(key, msg string)) {
	choice.Report(bad, "format", c.Format)
	if c.Root == "" {
		bad("root", "is empty: name the folder of the images")
	}
	if f, err := formatOf(c.Format); err == nil && f.needsMetadata != "" && c.Metadata == "" {
		bad("metadata", fmt.Sprintf("is empty: format %s needs %s", f.name, f.needsMetadata))
	}
	if c.Train == "" && c.Val == "" && c.Test == "" {
		bad("train", "is empty, as data.val and data.test are: name a split to train on or measure")
	}
	if c.ValEvery < 0 || c.ValEvery == 1 {
		bad("val_every", fmt.Sprintf("%d: 0 holds out none, 2 or more every n-th image", c.ValEvery))
	}
	c.validateShares(bad)
	choice.Report(bad, "on_error", c.OnError)
	if c.CacheMB < 0 || c.CacheMB > 1<<20 {
		bad("cache_mb", fmt.Sprintf("%d is not in 0 to %d MiB", c.CacheMB, 1<<20))
	}
	if c.DecodeMB < 0 || c.DecodeMB > 1<<20 {
		bad("decode_mb", fmt.Sprintf("%d is not in 0 to %d MiB", c.DecodeMB, 1<<20))
	}
	c.Input.Validate(func(key, msg string) { bad("input."+key, msg) })
	c.Augment.validate(func(key, msg string) { bad("augment."+key, msg) })
	triple := func(key string, v []float64, least, most float64) {
		ok := len(v) == 3
		for _, x := range v {
			ok = ok && x >= least && x <= most
		}
		if !ok {
			bad(key, fmt.Sprintf("%s is not three values (R, G, B) in %g to %g",
				brief.List(v), least, most))
		}
	}
	triple("mean", c.Mean, 0, 1)
	triple("std", c.Std, 1e-3, 10)
}
