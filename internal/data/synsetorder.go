package data

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// knownVal are the synsets of the first images of ImageNet's validation set, whose names do not
// tell them. These few are enough to see in which order a list numbers the classes.
var knownVal = []string{
	"n01751748", "n09193705", "n02105855", "n04263257", "n03125729",
	"n01735189", "n02346627", "n02776631", "n03794056", "n02328150",
	"n01917289", "n02125311", "n02484975", "n04065272", "n03496892",
	"n02066245", "n01914609", "n01616318", "n02971356", "n03126707",
}

// valPrefix begins the names of ImageNet's validation images, before their number.
const valPrefix = "ILSVRC2012_val_"

// synsetOrder finds out in which order the labels of ImageNet's images are, from the
// names of their files: the synset is in those of the training images, and known for some
// validation images. In each split the label that most images of a synset have counts, so
// that lists with wrong labels, as experiments have them, stay what they are.
type synsetOrder struct {
	parts []synsetVotes
}

// synsetVotes counts, in one split, the images of each label by their synset.
type synsetVotes struct {
	name  string
	votes map[string]map[int]int
}

// begin starts another split.
func (o *synsetOrder) begin(name string) {
	o.parts = append(o.parts, synsetVotes{name, map[string]map[int]int{}})
}

func (o *synsetOrder) add(id string, label int) {
	synset := synsetOf(path.Base(id))
	if synset == "" {
		return
	}
	votes := o.parts[len(o.parts)-1].votes
	if votes[synset] == nil {
		votes[synset] = map[int]int{}
	}
	votes[synset][label]++
}

// labels are the label of each synset by most images, the least on ties.
func (v *synsetVotes) labels() map[string]int {
	labels := make(map[string]int, len(v.votes))
	for synset, count := range v.votes {
		best := -1
		for _, label := range slices.Sorted(maps.Keys(count)) {
			if best < 0 || count[label] > count[best] {
				best = label
			}
		}
		labels[synset] = best
	}
	return labels
}

// mixed is the error of two splits that number most of their common synsets in two ways.
func (o *synsetOrder) mixed() error {
	for i := range o.parts {
		a := o.parts[i].labels()
		for _, part := range o.parts[:i] {
			b := part.labels()
			common, other, example := 0, 0, ""
			for _, synset := range slices.Sorted(maps.Keys(a)) {
				label, both := b[synset]
				if !both {
					continue
				}
				if common++; label != a[synset] {
					other, example = other+1, cmp.Or(example, synset)
				}
			}
			if 2*other > common {
				return fmt.Errorf("the labels of ImageNet's images are mixed: synset %s is %d in %s and %d in %s; "+
					"bring all lists to torchvision's order, that of the sorted synsets", example, b[example], part.name, a[example], o.parts[i].name)
			}
		}
	}
	return nil
}

// name is sorted (torchvision's order), devkit (that of ILSVRC2012_ID, as the ACoL
// authors' lists have it), other, or "" where too few images are ImageNet's.
func (o *synsetOrder) name() string {
	const enough = 3
	all := map[string]int{}
	for i := range o.parts {
		for synset, label := range o.parts[i].labels() {
			if _, seen := all[synset]; !seen {
				all[synset] = label
			}
		}
	}
	if len(all) < enough {
		return ""
	}
	last, rising := -1, true
	for _, synset := range slices.Sorted(maps.Keys(all)) {
		rising = rising && all[synset] > last
		last = all[synset]
	}
	if rising {
		return "sorted"
	}
	seen, fromZero, fromOne := 0, 0, 0
	for synset, label := range all {
		if id, known := ilsvrcClasses().id[synset]; known {
			seen++
			if label == id-1 {
				fromZero++
			}
			if label == id {
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
			return knownVal[n-1]
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
		o.begin(s.Name)
		for i := range s.Samples {
			if x := &s.Samples[i]; len(x.Labels) < 2 {
				o.add(x.ID, x.Label)
			}
		}
	}
	return o.name(), o.mixed()
}
