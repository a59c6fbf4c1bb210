package eval

import (
	"math"
	"slices"
)

// Group has the figures of the images of one class, or of those with objects of one size.
type Group struct {
	Name   string `json:"name"`
	Images int    `json:"images"`
	// Predicted is how many images were taken for the class; nil where nobody guessed, and for
	// groups that are no classes.
	Predicted *int `json:"predicted,omitempty"`
	// Figures are in percent by their keys. Those by thresholds are at the ones that are best on
	// the whole split, so that the groups add up to the figure of the split.
	Figures map[string]float64 `json:"figures"`
}

// sizes are ranges of the share in percent of an image that its largest true box covers. Each
// begins where the one before ends, and ends below its end.
var sizes = []struct {
	name string
	end  float64
}{
	{"small (below 10 %)", 10},
	{"medium (10 to 30 %)", 30},
	{"large (30 to 60 %)", 60},
	{"very large (60 % and more)", math.Inf(1)},
}

// bySize returns the groups by the size of the object; images without a box are in none.
func (r *Records) bySize() []Group {
	groups := r.groups(len(sizes), func(rec *Record) int {
		if rec.Size == 0 {
			return -1
		}
		for k, s := range sizes {
			if rec.Size < s.end {
				return k
			}
		}
		return -1
	})
	for k := range groups {
		groups[k].Name = sizes[k].name
	}
	return filled(groups)
}

// byClass returns the groups by label, with what the images were taken for unless c is nil.
func (r *Records) byClass(c *Confusion) []Group {
	groups := r.groups(len(r.Classes), func(rec *Record) int { return rec.Label })
	var guesses []int
	if c != nil {
		_, guesses = c.Images()
	}
	for k := range groups {
		groups[k].Name = r.Classes[k]
		if guesses != nil {
			groups[k].Predicted = &guesses[k]
		}
	}
	return filled(groups)
}

// filled returns the groups that have images.
func filled(groups []Group) []Group {
	var out []Group
	for _, g := range groups {
		if g.Images > 0 {
			out = append(out, g)
		}
	}
	return out
}

// groups measures n groups of the images, each at the thresholds that are best for all images
// together; of says which group an image is in, none where it is negative.
func (r *Records) groups(n int, of func(*Record) int) []Group {
	curves := slices.Clone(r.Curves)
	for k := range curves {
		curves[k].Chosen = nil
	}
	l := newLayout(curves, 0)
	whole := l.tally()
	for i := range r.Images {
		whole.addHits(r.Images[i].Hits)
	}
	fixed := l.at(whole.best())
	groups, tallies := make([]Group, n), make([]*tally, n)
	for g := range tallies {
		tallies[g] = fixed.tally()
	}
	for i := range r.Images {
		if g := of(&r.Images[i]); g >= 0 && g < n {
			groups[g].Images++
			tallies[g].addHits(r.Images[i].Hits)
		}
	}
	for g, t := range tallies {
		groups[g].Figures = map[string]float64{}
		for i, v := range t.values() {
			if v == v {
				groups[g].Figures[t.figures[i].key] = v
			}
		}
	}
	return groups
}
