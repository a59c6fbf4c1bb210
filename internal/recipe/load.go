package recipe

import (
	"path/filepath"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// Options says where a recipe comes from. Set wins over Env, Env over File, and
// File over the defaults.
type Options struct {
	// File is the YAML file; empty takes the defaults alone.
	File string
	// Saved says that acol wrote the file, maybe an earlier version of it: keys may have the names
	// that they had then.
	Saved bool
	// Set holds overrides as --set takes them: "train.epochs=3", "model.branches.deltas=0.5,0.6".
	Set []string
	// Env holds variables as os.Environ gives them, of which ACOL_TRAIN_EPOCHS=3
	// and the like count. One that is empty counts as not set; one that starts
	// with a section's name and is no key is an error; others are not ours.
	Env []string
}

// setting is one key as one source gives it.
type setting struct {
	key   *field
	value any    // of the key's type
	where string // for messages: file:line, --set or the variable
}

// Load reads a recipe, overrides it and validates it. What the user has to
// correct comes back as one *Error that holds all of it.
func Load(o Options) (*Recipe, error) {
	var p problems
	file := readFile(o.File, o.Saved, &p)
	env := readEnv(o.Env, &p)
	set := readSet(o.Set, &p)
	r, err := resolve(nameOf(o.File), file, env, set)
	if err != nil {
		return nil, err
	}
	r.validate(&p, intact(p.list), origins(file, env, set))
	if err := p.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// resolve lays the sources over the defaults. Values have their types before
// viper sees them, so that none is guessed from a string.
func resolve(name string, file, env, set []setting) (*Recipe, error) {
	v := viper.New()
	defaults := Default()
	defaults.Name = name
	for _, k := range keys {
		v.SetDefault(k.path, k.get(defaults))
	}
	for _, layer := range [][]setting{file, env} {
		if err := v.MergeConfigMap(nested(layer)); err != nil {
			return nil, err
		}
	}
	for _, s := range set {
		v.Set(s.key.path, s.value)
	}
	r := new(Recipe)
	err := v.UnmarshalExact(r, func(c *mapstructure.DecoderConfig) {
		c.WeaklyTypedInput = false
		c.DecodeHook = nil
	})
	if err != nil {
		return nil, err
	}
	written := origins(file, env, set)
	for key, value := range following {
		if _, ok := written[key]; !ok {
			f := lookup(key)
			f.in(r).Set(reflect.ValueOf(value(r)))
		}
	}
	return r, nil
}

// following gives the values of the keys that follow others unless somebody writes them.
var following = map[string]func(*Recipe) any{
	// A run's folder has the recipe's name.
	"train.out": func(r *Recipe) any { return filepath.Join("runs", r.Name) },
	// Images are on the scale that the network's published weights want.
	"data.mean": func(r *Recipe) any { mean, _ := r.Model.Backbone.UsualScale(); return mean },
	"data.std":  func(r *Recipe) any { _, std := r.Model.Backbone.UsualScale(); return std },
}

// follows says whether the key's value in r is what it is if nobody writes it, and that is not the
// same in all recipes.
func (f *field) follows(r *Recipe) bool {
	if f.path == "name" {
		return r.Name == Default().Name
	}
	value, ok := following[f.path]
	return ok && reflect.DeepEqual(f.get(r), value(r))
}

// nested turns dotted keys into the maps within maps that viper merges.
func nested(layer []setting) map[string]any {
	root := map[string]any{}
	for _, s := range layer {
		m := root
		parts := strings.Split(s.key.path, ".")
		for _, part := range parts[:len(parts)-1] {
			if _, ok := m[part]; !ok {
				m[part] = map[string]any{}
			}
			m = m[part].(map[string]any)
		}
		m[s.key.name] = s.value
	}
	return root
}

// origins says where each key that is not at its default was written last.
func origins(layers ...[]setting) map[string]string {
	at := map[string]string{}
	for _, layer := range layers {
		for _, s := range layer {
			at[s.key.path] = s.where
		}
	}
	return at
}

// intact accepts the sections that were read without a problem: the values of
// the others are not what the user meant, and complaining about them misleads.
func intact(list []Problem) func(section string) bool {
	broken := map[string]bool{}
	for _, p := range list {
		section, _, _ := strings.Cut(p.Key, ".")
		if schema.child(section) == nil {
			return func(string) bool { return false }
		}
		broken[section] = true
	}
	return func(section string) bool { return !broken[section] }
}

// nameOf is the recipe's name when nobody gives one.
func nameOf(file string) string {
	if file == "" {
		return Default().Name
	}
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
