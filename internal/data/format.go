package data

import (
	"fmt"
	"slices"

	"acol/internal/choice"
)

// Format is the name of a format: a layout of data sets that Open reads.
type Format string

// format is a layout of data sets, with all that the rest of the program knows of it. The table of
// all formats stands beside Config, whose comment explains each.
type format struct {
	name Format
	// open reads the lists of a split, which the configuration's key calls folder, into s, whose
	// name is set.
	open func(s *Split, cfg Config, key, folder string) error
	// has says whether the split that the configuration calls folder has images. If it is nil,
	// every split that is named has.
	has func(cfg Config, folder string) bool
	// needsMetadata says what Config.Metadata must name, for a format whose lists are never beside
	// the images; "" for others.
	needsMetadata string
	// readsMetadata says that the lists may be in Config.Metadata.
	readsMetadata bool
	// write writes the lists of splits below a folder. It is nil for a format that is only read.
	write func(dir string, splits []*Split) error
}

// Choices lists the names of all formats.
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
