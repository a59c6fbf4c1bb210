package recipe

import "reflect"

// Change is a key whose value differs between two recipes, both as YAML.
type Change struct {
	Key, Was, Now string
}

// Changes lists the keys whose values differ, in the order of the recipe.
func Changes(was, now *Recipe) []Change {
	var out []Change
	for _, f := range keys {
		if a, b := f.get(was), f.get(now); !reflect.DeepEqual(a, b) {
			out = append(out, Change{f.path, asYAML(a), asYAML(b)})
		}
	}
	return out
}
