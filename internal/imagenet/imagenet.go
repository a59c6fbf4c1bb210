// Package imagenet knows the 1,000 classes of ImageNet-1k (ILSVRC's classification task) by name,
// as published classifiers are trained on them.
package imagenet

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// classesText has a synset and a name a line, in the order of the labels. testdata/generate.py
// writes it.
//
//go:embed classes.txt
var classesText string

// classes are the columns of the list.
type classes struct {
	names, synsets []string
	label          map[string]int // of each synset
}

var table = sync.OnceValue(func() classes {
	c := classes{label: map[string]int{}}
	for line := range strings.Lines(classesText) {
		synset, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		c.label[synset] = len(c.synsets)
		c.synsets, c.names = append(c.synsets, synset), append(c.names, name)
	}
	return c
})

// Names returns the names of the classes in torchvision's wording and in the order of torchvision's
// labels, which is that of the sorted synsets. No two are the same. The slice is the caller's.
func Names() []string { return slices.Clone(table().names) }

// Label returns the label, from 0 to 999, of a synset, which is WordNet's number of a class, such
// as n01440764. ok is false for any other text.
func Label(synset string) (label int, ok bool) {
	label, ok = table().label[synset]
	return label, ok
}

// Are reports whether names are those of the classes, all of them in the order of the labels.
func Are(names []string) bool { return slices.Equal(names, table().names) }
