package data

import (
	"fmt"
	"slices"

	"acol/internal/choice"
)

// Format names a layout of data sets, one of the table formats.
type Format string

// format is a way in which data sets are laid out: all that the rest of the program knows of it.
type format struct {
	name Format
	// open reads the lists of a split, which the configuration's key calls folder, into s, whose
	// name is set.
	open func(s *Split, cfg Config, key, folder string) error
	// has says whether the split that the configuration calls folder has images; nil: every split
	// that is named has some.
	has func(cfg Config, folder string) bool
	// needsMetadata is what Config.Metadata must name where the lists are never beside the images.
	needsMetadata string
	// readsMetadata says that the lists may be in Config.Metadata.
	readsMetadata bool
	// write writes the lists of splits below a folder; nil where the format is read alone.
	write func(dir string, splits []*Split) error
}

// formats are all that Open reads. A new format is a file with what it reads, and a row.
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

// ReadsMetadata says whether Open looks into the folder Metadata.
func (c Config) ReadsMetadata() bool {
	f, err := formatOf(c.Format)
	return err == nil && (f.needsMetadata != "" || f.readsMetadata && c.Metadata != "")
}

// Has says whether the data set has a split (train, val or test): the configuration names it, and
// the format has images for it.
func (c Config) Has(split string) bool {
	_, folder, err := c.folderOf(split)
	if err != nil || folder == "" {
		return false
	}
	f, err := formatOf(c.Format)
	return err == nil && (f.has == nil || f.has(c, folder))
}
