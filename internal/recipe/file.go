package recipe

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"acol/configs"
	"acol/internal/regular"
)

// maxBytes is the largest file that is read. Aliases cannot make more of it: each is followed once,
// and the schema is five levels deep.
const maxBytes = 1 << 20

// renamed maps the keys of earlier versions to their names of today. A recipe that an earlier
// version saved with its run may use them. In any other recipe they are an error that says the new
// name, so that one experiment is never described in two ways.
var renamed = map[string]string{
	"model.branches.recipe": "model.branches.kinds",
}

// readFile reads the settings of a YAML file or, where there is no such file, of the recipe inside
// the program that the path names. What is wrong with them is added to p.
func readFile(path string, saved bool, p *problems) []setting {
	if path == "" {
		return nil
	}
	raw, err := readBounded(path)
	if err == nil {
		return parse(path, raw, saved, p)
	}
	bad := Problem{Msg: err.Error(), Cause: err}
	if errors.Is(err, fs.ErrNotExist) {
		if known, ok := configs.Find(path); ok {
			return parse(known.Name+" (built in)", []byte(known.Text), saved, p)
		}
		bad.Msg = fmt.Sprintf("recipe %s does not exist", show(path))
		bad.Hint = didYouMean(cmp.Or(nearestPath(path), nearestBuiltIn(path)))
	} else if info, err := os.Stat(path); err == nil && info.IsDir() {
		bad.Msg = fmt.Sprintf("%s is a folder, not a recipe", show(path))
		bad.Hint = recipeIn(path)
	}
	p.add(bad)
	return nil
}

// recipeIn says which recipe is meant by the path of a folder: that of the run in it, or one that
// is still to be made.
func recipeIn(dir string) string {
	own := filepath.Join(dir, "recipe.yaml")
	if _, err := os.Stat(own); err == nil {
		return didYouMean(show(own))
	}
	return "acol init makes a recipe for a folder of photographs"
}

// UnknownBuiltIn is the error of a name that no recipe inside the program has, with the nearest
// one.
func UnknownBuiltIn(name string) error {
	text := fmt.Sprintf("no recipe is called %s", show(name))
	if near := didYouMean(nearestBuiltIn(name)); near != "" {
		text += "; " + near
	}
	return errors.New(text)
}

// nearestBuiltIn returns the name of the recipe inside the program that a name which none has is
// nearest to; "" where none is near.
func nearestBuiltIn(name string) string {
	var names []string
	for _, r := range configs.All() {
		names = append(names, r.Name)
	}
	return nearestName(strings.TrimSuffix(name, ".yaml"), names)
}

func readBounded(path string) ([]byte, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the recipe: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the recipe: %w", err)
	}
	if len(raw) > maxBytes {
		return nil, fmt.Errorf("reading the recipe: %s has more than %d bytes", path, maxBytes)
	}
	return raw, nil
}

// parse reads YAML into settings. Messages call it file. If saved is true, keys may have the names
// of earlier versions. What is wrong with them is added to p.
func parse(file string, raw []byte, saved bool, p *problems) []setting {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, second yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil // an empty file: all defaults
	case err != nil:
		line, reason := syntaxError(raw, err)
		where := fmt.Sprintf("%s:%d", file, line)
		p.add(Problem{Msg: "reading the recipe: " + reason, Where: where, Cause: err})
		return nil
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		p.add(Problem{Msg: "reading the recipe: more than one YAML document", Where: file})
		return nil
	}
	w := &walker{file: file, saved: saved, p: p}
	w.section(schema, doc.Content[0])
	return w.out
}

// walker visits a YAML tree and the schema side by side, and collects the settings.
type walker struct {
	file  string
	saved bool
	p     *problems
	out   []setting
}

func (w *walker) where(n *yaml.Node) string { return fmt.Sprintf("%s:%d", w.file, n.Line) }

// section reads a mapping as section f. A section whose keys are all commented out is null in YAML,
// and empty.
func (w *walker) section(f *field, n *yaml.Node) {
	at := w.where(n)
	n = behindAlias(n)
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		msg := describe(n) + " is not a section"
		w.p.add(Problem{Key: f.path, Msg: msg, Where: at, Hint: hasKeys(f)})
		return
	}
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if line, twice := seen[key.Value]; twice && key.Kind == yaml.ScalarNode {
			w.p.add(Problem{
				Key: join(f, key.Value), Msg: "written twice", Where: w.where(key),
				Hint: fmt.Sprintf("first in line %d", line),
			})
			continue
		}
		seen[key.Value] = key.Line
		w.entry(f, key, value)
	}
}

// entry reads one key of section f and its value.
func (w *walker) entry(f *field, key, value *yaml.Node) {
	if key.Kind != yaml.ScalarNode {
		msg := describe(behindAlias(key)) + " is not a key"
		w.p.add(Problem{Key: f.path, Msg: msg, Where: w.where(key)})
		return
	}
	c := f.child(key.Value)
	if now, old := renamed[f.path+"."+key.Value]; old && w.saved {
		c = lookup(now)
	}
	switch {
	case c == nil:
		w.p.unknown(join(f, key.Value), key.Value, w.where(key))
	case c.section():
		w.section(c, value)
	default:
		v, err := c.fromNode(value)
		if err != nil {
			w.p.add(Problem{Key: c.path, Msg: err.Error(), Where: w.where(key)})
			return
		}
		w.out = append(w.out, setting{c, v, w.where(key)})
	}
}

// join returns the dotted path of a key in section f, whether or not it exists, fit for a message.
func join(f *field, name string) string {
	return strings.TrimPrefix(f.path+"."+printable(name), ".")
}

// unknown reports that there is no key at path; name is how the file writes its last part.
func (p *problems) unknown(path, name, where string) {
	x := Problem{Key: path, Msg: "unknown key", Where: where}
	now, old := renamed[path]
	switch {
	case p.full():
	case name == "<<":
		x.Msg, x.Hint = "merge keys of YAML are not supported", "write out the keys that it stands for"
	case old:
		x.Msg, x.Hint = "a key of an earlier version", "it is called "+now+" now"
	case strings.Contains(name, ".") && lookup(name) != nil:
		closing := strings.Repeat("}", strings.Count(name, "."))
		nested := strings.ReplaceAll(name, ".", ": {") + ": …" + closing
		x.Msg, x.Hint = "a key with dots in it", "in a file, nest it: "+nested
	default:
		x.Hint = hint(path)
	}
	p.add(x)
}

// hint proposes the key nearest to an unknown path, or lists the keys of its section.
func hint(path string) string {
	if near := nearestKey(path); near != "" {
		return didYouMean(near)
	}
	section, _ := split(path)
	if f := lookup(section); f != nil && f.section() {
		return hasKeys(f)
	}
	return hasKeys(schema)
}

func didYouMean(s string) string {
	if s == "" {
		return ""
	}
	return "did you mean " + s + "?"
}

func hasKeys(f *field) string {
	names := make([]string, len(f.children))
	for i, c := range f.children {
		names[i] = c.name
	}
	what := f.path
	if what == "" {
		what = "a recipe"
	}
	return what + " has " + strings.Join(names, ", ")
}
