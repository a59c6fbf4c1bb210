// Package configs has the recipes of this folder inside the program, for known data sets.
package configs

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed *-*.yaml
var files embed.FS

// Recipe is a recipe that is inside the program.
type Recipe struct {
	// Name is that of its file, without the ending.
	Name string
	// Text is the YAML file.
	Text string
}

// All lists the recipes in the order of their names.
func All() []Recipe {
	names, _ := fs.Glob(files, "*.yaml")
	list := make([]Recipe, len(names))
	for i, name := range names {
		text, _ := files.ReadFile(name)
		list[i] = Recipe{strings.TrimSuffix(name, ".yaml"), string(text)}
	}
	return list
}

// Find returns the recipe that a path names: by its name alone, or as a file of this folder, such
// as configs/cub-resnet50-pp.yaml.
func Find(name string) (Recipe, bool) {
	dir, file := path.Split(strings.ReplaceAll(name, `\`, "/"))
	if dir != "" && dir != "configs/" {
		return Recipe{}, false
	}
	file = strings.TrimSuffix(file, ".yaml")
	for _, r := range All() {
		if r.Name == file {
			return r, true
		}
	}
	return Recipe{}, false
}

// Summary returns the first sentence of the comment that a recipe begins with.
func (r Recipe) Summary() string {
	var words []string
	for line := range strings.Lines(r.Text) {
		rest, comment := strings.CutPrefix(line, "#")
		if !comment {
			break
		}
		words = append(words, strings.Fields(rest)...)
	}
	first, _, _ := strings.Cut(strings.Join(words, " "), ". ")
	first, _, _ = strings.Cut(first, ": ")
	return strings.TrimSuffix(first, ".")
}
