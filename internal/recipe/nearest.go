package recipe

import (
	"strings"
)

// nearestKey is the key or section that a user most likely meant by an unknown
// path, or "" when nothing is near. A wrong section counts as one
// slip, as does a name cut short (lr for lr_backbone).
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
			cost := distance(name, n)
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

// split cuts a dotted path into its section and its last part.
func split(path string) (section, name string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

// isWordOf says whether word is one of the words of name: lr of lr_backbone.
func isWordOf(word, name string) bool {
	for w := range strings.SplitSeq(name, "_") {
		if w == word {
			return true
		}
	}
	return false
}

// nearestName is the name closest to s, or "" when none is close.
func nearestName(s string, names []string) string {
	if len(s) > 100 {
		return ""
	}
	best, least := "", len(s)/3+2
	for _, n := range names {
		if len(n) > 200 {
			continue
		}
		if d := distance(strings.ToLower(s), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes, with the swap of two
// neighbours as one step.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row := rows[(i+1)%3], rows[(i-1)%3], rows[i%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
