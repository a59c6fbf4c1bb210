package recipe

import (
	"strings"

	"acol/internal/nearest"
)

// nearestKey returns the key or section that a user most likely meant by an unknown path, or "" if
// none is near. A wrong section counts as one wrong letter, and so does a name that is cut short,
// such as lr for lr_backbone.
func nearestKey(path string) string {
	if len(path) > 100 {
		return ""
	}
	section, name := split(strings.ToLower(path))
	best, least := "", len(name)/2+2
	var visit func(f *field)
	visit = func(f *field) {
		for _, c := range f.children {
			s, n := split(c.path)
			cost := nearest.Distance(name, n)
			if isWordOf(name, n) {
				cost = min(cost, 1)
			}
			if s != section {
				cost++
			}
			if cost < least {
				best, least = c.path, cost
			}
			visit(c)
		}
	}
	visit(schema)
	return best
}

// split cuts a dotted path into the path of its section and its last part.
func split(path string) (section, name string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

// isWordOf reports whether word is one of the words of name, as lr is of lr_backbone.
func isWordOf(word, name string) bool {
	for w := range strings.SplitSeq(name, "_") {
		if w == word {
			return true
		}
	}
	return false
}

// nearestName returns the name closest to s, or "" if none is close.
func nearestName(s string, names []string) string {
	if len(s) > 100 {
		return ""
	}
	best, least := "", len(s)/3+2
	for _, n := range names {
		if d := nearest.Distance(strings.ToLower(s), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best
}
