package weights

import (
	"slices"
	"strings"
)

// Scheme describes the names that one program gives to a network's tensors, and how they become
// acol's names.
type Scheme struct {
	// Name identifies the scheme: wsol. Title names it in a sentence: wsolevaluation's names.
	Name, Title string
	// Marks are patterns by which a file is recognised: each of them matches a tensor's name. One
	// that begins with ! must match none. A scheme without marks recognises every file.
	Marks []string
	// Pairs is the table of names. Of several patterns that match a name, the first counts; a name
	// that none matches stays as it is.
	Pairs []Pair
}

// Pair is a line of a table of names. In both patterns, * stands for the same text.
type Pair struct {
	// Outside is the other program's name, Acol is acol's.
	Outside, Acol string
	// OutsideRank and AcolRank, where they are not 0, convert a tensor of as many axes into one
	// with the other number, by axes of length 1 at the end: a linear layer (O,I) is a 1x1
	// convolution (O,I,1,1). A tensor of any other rank keeps its shape.
	OutsideRank, AcolRank int
}

// Under returns a copy of a table with a prefix in front of each side's names.
func Under(outside, acol string, table []Pair) []Pair {
	out := slices.Clone(table)
	for i := range out {
		out[i].Outside, out[i].Acol = outside+out[i].Outside, acol+out[i].Acol
	}
	return out
}

// recognise returns the first scheme whose marks the names of d show, a prefix aside. Where none
// does, it is one without names of its own.
func recognise(d *StateDict, prefix string, schemes []Scheme) Scheme {
	for _, s := range schemes {
		if s.recognises(d, prefix) {
			return s
		}
	}
	return Scheme{}
}

func (s Scheme) recognises(d *StateDict, prefix string) bool {
	for _, mark := range s.Marks {
		pattern, absent := strings.CutPrefix(mark, "!")
		found := slices.ContainsFunc(d.names, func(name string) bool {
			_, ok := matchStar(pattern, strings.TrimPrefix(name, prefix))
			return ok
		})
		if found == absent {
			return false
		}
	}
	return true
}
