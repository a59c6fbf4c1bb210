// Package nearest finds the name that somebody most likely meant.
package nearest

import "strings"

// maxName bounds how much of a name is compared, in bytes: names come from
// files and command lines.
const maxName = 100

// Name is the candidate with the least Distance to name, ignoring case, the
// first on ties; empty without candidates.
func Name(name string, candidates []string) string {
	name = strings.ToLower(name)
	best, least := "", -1
	for _, c := range candidates {
		if d := Distance(name, strings.ToLower(c)); least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}

// Meant is the candidate that a mistyped name most likely means, ignoring case: the first that the
// name is the beginning of, or else the nearest, of which one letter in three may be otherwise. It
// is empty where none is near.
func Meant(name string, candidates []string) string {
	const least = 3 // letters of a name that is cut short
	for _, c := range candidates {
		if len(name) >= least && strings.HasPrefix(strings.ToLower(c), strings.ToLower(name)) {
			return c
		}
	}
	near := Name(name, candidates)
	if Distance(strings.ToLower(name), strings.ToLower(near)) > max(1, len(name)/3) {
		return ""
	}
	return near
}

// Distance is the Levenshtein distance in bytes of the first 100 bytes of each
// name, with the swap of two neighbours as one step.
func Distance(a, b string) int {
	a, b = a[:min(len(a), maxName)], b[:min(len(b), maxName)]
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
