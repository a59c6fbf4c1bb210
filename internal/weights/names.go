package weights

import (
	"fmt"
	"slices"
	"strings"
)

// Names reports how the names in a file became acol's.
type Names struct {
	// Scheme and Title say which program's names the file has; see Scheme.
	Scheme, Title string
	// Prefix is what stood in front of every name, such as "module." of DataParallel.
	Prefix string
	// Foreign lists, in the file's order, the tensors beside the network, whose names lack the
	// prefix that most have, such as the weights of a loss. They are left out.
	Foreign []string
	// Renamed lists, in the file's order, the tensors whose name changed by more than the prefix.
	Renamed []Renaming
}

// Renaming is the name of one tensor in a file, without the common prefix, and in acol.
type Renaming struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// String describes the renaming in one line, with one tensor as an example.
func (n Names) String() string {
	s := n.Title
	if n.Prefix != "" {
		s += fmt.Sprintf(" behind %s", quote(n.Prefix))
	}
	if len(n.Foreign) > 0 {
		s += fmt.Sprintf(", without %s, which is not behind it",
			quote(Abbreviate(n.Foreign)))
	}
	if len(n.Renamed) > 0 {
		weight := slices.IndexFunc(n.Renamed, func(r Renaming) bool {
			return strings.HasSuffix(r.From, ".weight")
		})
		r := n.Renamed[max(0, weight)]
		s += fmt.Sprintf(", %d renamed (%s is %s)", len(n.Renamed), quote(r.From), quote(r.To))
	}
	return s
}

// NamesOf recognises the scheme of an open file's names without reading its tensors. The map holds
// acol's name of each tensor that has another name in the file.
func NamesOf(f *File, schemes []Scheme) (Names, map[string]string) {
	d := NewStateDict()
	for _, e := range f.entries {
		d.Set(e.Name, Tensor{DType: e.DType, Shape: e.Shape})
	}
	_, n, _ := Canonical(d, schemes) // two tensors of one name are the loader's to refuse
	renamed := map[string]string{}
	for _, r := range n.Renamed {
		renamed[n.Prefix+r.From] = r.To
	}
	return n, renamed
}

// prefixes are what wrappers put in front of every name: torch.nn.DataParallel, torch.compile, and
// modules that hold the network.
var prefixes = []string{"module.", "_orig_mod.", "model.", "net.", "network."}

// Canonical returns the tensors of d under acol's names: torchvision's for the backbone,
// branches.0.conv1.weight and so on for the heads. The first of schemes that recognises the names
// renames them. Two tensors that get the same name are an error. The tensors share memory with d.
func Canonical(d *StateDict, schemes []Scheme) (*StateDict, Names, error) {
	var n Names
	n.Prefix, n.Foreign = commonPrefix(d.names)
	s := recognise(d, n.Prefix, schemes)
	n.Scheme, n.Title = s.Name, s.Title
	out := NewStateDict()
	out.Metadata = d.Metadata
	for _, name := range d.names {
		t := d.tensors[name]
		from, ours := strings.CutPrefix(name, n.Prefix)
		if !ours {
			continue
		}
		to, shape := s.rename(from, t.Shape)
		if _, twice := out.tensors[to]; twice {
			err := fmt.Errorf("%s: two tensors of the file have this name in acol", quote(to))
			return nil, n, err
		}
		out.Set(to, Tensor{DType: t.DType, Shape: shape, Raw: t.Raw})
		if to != from {
			n.Renamed = append(n.Renamed, Renaming{from, to})
		}
	}
	for name, dtype := range d.unread {
		to, _ := s.rename(strings.TrimPrefix(name, n.Prefix), nil)
		out.unread[to] = dtype
	}
	return out, n, nil
}

// rename returns acol's name and shape of a tensor of the scheme.
func (s Scheme) rename(from string, shape []int) (string, []int) {
	for _, p := range s.Pairs {
		if star, ok := matchStar(p.Outside, from); ok {
			return strings.Replace(p.Acol, "*", star, 1), fitRank(shape, p.OutsideRank, p.AcolRank)
		}
	}
	return from, shape
}

// Foreign is the inverse of Canonical: it returns the tensors of d, which have acol's names, under
// the names that a table has outside. A backbone's tensor that no pair matches keeps its name; left
// lists the heads' tensors that no pair matches, which are not in out. Each batch norm gets the
// batch counter that PyTorch's has, so that load_state_dict(strict=True) finds everything it wants.
func Foreign(d *StateDict, table []Pair) (out *StateDict, left []string) {
	out = NewStateDict()
	for _, name := range d.names {
		t := d.tensors[name]
		to, shape, found := name, t.Shape, !strings.HasPrefix(name, "branches.")
		for _, p := range table {
			if star, ok := matchStar(p.Acol, name); ok {
				to = strings.Replace(p.Outside, "*", star, 1)
				shape, found = fitRank(t.Shape, p.AcolRank, p.OutsideRank), true
				break
			}
		}
		if !found {
			left = append(left, name)
			continue
		}
		out.Set(to, Tensor{DType: t.DType, Shape: shape, Raw: t.Raw})
		if norm, ok := strings.CutSuffix(to, ".running_var"); ok {
			counter := Tensor{DType: I64, Shape: []int{}, Raw: make([]byte, 8)}
			out.Set(norm+".num_batches_tracked", counter)
		}
	}
	return out, left
}

// commonPrefix returns the longest chain of prefixes that most names have, and the names without
// it.
func commonPrefix(names []string) (found string, foreign []string) {
	inside := slices.Clone(names)
	for {
		i := slices.IndexFunc(prefixes, func(p string) bool {
			return 2*len(having(inside, found+p)) > len(inside)
		})
		if i < 0 {
			break
		}
		found += prefixes[i]
		inside = having(inside, found)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, found) {
			foreign = append(foreign, name)
		}
	}
	return found, foreign
}

// having returns the names that begin with a prefix.
func having(names []string, prefix string) []string {
	var list []string
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			list = append(list, name)
		}
	}
	return list
}

// matchStar matches a name against a pattern in which one * stands for any text, and returns that
// text.
func matchStar(pattern, name string) (star string, ok bool) {
	prefix, suffix, wild := strings.Cut(pattern, "*")
	if !wild {
		return "", name == pattern
	}
	ok = len(name) >= len(prefix)+len(suffix) &&
		strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix)
	if !ok {
		return "", false
	}
	return name[len(prefix) : len(name)-len(suffix)], true
}

// fitRank returns a shape of from axes with to of them, by adding or dropping axes of length 1 at
// the end. A shape of another rank stays as it is, as every shape does where from is 0.
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
