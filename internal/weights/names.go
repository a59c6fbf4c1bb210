package weights

import (
	"fmt"
	"slices"
	"strings"
)

// Names says how a file's names became acol's.
type Names struct {
	// Scheme and Title tell whose names they are.
	Scheme, Title string
	// Prefix is what stood in front of every name ("module.", of DataParallel).
	Prefix string
	// Renamed lists the tensors that have another name now, the prefix aside, in the file's order.
	Renamed []Renaming
}

// Renaming is one tensor's name in a file and in acol.
type Renaming struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// String is a line for the person who loads the file.
func (n Names) String() string {
	s := n.Title
	if n.Prefix != "" {
		s += fmt.Sprintf(" behind %s", quote(n.Prefix))
	}
	if len(n.Renamed) > 0 {
		r := n.Renamed[max(0, slices.IndexFunc(n.Renamed, func(r Renaming) bool { return strings.HasSuffix(r.From, ".weight") }))]
		s += fmt.Sprintf(", %d renamed (%s is %s)", len(n.Renamed), quote(r.From), quote(r.To))
	}
	return s
}

// NamesOf tells whose names an open file has, and for each tensor that acol calls otherwise how.
func NamesOf(f *File) (Names, map[string]string) {
	d := NewStateDict()
	for _, e := range f.entries {
		d.Set(e.Name, Tensor{DType: e.DType, Shape: e.Shape})
	}
	_, n, _ := Canonical(d) // two tensors of one name are the loader's to refuse
	renamed := map[string]string{}
	for _, r := range n.Renamed {
		renamed[n.Prefix+r.From] = r.To
	}
	return n, renamed
}

// prefixes are what wrappers put in front of every name: torch.nn.DataParallel, torch.compile, and modules that hold the network.
var prefixes = []string{"module.", "_orig_mod.", "model.", "net.", "network."}

// Canonical gives the tensors of d acol's names: torchvision's for the backbone, branches.0.conv1.weight and the like for the heads. It
// knows whose names they are by a tensor that only they have; names that nobody's table has stay. The tensors share memory with d.
func Canonical(d *StateDict) (*StateDict, Names, error) {
	n := Names{Prefix: commonPrefix(d.names)}
	s := detectScheme(d, n.Prefix)
	n.Scheme, n.Title = s.name, s.title
	table := s.pairs(Target{})
	out := NewStateDict()
	out.Metadata = d.Metadata
	for _, name := range d.names {
		t := d.tensors[name]
		from := strings.TrimPrefix(name, n.Prefix)
		to, shape := from, t.Shape
		for _, p := range table {
			if star, ok := matchStar(p.outside, from); ok {
				to, shape = strings.Replace(p.acol, "*", star, 1), fitRank(t.Shape, p.outRank, p.rank)
				break
			}
		}
		if _, twice := out.tensors[to]; twice {
			return nil, n, fmt.Errorf("%s: two tensors of the file have this name in acol", quote(to))
		}
		out.Set(to, Tensor{DType: t.DType, Shape: shape, Raw: t.Raw})
		if to != from {
			n.Renamed = append(n.Renamed, Renaming{from, to})
		}
	}
	return out, n, nil
}

// Target says what a state dict is exported for: the model's architecture, branch recipe and head, as in the recipe file.
type Target struct{ Arch, Kinds, Head string }

// Foreign is the inverse of Canonical: it gives tensors in acol's names those of a scheme, by its name in schemes. PyTorch's batch counters are
// added, so that load_state_dict(strict=True) finds all it wants. left names the tensors of heads that the scheme's network has no place for.
func Foreign(d *StateDict, scheme string, target Target) (out *StateDict, left []string, err error) {
	i := slices.IndexFunc(schemes, func(s nameScheme) bool { return s.name == scheme })
	if i < 0 {
		return nil, nil, fmt.Errorf("no names called %s", quote(scheme))
	}
	table := schemes[i].pairs(target)
	out = NewStateDict()
	for _, name := range d.names {
		t := d.tensors[name]
		to, shape, found := name, t.Shape, !strings.HasPrefix(name, "branches.")
		for _, p := range table {
			if star, ok := matchStar(p.acol, name); ok {
				to, shape, found = strings.Replace(p.outside, "*", star, 1), fitRank(t.Shape, p.rank, p.outRank), true
				break
			}
		}
		if !found {
			left = append(left, name)
			continue
		}
		out.Set(to, Tensor{DType: t.DType, Shape: shape, Raw: t.Raw})
		if norm, ok := strings.CutSuffix(to, ".running_var"); ok {
			out.Set(norm+".num_batches_tracked", Tensor{DType: I64, Shape: []int{}, Raw: make([]byte, 8)})
		}
	}
	return out, left, nil
}

// commonPrefix is the longest chain of prefixes that every name has.
func commonPrefix(names []string) string {
	found := ""
	for {
		i := slices.IndexFunc(prefixes, func(p string) bool {
			return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, found+p) })
		})
		if i < 0 {
			return found
		}
		found += prefixes[i]
	}
}

// matchStar matches a name against a pattern in which one * may stand for any text, and gives that text.
func matchStar(pattern, name string) (star string, ok bool) {
	prefix, suffix, wild := strings.Cut(pattern, "*")
	if !wild {
		return "", name == pattern
	}
	ok = len(name) >= len(prefix)+len(suffix) && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix)
	if !ok {
		return "", false
	}
	return name[len(prefix) : len(name)-len(suffix)], true
}

// fitRank adds or drops trailing axes of length 1 where a shape has from axes; others, and where from is 0, stay.
func fitRank(shape []int, from, to int) []int {
	if from == 0 || len(shape) != from {
		return shape
	}
	out := slices.Clone(shape)
	for len(out) < to {
		out = append(out, 1)
	}
	for len(out) > to && out[len(out)-1] == 1 {
		out = out[:len(out)-1]
	}
	return out
}
