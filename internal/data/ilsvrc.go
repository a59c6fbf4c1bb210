package data

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// ilsvrcText lists the synsets of the 1,000 classes of ILSVRC's classification and localization
// task, in the order of the devkit's ILSVRC2012_ID. The classes and their numbers
// are the same from 2012 to 2017: meta.mat of ILSVRC2012_devkit_t12 and map_clsloc.txt of the later
// devkits both have this order.
//
//go:embed ilsvrc2012.txt
var ilsvrcText string

// ilsvrc are the classes of ILSVRC.
type ilsvrc struct {
	// synsets has the synset with the ILSVRC2012_ID i+1 at i.
	synsets []string
	// id is the ILSVRC2012_ID of each synset, from 1.
	id map[string]int
}

// ilsvrcClasses makes the table once.
var ilsvrcClasses = sync.OnceValue(func() ilsvrc {
	c := ilsvrc{synsets: strings.Fields(ilsvrcText), id: map[string]int{}}
	for i, synset := range c.synsets {
		c.id[synset] = i + 1
	}
	return c
})

// sorted gives the synsets in torchvision's order, in which a class's label is its rank.
func (c ilsvrc) sorted() []string { return slices.Sorted(slices.Values(c.synsets)) }
