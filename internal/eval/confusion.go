package eval

import (
	"cmp"
	"fmt"
	"slices"
)

// Confusion counts by classes what the images of a split were taken for: the first guess of the
// first branch. An image of several classes counts for the likeliest of them.
type Confusion struct {
	// Classes are the names of the labels, by label.
	Classes []string

	counts map[taken]int
}

// taken is a true class and the one that an image of it was taken for, as labels. The guess is
// noGuess where a logit is not a number.
type taken struct{ label, guess int }

const noGuess = -1

func newConfusion(classes []string) *Confusion {
	return &Confusion{Classes: classes, counts: map[taken]int{}}
}

// add counts an image.
func (c *Confusion) add(label, guess int) { c.counts[taken{label, guess}]++ }

// merge adds what another worker counted.
func (c *Confusion) merge(o *Confusion) {
	for t, n := range o.counts {
		c.counts[t] += n
	}
}

// Name returns the name of a label.
func (c *Confusion) Name(label int) string {
	if label < 0 || label >= len(c.Classes) {
		return fmt.Sprintf("class %d", label)
	}
	return c.Classes[label]
}

// Images returns the number of images by label, and by guess how many were taken for it. No label
// and no guess of the counts lies beyond their length.
func (c *Confusion) Images() (labels, guesses []int) {
	n := len(c.Classes)
	for t := range c.counts {
		n = max(n, t.label+1, t.guess+1)
	}
	labels, guesses = make([]int, n), make([]int, n)
	for t, images := range c.counts {
		labels[t.label] += images
		if t.guess != noGuess {
			guesses[t.guess] += images
		}
	}
	return labels, guesses
}

// Matrix returns the number of images by true class, the rows, and by guess, the columns. An image
// without a guess is in no column.
func (c *Confusion) Matrix() [][]int {
	labels, _ := c.Images()
	rows := make([][]int, len(labels))
	for i := range rows {
		rows[i] = make([]int, len(labels))
	}
	for t, images := range c.counts {
		if t.guess != noGuess {
			rows[t.label][t.guess] = images
		}
	}
	return rows
}

// Pair is a class that was taken for another one.
type Pair struct {
	Label, Guess int
	Images       int
	Share        float64 // of the images of the class, in percent
}

// Pairs lists the classes that were taken for others, those of most images first.
func (c *Confusion) Pairs() []Pair {
	labels, _ := c.Images()
	var pairs []Pair
	for t, images := range c.counts {
		if t.guess != noGuess && t.guess != t.label {
			share := 100 * float64(images) / float64(labels[t.label])
			pairs = append(pairs, Pair{t.label, t.guess, images, share})
		}
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(a.Label, b.Label),
			cmp.Compare(a.Guess, b.Guess))
	})
	return pairs
}

// When the guesses of a split have collapsed: they name one class for this share of its images,
// unless this share of them is of that class.
const (
	collapsedShare = 0.95
	usualShare     = 0.5
)

// Collapsed returns the class that all images of a split of several classes, or nearly all, were
// taken for: the network then tells no classes apart. Ok is false where it does.
func (c *Confusion) Collapsed() (class string, images int, ok bool) {
	labels, guesses := c.Images()
	total := 0
	for _, n := range labels {
		total += n
	}
	for k, n := range guesses {
		all := n == total && labels[k] < total
		share, due := float64(n)/float64(total), float64(labels[k])/float64(total)
		if n > 1 && (all || share >= collapsedShare && due <= usualShare) {
			return c.Name(k), n, true
		}
	}
	return "", 0, false
}

// Bounds of what JSON says of a confusion: the classes of a matrix and the number of pairs.
const (
	matrixClasses = 50
	listedPairs   = 100
)

// MarshalJSON writes the pairs that are most confused and, where the classes are not too many, the
// whole matrix.
func (c *Confusion) MarshalJSON() ([]byte, error) {
	o := &object{}
	if class, _, ok := c.Collapsed(); ok {
		o.set("collapsed", class)
	}
	if labels, _ := c.Images(); len(labels) <= matrixClasses {
		var names []string
		for k := range labels {
			names = append(names, c.Name(k))
		}
		o.set("classes", names)
		o.set("matrix", c.Matrix())
	}
	type pair struct {
		True      string `json:"true"`
		Predicted string `json:"predicted"`
		Images    int    `json:"images"`
	}
	list := []pair{}
	pairs := c.Pairs()
	for _, p := range pairs[:min(listedPairs, len(pairs))] {
		list = append(list, pair{c.Name(p.Label), c.Name(p.Guess), p.Images})
	}
	o.set("pairs", list)
	return o.MarshalJSON()
}
