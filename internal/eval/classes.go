package eval

import (
	"fmt"
	"slices"
	"strconv"

	"acol/internal/brief"
	"acol/internal/data"
	"acol/internal/imagenet"
	"acol/internal/model"
	"acol/internal/nearest"
)

// ClassesError says that a split has a class that the model lacks.
type ClassesError struct {
	Split string
	// Classes and Model are how many classes the split and the model have.
	Classes, Model int
	// Class is the name of the class, and Nearest the model's that is most like it. They are empty
	// where the names of the model's classes are not known.
	Class, Nearest string
}

func (e *ClassesError) Error() string {
	text := fmt.Sprintf("split %s has %d classes, the model %d: other data than it was trained on",
		e.Split, e.Classes, e.Model)
	if e.Class != "" {
		text += fmt.Sprintf("; class %s is none of the model's, the nearest is %s",
			brief.Quote(e.Class), brief.Quote(e.Nearest))
	}
	return text
}

// matchClasses gives the labels of a split the order of the model's n classes, of which names may
// be nil. The split may have fewer classes than the model, or more, of which no image is. Labels
// are matched by the names of the classes where every class that has images is one of the model's:
// by the same name, by the same words (model.PlainClass), or by the synset of a class of ImageNet.
// Where names do not match, labels keep their numbers if the split has as many classes as the
// model, or if it knows its classes by numbers alone. All else is a *ClassesError. byNames reports
// whether labels were changed.
func matchClasses(s *data.Split, n int, names []string) (byNames bool, err error) {
	if len(names) != n {
		names = nil
	}
	to, stranger := byName(s, names)
	switch {
	case names != nil && stranger == "":
		for label, place := range to {
			byNames = byNames || place >= 0 && place != label
		}
	case len(s.Classes) == n:
		return false, nil
	default:
		if to = byNumber(s, n); to == nil {
			e := &ClassesError{Split: s.Name, Classes: len(s.Classes), Model: n}
			if names != nil {
				e.Class, e.Nearest = stranger, nearest.Name(stranger, names)
			}
			return false, e
		}
	}
	if names == nil {
		names = make([]string, n)
		for i := range names {
			names[i] = strconv.Itoa(i)
		}
	}
	if !slices.Equal(s.Classes, names) {
		s.Relabel(to, names)
	}
	return byNames, nil
}

// byName returns the place of each of a split's classes among names, -1 for one that has no image.
// stranger is a class with images that has no place, or the place of another.
func byName(s *data.Split, names []string) (to []int, stranger string) {
	exact, plain := map[string]int{}, map[string]int{}
	for i, name := range names {
		put(exact, name, i)
		put(plain, model.PlainClass(name), i)
	}
	synsets := imagenet.Are(names)
	find := func(name string) int {
		if i, ok := imagenet.Label(name); ok && synsets {
			return i
		}
		if i, ok := exact[name]; ok {
			return i
		}
		if i, ok := plain[model.PlainClass(name)]; ok {
			return i
		}
		return -1
	}
	to = make([]int, len(s.Classes))
	taken := map[int]bool{}
	for label, has := range s.Seen() {
		to[label] = -1
		if !has {
			continue
		}
		place := find(s.Classes[label])
		if place < 0 || taken[place] {
			return nil, s.Classes[label]
		}
		to[label], taken[place] = place, true
	}
	return to, ""
}

// put notes the place of a name, and -1 for a name that several classes have.
func put(places map[string]int, name string, place int) {
	if _, several := places[name]; several {
		place = -1
	}
	places[name] = place
}

// byNumber returns the labels themselves where the classes with images are called by their numbers,
// all of which are below n; else nil.
func byNumber(s *data.Split, n int) []int {
	to := make([]int, len(s.Classes))
	for label, has := range s.Seen() {
		to[label] = label
		if has && (label >= n || s.Classes[label] != strconv.Itoa(label)) {
			return nil
		}
		if label >= n {
			to[label] = -1
		}
	}
	return to
}
