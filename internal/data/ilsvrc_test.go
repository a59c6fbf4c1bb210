package data

import (
	"slices"
	"testing"
)

// knownIDs are the labels of the first validation images of ILSVRC2012, as torchvision and the
// devkit's ground truth number them.
var knownIDs = []struct {
	synset     string
	sorted, id int
}{
	{
		"n01751748", 65, 490}, {"n09193705", 970, 361}, {"n02105855", 230, 171}, {"n04263257",
		809, 822}, {"n03125729", 516, 297},
	{
		"n01735189", 57, 482}, {"n02346627", 334, 13}, {"n02776631", 415, 704}, {"n03794056", 674,
		599}, {"n02328150", 332, 164},
	{
		"n01917289", 109, 649}, {"n02125311", 286, 11}, {"n02484975", 370, 73}, {"n04065272", 757,
		286}, {"n03496892", 595, 554},
	{
		"n02066245", 147, 6}, {"n01914609", 108, 648}, {"n01616318", 23, 399}, {"n02971356", 478,
		749}, {"n03126707", 517, 545},
}

func TestILSVRCsClassesAreAThousandInBothOrders(t *testing.T) {
	c := ilsvrcClasses()
	sorted := c.sorted()
	if len(c.synsets) != 1000 || len(c.id) != 1000 || len(sorted) != 1000 {
		t.Fatalf("%d synsets, %d of them different", len(c.synsets), len(c.id))
	}
	if i := slices.IndexFunc(c.synsets, func(s string) bool { return !isSynset(s) }); i >= 0 {
		t.Errorf("number %d: %q is not a synset", i+1, c.synsets[i])
	}
	for i, k := range knownIDs {
		if sorted[k.sorted] != k.synset || c.id[k.synset] != k.id || c.synsets[k.id-1] != k.synset {
			t.Errorf("%s: label %d is %s, number %d", k.synset, k.sorted, sorted[k.sorted], c.id[k.synset])
		}
		if knownVal[i] != k.synset {
			t.Errorf("validation image %d is of %s, want %s", i+1, knownVal[i], k.synset)
		}
	}
	if len(knownVal) != len(knownIDs) {
		t.Errorf("%d known images, want %d", len(knownVal), len(knownIDs))
	}
}
