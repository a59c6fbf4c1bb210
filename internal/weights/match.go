package weights

import (
	"fmt"
	"slices"
	"strings"
)

// Spec is a tensor that a model wants.
type Spec struct {
	Name  string
	Shape []int
}

// DropRule lists the tensors about which Match is not strict. A pattern is a name in which one *
// may stand for any text: "classifier.*", "*.num_batches_tracked".
type DropRule struct {
	Unexpected []string // tensors of the file that may be left out
	Missing    []string // wanted tensors that the file may lack
}

// Report lists the tensors that Match let pass by its rule.
type Report struct {
	Dropped []string // left out, in the file's order
	Missing []string // not in the file, in the model's order
}

// Match returns the tensors of have that want lists, in want's order. It is strict: a wanted
// tensor that is missing, a tensor that nobody wants and one of another shape are a *MatchError
// that lists them all, unless rule allows the first or the second. It does not look at dtypes,
// but for a wanted tensor of a type that this package does not read. The tensors share memory
// with have.
func Match(want []Spec, have *StateDict, rule DropRule) (*StateDict, Report, error) {
	got := NewStateDict()
	var report Report
	var bad MatchError
	wanted := make(map[string]bool, len(want))
	for _, s := range want {
		wanted[s.Name] = true
		t, ok := have.Get(s.Name)
		switch {
		case !ok && anyMatch(rule.Missing, s.Name):
			report.Missing = append(report.Missing, s.Name)
		case !ok && have.unread[s.Name] != "":
			bad.Unread = append(bad.Unread, fmt.Sprintf("%s: dtype %s not supported",
				s.Name, quote(string(have.unread[s.Name]))))
		case !ok:
			bad.Missing = append(bad.Missing, s.Name)
		case !slices.Equal(t.Shape, s.Shape):
			bad.WrongShape = append(bad.WrongShape, fmt.Sprintf("%s: got shape %s, want %s",
				s.Name, shapeString(t.Shape), shapeString(s.Shape)))
		default:
			got.Set(s.Name, t)
		}
	}
	for _, name := range have.names {
		switch {
		case wanted[name]:
		case anyMatch(rule.Unexpected, name):
			report.Dropped = append(report.Dropped, name)
		default:
			bad.Unexpected = append(bad.Unexpected, quote(name))
		}
	}
	if len(bad.Missing)+len(bad.Unexpected)+len(bad.WrongShape)+len(bad.Unread) > 0 {
		return nil, Report{}, &bad
	}
	return got, report, nil
}

func anyMatch(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		_, ok := matchStar(p, name)
		return ok
	})
}

// MatchError lists every tensor that keeps a file from fitting a model.
type MatchError struct {
	Missing    []string // wanted names that the file lacks
	Unexpected []string // names in the file that nobody wants
	WrongShape []string // "NAME: got shape (64,3,7,7), want (64,3,3,3)"
	Unread     []string // "NAME: dtype F8_E4M3 not supported"
}

// Error has a line for each kind of mismatch, which names eight tensors at most.
func (e *MatchError) Error() string {
	var b strings.Builder
	b.WriteString("tensors do not fit the model")
	for _, kind := range []struct {
		label string
		names []string
	}{
		{"missing", e.Missing}, {"unexpected", e.Unexpected},
		{"wrong shape", e.WrongShape}, {"of another type", e.Unread},
	} {
		if len(kind.names) > 0 {
			fmt.Fprintf(&b, "\n  %s (%d): %s", kind.label, len(kind.names), Abbreviate(kind.names))
		}
	}
	return b.String()
}

// Abbreviate joins names with commas. Of more than eight it writes the first eight and how many
// there are besides: "a, b, c and 12 more".
func Abbreviate(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
