package scout

import (
	"slices"
	"strings"

	"acol/internal/data"
)

// yoloGuesses reads text files beside the images or in folders called labels.
func yoloGuesses(f *folder) []guess {
	yamls := f.listed(".yaml", ".yml")
	labels := f.sub("labels")
	named := len(yamls) > 0 || f.has("classes.txt") || labels != nil && labels.has("classes.txt")
	if !named {
		return nil
	}
	g := newGuess("YOLO's text files", "yolo", f.path)
	images := f.sub("images")
	switch {
	case images != nil && labels != nil: // images/train, or images alone
		if train, val, test := images.splitFolders(pictured); train != "" {
			g.splits(under(images, train), under(images, val), under(images, test))
		} else {
			g.splits(images.name, "", "")
		}
	case f.sub(trainNames...) != nil: // train/images
		train, val, test := f.splitFolders(func(s *folder) bool { return s.sub("labels") != nil })
		if train == "" {
			return nil
		}
		inner := func(name string) string {
			if name == "" {
				return ""
			}
			return name + "/images"
		}
		g.splits(inner(train), inner(val), inner(test))
	case len(f.images) > 0 && 2*(len(f.listed(".txt"))-1) >= len(f.images):
		g.splits(".", "", "")
	default:
		return nil
	}
	return []guess{g}
}

func pictured(s *folder) bool { return s.all > 0 }

// under is a path of a folder in another; "" for none.
func under(f *folder, name string) string {
	if name == "" {
		return ""
	}
	return f.name + "/" + name
}

// csvGuesses reads tables of comma-separated values.
func csvGuesses(f *folder) []guess {
	tables := slices.DeleteFunc(f.listed(".csv", ".tsv"), func(name string) bool {
		return strings.Contains(strings.ToLower(name), "submission")
	})
	if len(tables) == 0 {
		return nil
	}
	train, val, test := pick(tables)
	var list []guess
	try := func(train, val, test string) {
		for i, root := range rootsOf(f) {
			g := newGuess("a table of paths and labels, "+train, "csv", root)
			if root != f.path {
				g.cfg.Metadata = f.path
			}
			g.vague = i > 0 // of several places where images may be, one error is enough
			g.splits(train, val, test)
			if test == "" && val == "" { // the table itself may say which image is where
				said := g
				said.vague, said.cfg.ValShare, said.cfg.TestShare = true, 0, 0
				said.cfg.Val, said.cfg.Test = train, train
				list = append(list, said)
				said.cfg.Val, said.cfg.ValShare = data.DefaultConfig().Val, valShare
				list = append(list, said)
			}
			list = append(list, g)
		}
	}
	try(train, val, test)
	if val != "" || test != "" { // which may have no labels, as in a competition
		try(train, "", "")
	}
	return list
}
