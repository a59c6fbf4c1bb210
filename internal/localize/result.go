package localize

import (
	"errors"
	"slices"

	"acol/internal/cam"
	"acol/internal/data/pixels"
	"acol/internal/metric"
	"acol/internal/scoremap"
)

// Result is what a model sees in one image.
type Result struct {
	// Geometry says where the network's square input lies on the picture, in pixels. Its Width and
	// Height are those of the upright picture.
	Geometry pixels.Geometry
	// Names are the model's classes. Logits, of the first branch, and Probabilities, their softmax,
	// are in the same order: (K).
	Names         []string
	Logits        []float32
	Probabilities []float64
	// Threshold says where the maps are cut, and who chose that.
	Threshold scoremap.Threshold
	// Maps are of the classes that were asked for, the most likely first.
	Maps []*ClassMap
}

// ClassMap says where one class is in an image.
type ClassMap struct {
	// Class is an index into the Result's Names.
	Class int
	// Branches are the model's, in their order; each sees what the ones before it have left.
	Branches []Branch
	// Fused is the maximum over the branches that the recipe fuses: (h,w) of the feature map,
	// float64.
	Fused cam.Map
	// Score is Fused as a score map of the network's input: (S,S) in pixels of the input, float64
	// in 0 to 1, refined if the recipe says so. It is all zeros unless State is cam.OK.
	Score cam.Map
	State cam.State
	// Refined says that Score is refined; Unrefined that it was to be, and that the picture's
	// colours did not tell object and ground apart.
	Refined, Unrefined bool
	// Threshold is the fraction of the maximum of Score that Boxes are cut at.
	Threshold float64
	// Boxes are around regions of Score, the largest region first, in pixels of the upright
	// picture, both corners inclusive; their Size is in pixels of Score. A constant map has none,
	// nor has one whose boxes the recipe's min_prob and min_area leave out.
	Boxes []cam.Region
	// Why says why min_prob or min_area have left no box; "" where they have not.
	Why string
}

// Branch is what one branch says of a class.
type Branch struct {
	// Kind is p or n: a branch that learns the class, or one that learns its absence.
	Kind byte
	// Map is the branch's class activation map: (h,w) of the feature map, float64 in 0 to 1.
	Map cam.Map
	// Erased marks the positions (h,w) of the feature map that the branches before this one have
	// erased together; the first branch has no mask (no values).
	Erased scoremap.Mask
}

// errNotFinite is of a network whose output is no number.
var errNotFinite = errors.New("the network's output is NaN or infinite: " +
	"is the checkpoint sound? (acol inspect --stats)")

// result turns what the network says of one image into a Result. It needs no network.
func (l *Localizer) result(g pixels.Geometry, seen []sight) (*Result, error) {
	cfg := l.opt.Config
	r := &Result{Geometry: g, Names: l.opt.Classes, Threshold: l.threshold}
	for _, s := range seen {
		r.Logits = s.Logits[0]
		if !finite(r.Logits) {
			return nil, errNotFinite
		}
		m := &ClassMap{Class: s.class, Branches: l.split(s.Maps), Fused: s.Fused}
		m.Score, m.State = scoremap.Of(s.Fused, g.Size)
		if m.State == cam.OK {
			m.Threshold = l.threshold.Of(m.Score)
			if err := l.refine(m, s.in); err != nil {
				return nil, err
			}
			var err error
			m.Boxes, err = Cut(m.Score, g, m.Threshold, cfg.Rule == Largest)
			if err != nil {
				return nil, err
			}
		}
		r.Maps = append(r.Maps, m)
	}
	r.Probabilities = metric.Softmax(r.Logits)
	for _, m := range r.Maps {
		r.sure(m, cfg)
	}
	return r, nil
}

// finite reports whether no value is NaN or infinite.
func finite(values []float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return v-v != 0 })
}

// split gives each branch its map and what was erased before it.
func (l *Localizer) split(maps []cam.Map) []Branch {
	out := make([]Branch, len(maps))
	for i, m := range maps {
		out[i] = Branch{Kind: l.branches.Kinds[i], Map: m}
		if i == 0 {
			continue
		}
		before := out[i-1]
		gone := cam.Erased(before.Map, l.branches.Deltas[i-1], l.branches.Compare.Over)
		for j, already := range before.Erased.V {
			gone[j] = gone[j] || already
		}
		out[i].Erased = scoremap.Mask{H: m.H, W: m.W, V: gone, At: m.At}
	}
	return out
}

// Cut finds the regions of a score map of the network's input (S,S) whose values are above
// threshold times its maximum, the largest first, or with largest that one alone. Their boxes are
// in pixels of the picture that g tells of.
func Cut(score cam.Map, g pixels.Geometry, threshold float64, largest bool) ([]cam.Region, error) {
	found, err := cam.Regions(score, threshold)
	if err != nil {
		return nil, err
	}
	if largest {
		found = found[:min(1, len(found))]
	}
	for i := range found {
		found[i].Box = g.Box(found[i].Box, score.W, score.H)
	}
	return found, nil
}

// Summary is what is printed and served of a Result. Boxes are in pixels of the upright picture,
// both corners inclusive.
type Summary struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	// Classes are the most likely ones, best first, then those that maps are for besides.
	Classes []ClassSummary `json:"classes"`
	Boxes   []BoxSummary   `json:"boxes"`
	// Threshold is the fraction of a map's maximum that boxes are cut at, or the word of the rule
	// that finds it for each map. ThresholdFrom is who chose it.
	Threshold     scoremap.Threshold `json:"threshold"`
	ThresholdFrom scoremap.Chooser   `json:"threshold_from"`
	// Notes say of which classes there is no box, or one that says little, and why.
	Notes []string `json:"notes,omitempty"`
}

// ClassSummary is a class and its probability in 0 to 1.
type ClassSummary struct {
	Index       int     `json:"index"`
	Name        string  `json:"name"`
	Probability float64 `json:"probability"`
}

// BoxSummary is a box of a class. Score is the highest value of the score map within its region,
// Threshold the fraction of that map's maximum that the box is cut at.
type BoxSummary struct {
	Class int     `json:"class"` // its index
	Name  string  `json:"name"`
	X0    int     `json:"x0"`
	Y0    int     `json:"y0"`
	X1    int     `json:"x1"`
	Y1    int     `json:"y1"`
	Score float64 `json:"score"`

	Threshold float64 `json:"threshold"`
}

// NoBox is said of a map without a box.
const NoBox = "no box: the map is constant"

// Summary names the likeliest classes of a result, and every box.
func (r *Result) Summary() Summary {
	s := Summary{
		Width: r.Geometry.Width, Height: r.Geometry.Height,
		Boxes: []BoxSummary{}, Threshold: r.Threshold, ThresholdFrom: r.Threshold.From,
	}
	classes := metric.Top(r.Logits, shownClasses)
	for _, m := range r.Maps {
		if !slices.Contains(classes, m.Class) {
			classes = append(classes, m.Class)
		}
		name := r.Names[m.Class]
		for _, at := range m.Boxes {
			b := at.Box
			s.Boxes = append(s.Boxes,
				BoxSummary{m.Class, name, b.X0, b.Y0, b.X1, b.Y1, at.Peak, m.Threshold})
		}
		if len(m.Boxes) == 0 {
			s.Notes = append(s.Notes, name+": "+m.Where())
		}
		if m.Unrefined {
			s.Notes = append(s.Notes, name+": "+unrefinedNote)
		}
		if r.Wide(m) {
			s.Notes = append(s.Notes, name+": the box is "+wideNote(m))
		}
	}
	for _, c := range classes {
		s.Classes = append(s.Classes, ClassSummary{c, r.Names[c], r.Probabilities[c]})
	}
	return s
}
