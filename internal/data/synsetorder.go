package data

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// knownVal are the synsets of the first images of ImageNet's validation set, with
// their labels in torchvision's order, that of the synsets, and in that of
// the ILSVRC devkit, from 1. It is enough to tell in which order a list numbers the classes.
var knownVal = []struct {
	synset         string
	sorted, devkit int
}{
	{"n01751748", 65, 490}, {"n09193705", 970, 361}, {"n02105855", 230, 171}, {"n04263257", 809, 822}, {"n03125729", 516, 297},
	{"n01735189", 57, 482}, {"n02346627", 334, 13}, {"n02776631", 415, 704}, {"n03794056", 674, 599}, {"n02328150", 332, 164},
	{"n01917289", 109, 649}, {"n02125311", 286, 11}, {"n02484975", 370, 73}, {"n04065272", 757, 286}, {"n03496892", 595, 554},
	{"n02066245", 147, 6}, {"n01914609", 108, 648}, {"n01616318", 23, 399}, {"n02971356", 478, 749}, {"n03126707", 517, 545},
}

// valPrefix begins the names of ImageNet's validation images, before their number.
const valPrefix = "ILSVRC2012_val_"

// synsetOrder finds out in which order the labels of ImageNet's images are, from the
// names of their files: the synset is in those of the training images, and known for some
// validation images. The zero value has seen none.
type synsetOrder struct {
	part  string // the split of what is added
	label map[string]int
	from  map[string]string
	clash error
}

func (o *synsetOrder) add(id string, label int) {
	synset := synsetOf(path.Base(id))
	if synset == "" || o.clash != nil {
		return
	}
	have, seen := o.label[synset]
	if seen && have != label {
		o.clash = fmt.Errorf("the labels of ImageNet's images are mixed: synset %s is %d in %s and %d in %s; "+
			"bring all lists to torchvision's order, that of the sorted synsets", synset, have, o.from[synset], label, o.part)
	}
	if o.label == nil {
		o.label, o.from = map[string]int{}, map[string]string{}
	}
	if !seen {
		o.label[synset], o.from[synset] = label, o.part
	}
}

// mixed is the error of lists that number one synset in two ways.
func (o *synsetOrder) mixed() error { return o.clash }

// name is sorted (torchvision's order), devkit (that of ILSVRC2012_ID, as the ACoL
// authors' lists have it), other, or "" where too few images are ImageNet's.
func (o *synsetOrder) name() string {
	const enough = 3
	if len(o.label) < enough {
		return ""
	}
	last, rising := -1, true
	for _, synset := range slices.Sorted(maps.Keys(o.label)) {
		rising = rising && o.label[synset] > last
		last = o.label[synset]
	}
	if rising {
		return "sorted"
	}
	seen, fromZero, fromOne := 0, 0, 0
	for _, k := range knownVal {
		if label, ok := o.label[k.synset]; ok {
			seen++
			if label == k.devkit-1 {
				fromZero++
			}
			if label == k.devkit {
				fromOne++
			}
		}
	}
	if seen >= enough && (fromZero == seen || fromOne == seen) {
		return "devkit"
	}
	return "other"
}

// synsetOf is the synset of an image of ImageNet by its file's name, "" where it is not known.
func synsetOf(name string) string {
	if rest, ok := strings.CutPrefix(name, valPrefix); ok {
		digits, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(digits); err == nil && n >= 1 && n <= len(knownVal) {
			return knownVal[n-1].synset
		}
		return ""
	}
	if synset, _, ok := strings.Cut(name, "_"); ok && isSynset(synset) {
		return synset
	}
	return ""
}

// isSynset tells a name like n01440764.
func isSynset(s string) bool {
	if len(s) != 9 || s[0] != 'n' {
		return false
	}
	return !strings.ContainsFunc(s[1:], func(r rune) bool { return r < '0' || r > '9' })
}

// LabelOrder says in which order the labels of ImageNet's images are: sorted
// (torchvision's), devkit, other, or "" where there are too few such images. The error
// is of splits that contradict each other.
func LabelOrder(splits ...*Split) (string, error) {
	var o synsetOrder
	for _, s := range splits {
		o.part = s.Name
		for i := range s.Samples {
			o.add(s.Samples[i].ID, s.Samples[i].Label)
		}
	}
	return o.name(), o.mixed()
}
