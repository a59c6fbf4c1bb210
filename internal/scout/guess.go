package scout

import (
	"slices"
	"strings"

	"acol/internal/data"
)

// guess is a way to read a folder as a data set, which may turn out wrong.
type guess struct {
	// kind says in a few words how the labels are written.
	kind string
	cfg  data.Config
	// keep are the only folders that are classes; nil keeps all.
	keep []string
	// vague says that nobody need be told why the guess is wrong.
	vague bool
	notes []string
}

// guesses lists the ways to read a folder, the most explicit ones first.
func guesses(root *folder) []guess {
	var list []guess
	bases := basesOf(root)
	for _, find := range []func(*folder) []guess{
		cubGuesses, yoloGuesses, cocoGuesses, vocGuesses, csvGuesses, listGuesses, folderGuesses,
	} {
		for _, base := range bases {
			list = append(list, find(base)...)
		}
	}
	return list
}

// basesOf gives the folder and, where it has nothing but one folder with images, which itself has
// several, that one too: archives often unpack so.
func basesOf(f *folder) []*folder {
	bases := []*folder{f}
	for len(bases) < 4 {
		inner := f.filled()
		if len(f.images) > 0 || len(inner) != 1 || inner[0].isSplit() ||
			len(inner[0].filled()) < 2 && !isKnown(inner[0]) {
			break
		}
		f = inner[0]
		bases = append(bases, f)
	}
	slices.Reverse(bases)
	return bases
}

// isSplit says whether the folder has the name of a split.
func (f *folder) isSplit() bool {
	return slices.Contains(slices.Concat(trainNames, valNames, testNames), strings.ToLower(f.name))
}

// isKnown says whether a folder holds the lists of some format.
func isKnown(f *folder) bool {
	return f.has("image_class_labels.txt") || f.sub("annotations") != nil || f.sub("labels") != nil
}

// newGuess is a guess with the defaults of a recipe.
func newGuess(kind string, format data.Format, root string) guess {
	g := guess{kind: kind, cfg: data.DefaultConfig()}
	g.cfg.Format, g.cfg.Root = format, root
	g.cfg.Train, g.cfg.Val, g.cfg.Test = "", "", ""
	return g
}

// splits gives a guess its splits. Where val and test are not both there, the one that is becomes
// test, and a share of train becomes what is missing.
func (g *guess) splits(train, val, test string) {
	if test == "" {
		val, test = "", val
	}
	g.cfg.Train, g.cfg.Val, g.cfg.Test = train, val, test
	if val == "" {
		g.cfg.ValShare, g.cfg.Val = valShare, data.DefaultConfig().Val
	}
	if test == "" {
		g.cfg.TestShare, g.cfg.Test = testShare, data.DefaultConfig().Test
	}
}

// The names that the folders and files of splits have.
var (
	trainNames = []string{"train", "training"}
	valNames   = []string{"val", "valid", "validation", "dev"}
	testNames  = []string{"test", "testing"}
)

// splitFolders finds the folders of splits, as paths below f; "" for one that is not there.
func (f *folder) splitFolders(ok func(*folder) bool) (train, val, test string) {
	name := func(names []string) string {
		if s := f.sub(names...); s != nil && s.all > 0 && ok(s) {
			return s.name
		}
		return ""
	}
	return name(trainNames), name(valNames), name(testNames)
}

// pick finds the names of splits among those of lists: each list is that of the split whose name it
// holds. A list that names none is train if there is no other.
func pick(lists []string) (train, val, test string) {
	var rest []string
	for _, name := range lists {
		low := strings.ToLower(name)
		within := func(names []string) bool {
			return slices.ContainsFunc(names, func(s string) bool { return strings.Contains(low, s) })
		}
		switch {
		case within(valNames) && val == "":
			val = name
		case within(testNames) && test == "":
			test = name
		case within(trainNames) && train == "":
			train = name
		default:
			rest = append(rest, name)
		}
	}
	if train == "" && len(rest) > 0 {
		train = rest[0]
	}
	if train == "" {
		switch {
		case val != "":
			train, val = val, ""
		case test != "":
			train, test = test, ""
		}
	}
	return train, val, test
}

func cubGuesses(f *folder) []guess {
	for _, name := range []string{
		"images.txt", "image_class_labels.txt", "train_test_split.txt", "classes.txt",
	} {
		if !f.has(name) {
			return nil
		}
	}
	g := newGuess("the files of CUB-200-2011", "cub", f.path)
	d := data.DefaultConfig()
	g.cfg.Train, g.cfg.Val, g.cfg.Test = d.Train, d.Val, d.Test
	return []guess{g}
}

// folderGuesses reads the names of folders as those of classes.
func folderGuesses(f *folder) []guess {
	classes := func(s *folder) bool { return len(s.filled()) > 0 }
	if train, val, test := f.splitFolders(classes); train != "" {
		g := newGuess("one folder a class, in folders of splits", "folder", f.path)
		g.splits(train, val, test)
		g.keepFilled(f.sub(train))
		return []guess{g}
	}
	inner := f.filled()
	if len(inner) == 0 || slices.ContainsFunc(inner, (*folder).isSplit) {
		return nil // train and test are no classes
	}
	g := newGuess("one folder a class", "folder", f.path)
	g.splits(".", "", "")
	g.keepFilled(f)
	return []guess{g}
}

// keepFilled keeps the classes that have images. It is nothing to say where all have.
func (g *guess) keepFilled(f *folder) {
	inner := f.filled()
	if len(inner) == len(f.below) {
		return
	}
	var empty []string
	for _, b := range f.below {
		if b.all == 0 {
			empty = append(empty, b.name)
			continue
		}
		g.keep = append(g.keep, b.name)
	}
	g.notes = append(g.notes, "left out, without images that acol reads: "+some(empty))
}

// some lists a few names.
func some(names []string) string {
	const few = 5
	if len(names) > few {
		return strings.Join(names[:few], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// cocoGuesses reads JSON files beside the images, in a folder of annotations, or in folders of
// splits.
func cocoGuesses(f *folder) []guess {
	var list []guess
	add := func(metadata string, lists []string) {
		if len(lists) == 0 {
			return
		}
		train, val, test := pick(lists)
		for i, root := range rootsOf(f) {
			g := newGuess("COCO's JSON", "coco", root)
			g.vague = i > 0 // of several places where images may be, one error is enough
			if metadata != root {
				g.cfg.Metadata = metadata
			}
			g.splits(stem(train), stem(val), stem(test))
			list = append(list, g)
		}
	}
	add(f.path, f.listed(".json"))
	if a := f.sub("annotations"); a != nil {
		add(a.path, slices.DeleteFunc(a.listed(".json"), func(name string) bool {
			return strings.HasPrefix(name, "captions_") || strings.HasPrefix(name, "person_keypoints_")
		}))
	}
	var inner []string
	for _, names := range [][]string{trainNames, valNames, testNames} {
		if s := f.sub(names...); s != nil {
			for _, l := range s.listed(".json") {
				inner = append(inner, s.name+"/"+l)
			}
		}
	}
	add(f.path, inner)
	return list
}

// stem is the name of a list without .json, which the format adds.
func stem(name string) string { return strings.TrimSuffix(name, ".json") }

// rootsOf gives the folders that paths in lists may start from: the folder itself and those in it
// that have images.
func rootsOf(f *folder) []string {
	const most = 16
	roots := []string{f.path}
	for _, b := range f.filled() {
		if len(roots) < most {
			roots = append(roots, b.path)
		}
	}
	return roots
}

// vocGuesses reads XML files: the folders of Pascal VOC, those of splits, or files beside images.
func vocGuesses(f *folder) []guess {
	g := newGuess("Pascal VOC's XML", "voc", f.path)
	if sets := f.sub("ImageSets"); sets != nil && f.sub("Annotations") != nil {
		if main := sets.sub("Main"); main != nil {
			var lists []string
			for _, l := range main.listed(".txt") {
				if !strings.Contains(l, "_") { // CLASS_train.txt is that of a class
					lists = append(lists, strings.TrimSuffix(l, ".txt"))
				}
			}
			if slices.Contains(lists, "train") {
				lists = slices.DeleteFunc(lists, func(l string) bool { return l == "trainval" })
			}
			g.splits(pick(lists))
			return []guess{g}
		}
	}
	if train, val, test := f.splitFolders((*folder).described); train != "" {
		g.splits(train, val, test)
		return []guess{g}
	}
	if f.described() {
		g.splits(".", "", "")
		return []guess{g}
	}
	return nil
}

// described says whether the folder has XML files beside its images or in Annotations.
func (f *folder) described() bool {
	if a := f.sub("Annotations"); a != nil && len(a.listed(".xml")) > 0 {
		return f.sub("JPEGImages") != nil
	}
	return len(f.images) > 0 && 2*len(f.listed(".xml")) >= len(f.images)
}

// listGuesses reads text files of lines with a path and a label.
func listGuesses(f *folder) []guess {
	const most = 12
	lists := slices.DeleteFunc(f.listed(".txt"), func(name string) bool {
		low := strings.ToLower(name)
		return low == "localization.txt" || low == "image_sizes.txt" || strings.Contains(low, "readme") ||
			strings.Contains(low, "licen")
	})
	if len(lists) == 0 || len(lists) > most {
		return nil
	}
	var list []guess
	train, val, test := pick(lists)
	for _, root := range rootsOf(f) {
		g := newGuess("a list of paths and labels", "list", root)
		if root != f.path {
			g.cfg.Metadata = f.path
		}
		g.vague = true
		g.splits(train, val, test)
		list = append(list, g)
	}
	return list
}
