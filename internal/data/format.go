package data

import (
	"fmt"
	"slices"

	"acol/internal/choice"
)

// Format names a layout of data sets, one of the table formats.
type Format string

// format is a way in which data sets are laid out.
type format struct {
	name Format
	doc  string
	// open reads the lists of a split, which the configuration's key calls folder,
	// into s, whose name is set.
	open func(s *Split, cfg Config, key, folder string) error
	// needsMetadata says that the lists are never beside the images, readsMetadata that they may be
	// elsewhere.
	needsMetadata, readsMetadata bool
	// write writes the lists of splits below a folder that is there; nil where the format is read alone.
	write func(dir string, splits []*Split) error
}

// formats are all that Open reads.
var formats = []format{
	{name: "wsol", doc: "wsolevaluation's metadata", open: (*Split).openWSOL, write: writeWSOL, needsMetadata: true, readsMetadata: true},
	{name: "cub", doc: "CUB-200-2011's own files", open: (*Split).openCUB},
	{name: "folder", doc: "a folder a class", open: (*Split).openFolder},
	{name: "voc", doc: "Pascal VOC's XML files", open: (*Split).openVOC},
	{name: "imagenet", doc: "ImageNet's ILSVRC CLS-LOC", open: (*Split).openImageNet, readsMetadata: true},
	{name: "coco", doc: "COCO's JSON of objects", open: (*Split).openCOCO, write: writeCOCO, readsMetadata: true},
	{name: "list", doc: "the ACoL authors' lists", open: (*Split).openList, readsMetadata: true},
}

// Choices are the names of all formats.
func (Format) Choices() []string {
	var names []string
	for _, f := range formats {
		names = append(names, string(f.name))
	}
	return names
}

// formatOf finds the row of a format.
func formatOf(name Format) (*format, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if i < 0 {
		return nil, fmt.Errorf("data.format: %w", choice.Check(name))
	}
	return &formats[i], nil
}

// ReadsMetadata says that Open looks into the folder Metadata.
func (c Config) ReadsMetadata() bool {
	f, err := formatOf(c.Format)
	return err == nil && (f.needsMetadata || f.readsMetadata && c.Metadata != "")
}
