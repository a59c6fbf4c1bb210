// Package data reads data sets in place, in the formats of their owners: the splits, classes, boxes
// and masks that their lists describe. Package pixels below it turns image files into pixels, and
// package loader above it turns a split into batches.
package data

import (
	"fmt"

	"acol/internal/choice"
	"acol/internal/data/pixels"
)

// Config is the `data:` section of a recipe.
type Config struct {
	// Format is the layout of the data set: wsol (wsolevaluation's metadata), cub (CUB-200-2011's native files),
	// folder (a folder a class), imagenet (ILSVRC CLS-LOC), voc (Pascal VOC's XML), coco (its JSON)
	// or list (the ACoL authors' lists).
	Format Format `mapstructure:"format"`
	// Root is the folder of the images: paths in lists are below it. For cub
	// it is the folder that holds images.txt; for folder each split is below it.
	Root string `mapstructure:"root"`
	// Metadata is the folder of the lists: a folder for each split (wsol), a file for each (list and
	// coco; empty is Root), or ImageNet's annotations and devkit, if not below Root.
	Metadata string `mapstructure:"metadata"`
	// Masks is the folder of the masks that localization.txt names; empty is Root.
	Masks string `mapstructure:"masks"`
	// Train, Val and Test name the splits: a folder or file of Metadata (wsol, list, coco), a folder of
	// Root (folder, imagenet, voc) or a list of ImageSets/Main (voc). For cub they are train, val or
	// test: val is every ValEvery-th official training image of a class and train the rest.
	Train string `mapstructure:"train"`
	Val   string `mapstructure:"val"`
	Test  string `mapstructure:"test"`
	// ValEvery holds out every n-th training image of a class as val (format cub); 0 holds out none.
	ValEvery int `mapstructure:"val_every"`
	// ClassNames is a file with one name a line, in the order of the labels; empty takes what the format has.
	ClassNames string `mapstructure:"class_names"`
	// Classes keeps only these classes (names, or labels as numbers) and renumbers
	// their labels in the order of the labels before; empty keeps all.
	Classes []string `mapstructure:"classes"`
	// OnError is fail (a broken image stops training) or skip (it is left out and counted).
	OnError OnError `mapstructure:"on_error"`
	// CacheMB bounds the decoded images that a loader keeps in memory between epochs, in MiB; 0 keeps none.
	CacheMB int          `mapstructure:"cache_mb"`
	Input   pixels.Input `mapstructure:"input"`
	Augment Augment      `mapstructure:"augment"`
	Mean    []float64    `mapstructure:"mean"`
	Std     []float64    `mapstructure:"std"`
}

// Augment says what training does to an image at random.
type Augment struct {
	// Crop is random (of Size, anywhere), resized (torchvision's RandomResizedCrop of the original) or center.
	Crop Crop `mapstructure:"crop"`
	// Scale and Ratio bound the area and the aspect of a resized crop.
	Scale []float64 `mapstructure:"scale"`
	Ratio []float64 `mapstructure:"ratio"`
	// Flip is the probability of a horizontal flip.
	Flip float64 `mapstructure:"flip"`
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

// Choices are all values.
func (OnError) Choices() []string { return []string{string(Fail), string(Skip)} }

// Crop says which part of an image training takes: CropRandom, CropResized or CropCenter.
type Crop string

// The crops of training.
const (
	// CropRandom is a square of the input's size anywhere on the resized image.
	CropRandom Crop = "random"
	// CropResized is a part of the original image with a random area and aspect, resized to the
	// input's size: torchvision's RandomResizedCrop.
	CropResized Crop = "resized"
	// CropCenter is the centre of the resized image.
	CropCenter Crop = "center"
)

// Choices are all crops.
func (Crop) Choices() []string {
	return []string{string(CropRandom), string(CropResized), string(CropCenter)}
}

// DefaultConfig is wsolevaluation's input: warp to 256, random 224 crop and
// flip to train, warp to 224 to test, ImageNet's mean and deviation.
func DefaultConfig() Config {
	return Config{
		Format: "wsol", Train: "train", Val: "val", Test: "test", ValEvery: 6,
		OnError: Fail, CacheMB: 1024,
		Input: pixels.Input{Size: 224, Resize: pixels.Warp, TrainResize: 256, TestResize: 224},
		Augment: Augment{
			Crop: CropRandom, Scale: []float64{0.08, 1}, Ratio: []float64{0.75, 1.3333333333333333},
			Flip: 0.5,
		},
		Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225},
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
	if c.Train == "" {
		bad("train", "is empty: name the split to train on")
	}
	if c.ValEvery < 0 || c.ValEvery == 1 {
		bad("val_every", fmt.Sprintf("%d: 0 holds out none, 2 or more every n-th image", c.ValEvery))
	}
	choice.Report(bad, "on_error", c.OnError)
	if c.CacheMB < 0 || c.CacheMB > 1<<20 {
		bad("cache_mb", fmt.Sprintf("%d is not in 0 to %d MiB", c.CacheMB, 1<<20))
	}
	c.Input.Validate(func(key, msg string) { bad("input."+key, msg) })
	a := c.Augment
	choice.Report(bad, "augment.crop", a.Crop)
	pair := func(key string, v []float64, least, most float64) {
		if len(v) != 2 || !(v[0] >= least && v[0] <= v[1] && v[1] <= most) {
			bad(key, fmt.Sprintf("%v is not [low, high] within %g to %g", v, least, most))
		}
	}
	pair("augment.scale", a.Scale, 1e-4, 1)
	pair("augment.ratio", a.Ratio, 0.01, 100)
	if !(a.Flip >= 0 && a.Flip <= 1) {
		bad("augment.flip", fmt.Sprintf("%g is not a probability in 0 to 1", a.Flip))
	}
	triple := func(key string, v []float64, least, most float64) {
		ok := len(v) == 3
		for _, x := range v {
			ok = ok && x >= least && x <= most
		}
		if !ok {
			bad(key, fmt.Sprintf("%v is not three values (R, G, B) in %g to %g", v, least, most))
		}
	}
	triple("mean", c.Mean, 0, 1)
	triple("std", c.Std, 1e-3, 10)
}
