package recipe

import (
	"path/filepath"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"acol/internal/model"
)

// Options says where the values of a recipe come from. Set wins over Env, Env over File, and File
// over the defaults.
type Options struct {
	// File is the path of the YAML file; "" is no file. Where there is none at the path, it may
	// name a recipe of package configs.
	File string
	// Text is the YAML of the recipe, if it is not "". File is then what the recipe is called, and
	// is not read.
	Text string
	// Saved says that acol wrote the file, possibly an earlier version of acol: keys may have the
	// names that they had then.
	Saved bool
	// Set holds overrides as --set takes them: "train.epochs=3", "model.branches.deltas=0.5,0.6".
	// Of two for one key, the later wins.
	Set []string
	// Env holds variables as os.Environ returns them. Those such as ACOL_TRAIN_EPOCHS=3 set keys.
	// An empty one counts as not set. One that begins with a section's name and names no key is an
	// error. All others are ignored.
	Env []string
}

// setting is the value that one source gives to one key.
type setting struct {
	key   *field
	value any    // of the key's type
	where string // for messages: file:line, --set or the variable
}

// Load reads a recipe from its sources and validates it. Everything that the user has to correct
// comes back in one *Error.
func Load(o Options) (*Recipe, error) {
	var p problems
	var file []setting
	if o.Text != "" {
		file = parse(o.File, []byte(o.Text), o.Saved, &p)
	} else {
		file = readFile(o.File, o.Saved, &p)
	}
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

// resolve lays the settings of the sources over the defaults. Their values have the types of their
// keys before viper sees them, so that it guesses none from a string.
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
	// Of a family of networks one is meant where nobody says which.
	"model.backbone.depth": func(r *Recipe) any {
		if depth, ok := model.RecipeDepth(r.Model.Backbone.Arch); ok {
			return depth
		}
		return r.Model.Backbone.Depth // the family is no family, which is told
	},
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

// nested returns the settings of one source as the maps within maps that viper merges.
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

// origins returns, by key, where each value was written that is not a default. Later layers win.
func origins(layers ...[]setting) map[string]string {
	at := map[string]string{}
	for _, layer := range layers {
		for _, s := range layer {
			at[s.key.path] = s.where
		}
	}
	return at
}

// intact returns a function that accepts the sections that were read without a problem. The values
// of the others are not what the user meant, so complaints about them would mislead.
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

// nameOf returns the name of a recipe in which none is written.
func nameOf(file string) string {
	if file == "" {
		return Default().Name
	}
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
