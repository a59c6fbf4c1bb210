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

// ClassOrder is an order of the classes of ImageNet.
type ClassOrder string

// The orders in which lists number the classes of ImageNet.
const (
	// NoOrder means that too few images are ImageNet's to tell.
	NoOrder ClassOrder = ""
	// SortedOrder is torchvision's, that of the sorted synsets.
	SortedOrder ClassOrder = "sorted"
	// DevkitOrder is that of ILSVRC2012_ID, which the lists of the ACoL authors have.
	DevkitOrder ClassOrder = "devkit"
	// OtherOrder is any other.
	OtherOrder ClassOrder = "other"
)

// synsetOrder finds out in which order lists number the classes of ImageNet, from the names of the
// image files: a training image has its synset in its name, and the synsets of some validation
// images are known. For each synset of a split, the label that most of its images have counts, so
// that a list with a few wrong labels, as experiments use them, is not taken for another order.
type synsetOrder struct {
	parts []synsetVotes
}

// synsetVotes counts the images of one split by synset and label.
type synsetVotes struct {
	name  string
	votes map[string]map[int]int
}

// begin starts with the images of the next split.
func (o *synsetOrder) begin(name string) {
	o.parts = append(o.parts, synsetVotes{name, map[string]map[int]int{}})
}

// add counts an image, if its name tells a synset.
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

// labels gives the label that most images of each synset have, the smallest of several.
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

// mixed is an error if two splits give most of the synsets that they share different labels.
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
				return fmt.Errorf("the labels of ImageNet's images are mixed: "+
					"synset %s is %d in %s and %d in %s; "+
					"bring all lists to torchvision's order, that of the sorted synsets",
					example, b[example], part.name, a[example], o.parts[i].name)
			}
		}
	}
	return nil
}

// name gives the order of the labels in all splits.
func (o *synsetOrder) name() ClassOrder {
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
		return NoOrder
	}
	last, rising := -1, true
	for _, synset := range slices.Sorted(maps.Keys(all)) {
		rising = rising && all[synset] > last
		last = all[synset]
	}
	if rising {
		return SortedOrder
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
		return DevkitOrder
	}
	return OtherOrder
}

// synsetOf gives the synset of an image of ImageNet by the name of its file, "" if it is not known.
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

// isSynset says whether a name has the form of a synset, like n01440764.
func isSynset(s string) bool {
	if len(s) != 9 || s[0] != 'n' {
		return false
	}
	return !strings.ContainsFunc(s[1:], func(r rune) bool { return r < '0' || r > '9' })
}

// LabelOrder says in which order splits number the classes of ImageNet. It is an error if the
// splits contradict each other.
func LabelOrder(splits ...*Split) (ClassOrder, error) {
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
